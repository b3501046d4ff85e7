//! Other ways in which one would count words from Rust, to be compared with, and
//! functions that do nothing, for what a call costs.
//!
//! All take UTF-8, which CPython makes of a text that is not ASCII, and keeps.

use memchr::memmem::find_iter;
use pyo3::exceptions::PyUnicodeError;
use pyo3::prelude::*;
use textcount::Kernel;

/// The loop of textcount 1.0, each line of it turned into what looks the same in Rust.
///
/// It counts other words than Python does: docs/refactoring.md has a table.
#[pyfunction]
fn mechanical(contents: &str, needle: &str) -> usize {
    let mut count = 0;
    for line in contents.lines() {
        for word in line.split(' ') {
            if word == needle {
                count += 1;
            }
        }
    }
    count
}

/// The same by Rust's idea of words, and detached.
///
/// Rust does not know that Python takes U+001C to U+001F for whitespace.
#[pyfunction]
fn by_whitespace(py: Python<'_>, contents: &str, needle: &str) -> usize {
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

/// The kernel of textcount, on UTF-8: what is left of it under abi3.
#[pyfunction]
fn in_utf8(py: Python<'_>, contents: &str, needle: &str) -> PyResult<usize> {
    py.detach(|| Kernel::best().count_utf8(contents.as_bytes(), needle))
        .map_err(|_| PyUnicodeError::new_err("contents is not valid UTF-8"))
}

/// Takes two objects, and does nothing.
#[pyfunction]
fn take_objects(contents: &Bound<'_, PyAny>, needle: &Bound<'_, PyAny>) -> usize {
    let _ = (contents, needle);
    0
}

/// Takes two texts, and does nothing.
#[pyfunction]
fn take_texts(contents: &str, needle: &str) -> usize {
    let _ = (contents, needle);
    0
}

/// Takes two texts, lets go of the interpreter, and does nothing.
#[pyfunction]
fn detach(py: Python<'_>, contents: &str, needle: &str) -> usize {
    let _ = (contents, needle);
    py.detach(|| 0)
}

#[pymodule]
mod textcount_rivals {
    #[pymodule_export]
    use super::{by_whitespace, detach, in_utf8, mechanical, memmem, take_objects, take_texts};
}
