//! Which characters separate words.

/// The 29 characters for which Python's `str.isspace` is true: the first and the last of
/// each run.
///
/// Their bidirectional type is `WS`, `B` or `S`, or their category is `Zs`. Rust's
/// `char::is_whitespace` lacks U+001C to U+001F.
pub(crate) const RUNS: [(u32, u32); 10] = [
    (0x09, 0x0D),
    (0x1C, 0x20),
    (0x85, 0x85),
    (0xA0, 0xA0),
    (0x1680, 0x1680),
    (0x2000, 0x200A),
    (0x2028, 0x2029),
    (0x202F, 0x202F),
    (0x205F, 0x205F),
    (0x3000, 0x3000),
];

/// The maximum number of bytes of UTF-8 in a piece, unless a word is longer: see `utf8.rs`.
pub(crate) const PIECE: usize = 1 << 15;

/// A character in an array: 1, 2 or 4 bytes that hold a code point.
///
/// Unlike a `char`, it may be a lone surrogate.
pub trait Character: Copy + Eq + From<u8> + Into<u32> + Sync {
    /// The space that pads a text.
    const SPACE: Self;

    /// The highest code point that may be whitespace.
    const LAST: u32;

    /// True if this is a byte of UTF-8, which may be only a part of a character. Then
    /// `is_whitespace` finds whitespace of one byte.
    const IS_UTF8: bool = false;

    /// The distance, in bytes, at which to fetch what will be read soon. Counting as many
    /// bytes takes about as long as one access to memory.
    const PREFETCH: usize = 4096;

    /// Returns true if `str.isspace` is true for this character.
    ///
    /// No branch, and the character's own width: so a loop over an array becomes vector
    /// code.
    fn is_whitespace(self) -> bool;

    /// Returns true if a text begins with whitespace or is empty.
    #[must_use]
    #[inline]
    fn whitespace_begins(text: &[Self]) -> bool {
        text.first().is_none_or(|each| each.is_whitespace())
    }

    /// Returns true if a text ends with whitespace or is empty.
    #[must_use]
    #[inline]
    fn whitespace_ends(text: &[Self]) -> bool {
        text.last().is_none_or(|each| each.is_whitespace())
    }
}

macro_rules! character {
    ($type:ty, $width:ty, $last:expr, $space:expr, $code:expr, $($more:item)*) => {
        impl Character for $type {
            const SPACE: Self = $space;
            const LAST: u32 = $last as u32;

            #[inline(always)]
            #[allow(clippy::cast_lossless, clippy::cast_possible_truncation)]
            fn is_whitespace(self) -> bool {
                let code: fn(Self) -> $width = $code;
                let code = code(self);
                let mut found = false;
                for (first, last) in RUNS {
                    // The compiler leaves out the runs that this type cannot hold.
                    if last <= Self::LAST {
                        found |= code.wrapping_sub(first as $width) <= (last - first) as $width;
                    }
                }
                found
            }

            $($more)*
        }
    };
}

character!(u8, u8, Self::MAX, 0x20, |code| code,);
character!(u16, u16, Self::MAX, 0x20, |code| code,);
character!(u32, u32, Self::MAX, 0x20, |code| code,);

