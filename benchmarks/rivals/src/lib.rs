//! Two ways in which one would count words from Rust, to be compared with.
//!
//! Both take UTF-8, which CPython makes of a text that is not ASCII, and keeps.
//! Neither knows that Python takes U+001C to U+001F for whitespace.

use memchr::memmem::find_iter;
use pyo3::prelude::*;

/// The loop of textcount 1.0, translated word by word.
#[pyfunction]
fn mechanical(py: Python<'_>, contents: &str, needle: &str) -> usize {
    py.detach(|| {
        let mut count = 0;
        for line in contents.lines() {
            for word in line.split_whitespace() {
                if word == needle {
                    count += 1;
                }
            }
        }
        count
    })
}

/// The substrings that memchr finds, if there is whitespace on both sides.
#[pyfunction]
fn memmem(py: Python<'_>, contents: &str, needle: &str) -> usize {
    py.detach(|| {
        find_iter(contents.as_bytes(), needle)
            .filter(|&start| {
                let (before, after) = (&contents[..start], &contents[start + needle.len()..]);
                before.chars().next_back().is_none_or(char::is_whitespace)
                    && after.chars().next().is_none_or(char::is_whitespace)
            })
            .count()
    })
}

#[pymodule]
mod textcount_rivals {
    #[pymodule_export]
    use super::{mechanical, memmem};
}
