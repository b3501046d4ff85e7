//! Which characters separate words.

use std::ops::Range;

/// The characters of which Python's `str.isspace` is true, as first and last of
/// each run of them: 29, those whose bidirectional type is `WS`, `B` or `S`, or
/// whose category is `Zs`. Rust's `char::is_whitespace` lacks U+001C to U+001F.
const RUNS: [(u32, u32); 10] = [
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

/// A character as an array keeps it: 1, 2 or 4 bytes that hold a code point.
///
/// Unlike `char` it may be a lone surrogate.
pub trait Character: Copy + Eq + From<u8> + Into<u32> + Sync {
    /// The space that texts are padded with.
    const SPACE: Self;

    /// The highest code that may be whitespace.
    const LAST: u32;

    /// Whether it may be a part of a character only, as a byte of UTF-8 is. What is
    /// said of whitespace is then said of that which is one byte long.
    const IS_PART: bool = false;

    /// Whether `str.isspace` is true of this character.
    ///
    /// Without a branch, and in the character's own width, so that a loop over
    /// an array becomes vector code.
    fn is_whitespace(self) -> bool;

    /// Whether a text begins with whitespace, or is at its end.
    #[must_use]
    #[inline]
    fn whitespace_begins(text: &[Self]) -> bool {
        text.first().is_none_or(|each| each.is_whitespace())
    }

    /// Whether a text ends with whitespace, or is at its beginning.
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
                    // What there is not the compiler leaves out.
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
            /// The same bytes.
            #[must_use]
            #[allow(unsafe_code)]
            pub fn of(bytes: &[u8]) -> &[Self] {
                // SAFETY: it is a byte, whichever.
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
    /// A byte of a text whose whitespace is all ASCII.
    ///
    /// There is less of it than among CPython's 1-byte characters, which reach to
    /// U+00FF, and most texts are of this kind.
    Ascii,
);

byte!(
    /// A byte of valid UTF-8, whose whitespace may be two or three bytes long.
    Utf8,
    const IS_PART: bool = true;

    fn whitespace_begins(text: &[Self]) -> bool {
        text.is_empty() || is_whitespace(first_code(text))
    }

    fn whitespace_ends(text: &[Self]) -> bool {
        // Back to where the last character begins.
        let is_inside = |byte: &Self| byte.0 & 0xC0 == 0x80;
        let inside = text.iter().rev().take_while(|byte| is_inside(byte)).count();
        text.is_empty() || is_whitespace(first_code(&text[text.len().saturating_sub(inside + 1)..]))
    }
);

/// The first code point of UTF-8, or a number that is none if it is above U+FFFF.
fn first_code(text: &[Utf8]) -> u32 {
    let low = |index: usize| text.get(index).map_or(0, |byte| u32::from(byte.0 & 0x3F));
    match text.first().map_or(u8::MAX, |byte| byte.0) {
        byte @ ..0x80 => byte.into(),
        byte @ ..0xE0 => u32::from(byte & 0x1F) << 6 | low(1),
        byte @ ..0xF0 => u32::from(byte & 0x0F) << 12 | low(1) << 6 | low(2),
        _ => u32::MAX,
    }
}

/// The bytes of UTF-8 that whitespace of more than one byte may begin or end with,
/// and some others: a range is quick to look for.
///
/// It begins with C2, E1, E2 or E3. Letters do that too, but in few scripts those
/// that most words begin with.
pub(crate) const PARTS: Range<u8> = 0x80..0xE4;

/// The same for any code point, and for constants.
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
    use super::{Ascii, Character, is_whitespace};

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