macro_rules! byte {
    ($(#[$doc:meta])* $name:ident, $($more:item)*) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(transparent)]
        pub struct $name(u8);

        impl $name {
            /// Converts bytes, without a copy.
            #[must_use]
            #[allow(unsafe_code)]
            pub fn of(bytes: &[u8]) -> &[Self] {
                // SAFETY: the type is transparent, and every byte is a value of it.
                unsafe { &*(std::ptr::from_ref(bytes) as *const [Self]) }
            }
        }

        impl From<u8> for $name {
            fn from(byte: u8) -> Self {
                Self(byte)
            }
        }

        impl From<$name> for u32 {
            #[inline(always)]
            fn from(byte: $name) -> Self {
                byte.0.into()
            }
        }

        character!($name, u8, 0x7F, Self(0x20), |byte| byte.0, $($more)*);
    };
}

byte!(
    /// A byte of a text that has no whitespace but ASCII.
    ///
    /// CPython's 1-byte characters reach to U+00FF, and so have more whitespace. But most
    /// texts are ASCII, and finding less whitespace is faster.
    Ascii,
);

byte!(
    /// A byte of valid UTF-8, in which whitespace may be two or three bytes long.
    Utf8,
    const IS_UTF8: bool = true;
    // The next piece, which is validated first: see `utf8.rs`.
    const PREFETCH: usize = PIECE;

    fn whitespace_begins(text: &[Self]) -> bool {
        match *text {
            [] => true,
            [Utf8(a @ ..0x80), ..] => u32::from(a).is_whitespace(),
            [Utf8(a @ ..0xE0), b, ..] => decoded([Utf8(0), Utf8(a), b]).is_whitespace(),
            [Utf8(a @ ..0xF0), b, c, ..] => decoded([Utf8(a), b, c]).is_whitespace(),
            _ => false,
        }
    }

    fn whitespace_ends(text: &[Self]) -> bool {
        match *text {
            [] => true,
            [.., Utf8(c @ ..0x80)] => u32::from(c).is_whitespace(),
            [.., Utf8(b @ 0xC2), c] => decoded([Utf8(0), Utf8(b), c]).is_whitespace(),
            [.., Utf8(a @ 0xE1..0xE4), b, c] => decoded([Utf8(a), b, c]).is_whitespace(),
            _ => false,
        }
    }
);

/// Decodes a character of three bytes, or of two after a zero.
fn decoded([a, b, c]: [Utf8; 3]) -> u32 {
    let bits = |Utf8(byte), mask: u8, shift| u32::from(byte & mask) << shift;
    bits(a, 0x0F, 12) | bits(b, 0x3F, 6) | bits(c, 0x3F, 0)
}

/// Returns true for bytes of UTF-8 that may be the first or the last byte of whitespace.
///
/// First bytes of whitespace are C2, E1, E2 and E3; last ones are among 80 to BF. One
/// `and` and one comparison find them. They find C0 to C3 and E0 to E3 too, but not the
/// first bytes of Greek, Cyrillic, Hebrew, Arabic, Chinese and Korean letters.
pub(crate) const fn may_be_whitespace(byte: u8) -> bool {
    let bits = byte & WHITESPACE_BITS;
    0x80 <= bits && bits < WHITESPACE_END
}

/// The bits that `may_be_whitespace` looks at. It ignores what C2 and E2 differ in.
pub(crate) const WHITESPACE_BITS: u8 = !0x20;

/// The end of the range of these bits. It begins at 0x80, the lowest signed byte. So one
/// comparison of signed bytes is enough.
pub(crate) const WHITESPACE_END: u8 = 0xC4;

/// Returns true if a code point is whitespace; also in constants.
pub(crate) const fn is_whitespace(code: u32) -> bool {
    let mut run = 0;
    while run < RUNS.len() {
        if RUNS[run].0 <= code && code <= RUNS[run].1 {
            return true;
        }
        run += 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::{Ascii, Character, RUNS, is_whitespace, may_be_whitespace};

    #[test]
    fn the_first_and_last_bytes_of_wide_whitespace_may_be_whitespace() {
        for code in RUNS
            .into_iter()
            .flat_map(|(first, last)| first.max(0x80)..=last)
        {
            let text = char::from_u32(code).expect("a character").to_string();
            let bytes = text.as_bytes();
            assert!(may_be_whitespace(bytes[0]), "U+{code:04X}");
            assert!(may_be_whitespace(bytes[bytes.len() - 1]), "U+{code:04X}");
        }
    }

    #[test]
    fn differs_from_rust_by_the_four_separators_alone() {
        for code in 0..=0x0011_0000_u32 {
            let rust = char::from_u32(code).is_some_and(char::is_whitespace);
            let separator = (0x1C..=0x1F).contains(&code);
            assert_eq!(is_whitespace(code), rust || separator, "U+{code:04X}");
        }
    }

    #[test]
    fn is_the_same_in_every_width() {
        for code in 0..=0x0011_0000_u32 {
            let expected = is_whitespace(code);
            assert_eq!(code.is_whitespace(), expected, "U+{code:04X}");
            if let Ok(code) = u16::try_from(code) {
                assert_eq!(code.is_whitespace(), expected, "U+{code:04X}");
            }
            if let Ok(code) = u8::try_from(code) {
                assert_eq!(code.is_whitespace(), expected, "U+{code:04X}");
                let expected = expected && code.is_ascii();
                assert_eq!(Ascii::from(code).is_whitespace(), expected, "{code:02X}");
            }
        }
    }
}
