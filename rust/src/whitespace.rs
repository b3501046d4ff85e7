//! Which characters separate words.

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

    /// Whether `str.isspace` is true of this character.
    ///
    /// Without a branch, and in the character's own width, so that a loop over
    /// an array becomes vector code.
    fn is_whitespace(self) -> bool;
}

/// A byte of a text whose whitespace is all ASCII.
///
/// There is less of it than among CPython's 1-byte characters, which reach to U+00FF,
/// and most texts are of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct Ascii(u8);

impl Ascii {
    /// The same bytes.
    #[must_use]
    #[allow(unsafe_code)]
    pub fn of(bytes: &[u8]) -> &[Self] {
        // SAFETY: an `Ascii` is a byte, whichever.
        unsafe { &*(std::ptr::from_ref(bytes) as *const [Self]) }
    }
}

impl From<u8> for Ascii {
    fn from(byte: u8) -> Self {
        Self(byte)
    }
}

impl From<Ascii> for u32 {
    #[inline(always)]
    fn from(byte: Ascii) -> Self {
        byte.0.into()
    }
}

macro_rules! character {
    ($type:ty, $width:ty, $last:expr, $space:expr, $code:expr) => {
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
        }
    };
}

character!(Ascii, u8, 0x7F, Self(0x20), |byte| byte.0);
character!(u8, u8, Self::MAX, 0x20, |code| code);
character!(u16, u16, Self::MAX, 0x20, |code| code);
character!(u32, u32, Self::MAX, 0x20, |code| code);

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
