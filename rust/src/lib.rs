//! Counts the words of a text that equal a given word, cut as Python's
//! `str.split` cuts them.
//!
//! | file | what it holds |
//! |---|---|
//! | `count.rs` | the kernel: counting in an array of characters |
//! | `whitespace.rs` | which characters separate words |
//! | `python.rs` | all of PyO3: the extension module `textcount._native` |
//!
//! A text is what CPython keeps of a `str`: an array of characters of 1, 2 or 4
//! bytes each. The kernel knows nothing else of Python.

mod count;
#[cfg(feature = "python")]
mod python;
mod whitespace;

pub use count::count_words;
pub use whitespace::{Character, is_whitespace};
