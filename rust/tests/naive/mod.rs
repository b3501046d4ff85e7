//! The plainest statement of what is counted.

use textcount::{Character, Kernel};

/// The words of `contents` that equal `needle`.
pub fn count<C: Character>(contents: &[C], needle: &[C]) -> usize {
    contents
        .split(|each| each.is_whitespace())
        .filter(|&word| word == needle && !word.is_empty())
        .count()
}

/// The same characters as UTF-8, some way from the beginning of a line of the cache;
/// or nothing, if some are no characters.
fn utf8<C: Character>(characters: &[C], place: usize) -> Option<String> {
    let mut text = " ".repeat(place);
    text.reserve(4 * characters.len());
    for &each in characters {
        text.push(char::from_u32(each.into())?);
    }
    Some(text)
}

/// Counts on every kernel, and sees that each is right; of code points as UTF-8 as well.
pub fn check<C: Character + std::fmt::Debug>(contents: &[C], needle: &[C]) {
    let expected = count(contents, needle);
    for kernel in Kernel::all() {
        let found = kernel.count(contents, needle);
        let name = kernel.name();
        assert_eq!(found, expected, "{name}: {needle:?} in {contents:?}");
    }
    if size_of::<C>() < 4 {
        return;
    }
    let place = contents.len() % 64;
    if let (Some(moved), Some(word)) = (utf8(contents, place), utf8(needle, 0)) {
        for kernel in Kernel::all() {
            let found = kernel.count_utf8(&moved.as_bytes()[place..], &word);
            let name = kernel.name();
            assert_eq!(found, Ok(expected), "{name}, UTF-8: {word:?} in {moved:?}");
        }
    }
}
