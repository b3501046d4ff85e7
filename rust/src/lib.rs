//! Counts the words of a text that equal a given word. Words are cut as Python's
//! `str.split` cuts them.
//!
//! | file | what it holds |
//! |---|---|
//! | `count.rs` | the algorithm, in prose and stated once: counting by bitmaps of blocks |
//! | `lanes.rs` | the interface between the algorithm and the kernels: bitmaps of a block |
//! | `portable.rs` | the kernel for any processor: bitmaps by plain loops |
//! | `vector.rs` | bitmaps by vectors, stated once for every instruction set |
//! | `nibbles.rs` | whitespace by tables of 16 entries, for sets without larger ones |
//! | `neon.rs`, `avx2.rs`, `avx512.rs` | an instruction set each: a proof, and operations |
//! | `dispatch.rs` | chooses the kernel for this processor |
//! | `prefetch.rs` | asks memory for what comes next |
//! | `utf8.rs` | counting bytes of UTF-8, by the same algorithm |
//! | `whitespace.rs` | which characters separate words |
//! | `python.rs` | all of PyO3: the extension module `textcount._native` |
//!
//! A text is what CPython keeps of a `str`, an array of characters of 1, 2 or 4
//! bytes each, or UTF-8. The kernel knows nothing else of Python.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(avx512)]
mod avx512;
mod count;
mod dispatch;
mod lanes;
#[cfg(all(
    target_arch = "aarch64",
    target_endian = "little",
    target_feature = "neon"
))]
mod neon;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod nibbles;
mod portable;
mod prefetch;
#[cfg(feature = "python")]
mod python;
mod utf8;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod vector;
mod whitespace;

pub use dispatch::Kernel;
pub use utf8::Invalid;
pub use whitespace::{Ascii, Character, Utf8};
