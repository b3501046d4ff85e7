//! The kernel: counting in an array of characters.

use crate::whitespace::{Character, is_whitespace};

/// The number of words of `contents` that equal `needle`.
///
/// Words are the longest runs of characters that are not whitespace. A needle
/// that is empty or has whitespace in it equals none.
///
/// ```
/// assert_eq!(textcount::count_words(b"to be or not to be", b"be"), 2);
/// ```
#[must_use]
pub fn count_words<C: Character>(contents: &[C], needle: &[C]) -> usize {
    if needle.is_empty() {
        // Between two whitespace characters `split` sees an empty piece, which
        // is no word.
        return 0;
    }
    contents
        .split(|&character| is_whitespace(character))
        .filter(|&word| word == needle)
        .count()
}

#[cfg(test)]
mod tests {
    use super::count_words;

    fn count(contents: &str, needle: &str) -> usize {
        let widen = |text: &str| text.chars().map(u32::from).collect::<Vec<_>>();
        count_words(&widen(contents), &widen(needle))
    }

    #[test]
    fn counts_whole_words() {
        assert_eq!(count("the then other theatre the", "the"), 2);
        assert_eq!(count("foofoo foo", "foo"), 1);
        assert_eq!(count("foo", "foo"), 1);
        assert_eq!(count("foo", "foobar"), 0);
        assert_eq!(count("foo\u{b}foo\u{2028}foo\u{1c}\u{1c}foo", "foo"), 4);
    }

    #[test]
    fn no_word_is_empty_or_has_whitespace() {
        assert_eq!(count("", ""), 0);
        assert_eq!(count("a  b", ""), 0);
        assert_eq!(count("a b a b", "a b"), 0);
        assert_eq!(count(" a ", " "), 0);
    }

    #[test]
    fn counts_in_every_width() {
        assert_eq!(count_words(b"a\xa0a\x85b", b"a"), 2);
        assert_eq!(count_words(&[0xD800_u16, 0x3000, 0xD800], &[0xD800]), 2);
        assert_eq!(count_words(&[0x1F600_u32, 0x20, 0x1F600], &[0x1F600]), 2);
    }
}
