//! The plainest statement of what is counted.

use textcount::{Character, Path};

/// The words of `contents` that equal `needle`.
pub fn count<C: Character>(contents: &[C], needle: &[C]) -> usize {
    contents
        .split(|each| each.is_whitespace())
        .filter(|&word| word == needle && !word.is_empty())
        .count()
}

/// Counts on every path, and sees that each is right.
pub fn check<C: Character + std::fmt::Debug>(contents: &[C], needle: &[C]) {
    let expected = count(contents, needle);
    for path in Path::all() {
        let found = path.count(contents, needle);
        let name = path.name();
        assert_eq!(found, expected, "{name}: {needle:?} in {contents:?}");
    }
}
