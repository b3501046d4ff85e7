//! Which characters separate words.

/// A character as an array keeps it: 1, 2 or 4 bytes that hold a code point.
///
/// Unlike `char` it may be a lone surrogate.
pub trait Character: Copy + Eq + Into<u32> {}

impl Character for u8 {}
impl Character for u16 {}
impl Character for u32 {}

/// Whether Python's `str.isspace` is true of a character.
///
/// These are the 29 characters whose bidirectional type is `WS`, `B` or `S`, or
/// whose category is `Zs`. Rust's `char::is_whitespace` lacks U+001C to U+001F.
#[must_use]
pub fn is_whitespace<C: Character>(character: C) -> bool {
    matches!(
        character.into(),
        0x09..=0x0D
            | 0x1C..=0x20
            | 0x85
            | 0xA0
            | 0x1680
            | 0x2000..=0x200A
            | 0x2028
            | 0x2029
            | 0x202F
            | 0x205F
            | 0x3000
    )
}

#[cfg(test)]
mod tests {
    use super::is_whitespace;

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
        for code in 0..=u16::MAX {
            assert_eq!(is_whitespace(code), is_whitespace(u32::from(code)));
        }
        for code in 0..=u8::MAX {
            assert_eq!(is_whitespace(code), is_whitespace(u32::from(code)));
        }
    }
}
