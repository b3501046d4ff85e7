//! Counts the words of a text that equal a given word, cut as Python's
//! `str.split` cuts them.
//!
//! | file | what it holds |
//! |---|---|
//! | `count.rs` | the algorithm, in prose and stated once: counting by bitmaps of blocks |
//! | `lanes.rs` | the interface between the algorithm and the paths: bitmaps of a block |
//! | `path.rs` | chooses the path for this processor |
//! | `portable.rs` | the path for any processor |
//! | `avx2.rs` | the path for x86-64 with AVX2 |
//! | `prefetch.rs` | asks memory for what comes next |
//! | `utf8.rs` | counting bytes of UTF-8, by the same algorithm |
//! | `whitespace.rs` | which characters separate words |
//! | `python.rs` | all of PyO3: the extension module `textcount._native` |
//!
//! A text is what CPython keeps of a `str`, an array of characters of 1, 2 or 4
//! bytes each, or UTF-8. The kernel knows nothing else of Python.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod count;
mod lanes;
mod path;
mod portable;
mod prefetch;
#[cfg(feature = "python")]
mod python;
mod utf8;
mod whitespace;

pub use path::Path;
pub use utf8::Invalid;
pub use whitespace::{Ascii, Character, Utf8};
