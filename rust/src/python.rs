//! All of PyO3: the extension module `textcount._native`.
#![allow(unsafe_code)]

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyValueError;
use pyo3::ffi::PyASCIIObject;
use pyo3::prelude::*;
use pyo3::types::string::PyStringData;
use pyo3::types::{PyBytes, PyModule, PyString, PyStringMethods};

use crate::dispatch::Kernel;
use crate::whitespace::{Ascii, Character};

/// The minimum number of bytes to count detached from the interpreter. Detaching takes as
/// long as counting a few kilobytes.
const DETACH_FROM: usize = 1 << 16;

/// The extension module.
#[pymodule(gil_used = false)]
mod _native {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::{_count_on, _count_part, count_occurrences};

    #[pymodule_export]
    #[allow(non_upper_case_globals)]
    const __version__: &str = env!("TEXTCOUNT_VERSION");

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        let names: Vec<_> = super::Kernel::all().map(super::Kernel::name).collect();
        module.setattr("_kernels", pyo3::types::PyTuple::new(module.py(), names)?)?;
        // Both backends pickle the function as textcount.count_occurrences.
        module
            .getattr("count_occurrences")?
            .setattr("__module__", "textcount")
    }
}

/// Count the words of contents that equal needle.
///
/// Words are what ``contents.split()`` yields: the longest runs of characters
/// for which ``str.isspace`` is false. They are compared code point by code
/// point; case, punctuation and normalisation are left as they are.
///
/// Args:
///     contents: the text. ``bytes`` are text in UTF-8.
///     needle: the word. An empty needle, or one that contains whitespace,
///         equals no word.
///
/// Returns:
///     The number of words that equal needle.
///
/// Raises:
///     TypeError: contents is neither ``str`` nor ``bytes``, or needle is not
///         ``str``. Other buffers (``bytearray``, ``memoryview``, ``mmap``)
///         are refused because they can change while they are read.
///     UnicodeDecodeError: contents is ``bytes`` and not valid UTF-8.
///
/// >>> count_occurrences("to be or not to be", "be")
/// 2
#[pyfunction]
fn count_occurrences(contents: &Bound<'_, PyAny>, needle: &Bound<'_, PyAny>) -> PyResult<usize> {
    count_any(Kernel::best(), contents, needle)
}

/// Count with the kernel of a name in _kernels: for tests and benchmarks.
#[pyfunction]
fn _count_on(
    kernel: &str,
    contents: &Bound<'_, PyAny>,
    needle: &Bound<'_, PyAny>,
) -> PyResult<usize> {
    let Some(kernel) = Kernel::all().find(|each| each.name() == kernel) else {
        let names: Vec<_> = Kernel::all().map(Kernel::name).collect();
        let message = format!("kernel {kernel:?} is not one of {}", names.join(", "));
        return Err(PyValueError::new_err(message));
    };
    count_any(kernel, contents, needle)
}

/// Count in contents[start:stop], which is UTF-8, without copying it.
///
/// Nobody may change contents meanwhile.
#[pyfunction]
fn _count_part(
    contents: &Bound<'_, PyAny>,
    start: usize,
    stop: usize,
    needle: &Bound<'_, PyString>,
) -> PyResult<usize> {
    let buffer = PyBuffer::<u8>::get(contents)?;
    let part = (start <= stop && stop <= buffer.len_bytes() && buffer.is_c_contiguous())
        .then(|| buffer.buf_ptr().cast::<u8>().wrapping_add(start))
        .ok_or_else(|| {
            let message = format!("there is no part [{start}:{stop}] in contents");
            PyValueError::new_err(message)
        })?;
    // SAFETY: the part is in the buffer, which is neither moved nor freed while it is
    // held here. Nor is it changed: only the package calls this function. It reads a file
    // into memory of its own, and counts before it reads on.
    let part = unsafe { std::slice::from_raw_parts(part, stop - start) };
    count_utf8(Kernel::best(), contents.py(), part, needle)
}

/// Checks the types of the arguments, and counts.
fn count_any(
    kernel: Kernel,
    contents: &Bound<'_, PyAny>,
    needle: &Bound<'_, PyAny>,
) -> PyResult<usize> {
    let word = needle.cast::<PyString>().ok();
    if let (Ok(text), Some(word)) = (contents.cast::<PyString>(), word) {
        count(kernel, text, word)
    } else if let (Ok(bytes), Some(word)) = (contents.cast::<PyBytes>(), word) {
        count_utf8(kernel, bytes.py(), bytes.as_bytes(), word)
    } else {
        Err(wrong_call(contents, needle))
    }
}

/// Counts UTF-8 in place.
fn count_utf8(
    kernel: Kernel,
    py: Python<'_>,
    contents: &[u8],
    needle: &Bound<'_, PyString>,
) -> PyResult<usize> {
    // A needle with a lone surrogate equals no word of a valid text, nor does the empty one.
    let word = needle.to_str().unwrap_or("");
    if let Ok(count) = detached(py, contents.len(), || kernel.count_utf8(contents, word)) {
        return Ok(count);
    }
    // Decoding in Python raises Python's error.
    let contents = PyBytes::new(py, contents);
    let text = PyString::from_encoded_object(&contents, Some(c"utf-8"), Some(c"strict"))?;
    count(kernel, &text, needle)
}

/// Counts the characters in place, in CPython's own array.
fn count(
    kernel: Kernel,
    contents: &Bound<'_, PyString>,
    needle: &Bound<'_, PyString>,
) -> PyResult<usize> {
    let py = contents.py();
    // SAFETY: a str is immutable, and the caller holds it as long as the slice is used,
    // detached or not.
    let characters = unsafe { contents.data() }?;
    // SAFETY: as above.
    let word = unsafe { needle.data() }?;
    Ok(match (characters, word) {
        (PyStringData::Ucs1(text), PyStringData::Ucs1(word)) => {
            if is_ascii(contents, text) {
                count_in(kernel, py, Ascii::of(text), Ascii::of(word))
            } else {
                count_in(kernel, py, text, word)
            }
        }
        (PyStringData::Ucs2(text), PyStringData::Ucs1(word)) => {
            count_in(kernel, py, text, &widened(word))
        }
        (PyStringData::Ucs2(text), PyStringData::Ucs2(word)) => count_in(kernel, py, text, word),
        (PyStringData::Ucs4(text), PyStringData::Ucs1(word)) => {
            count_in(kernel, py, text, &widened(word))
        }
        (PyStringData::Ucs4(text), PyStringData::Ucs2(word)) => {
            count_in(kernel, py, text, &widened(word))
        }
        (PyStringData::Ucs4(text), PyStringData::Ucs4(word)) => count_in(kernel, py, text, word),
        // The needle has a character that is too wide for the text.
        _ => 0,
    })
}

/// Returns true if the characters of a str are known to be ASCII.
///
/// In CPython, the characters of such a str follow a shorter head than those of others.
/// Since 3.14, Rust cannot read CPython's own flag.
fn is_ascii(owner: &Bound<'_, PyString>, characters: &[u8]) -> bool {
    let head = characters
        .as_ptr()
        .addr()
        .wrapping_sub(owner.as_ptr().addr());
    head == size_of::<PyASCIIObject>()
}

/// Converts the characters of a needle to the width of a wider text.
fn widened<C: Copy, W: From<C>>(needle: &[C]) -> Vec<W> {
    needle.iter().map(|&character| character.into()).collect()
}

/// Counts characters of one width.
fn count_in<C: Character>(kernel: Kernel, py: Python<'_>, text: &[C], needle: &[C]) -> usize {
    detached(py, size_of_val(text), || kernel.count(text, needle))
}

/// Does work that takes as long as counting `size` bytes; detached, if that pays.
fn detached<T: Send>(py: Python<'_>, size: usize, work: impl FnOnce() -> T + Send) -> T {
    if size < DETACH_FROM {
        work()
    } else {
        py.detach(work)
    }
}

/// Returns the `TypeError` for arguments of wrong types, in the words of the package's Python.
fn wrong_call(contents: &Bound<'_, PyAny>, needle: &Bound<'_, PyAny>) -> PyErr {
    let py = contents.py();
    PyModule::import(py, "textcount._arguments")
        .and_then(|module| module.call_method1("wrong_call", (contents, needle)))
        .map_or_else(|error| error, PyErr::from_value)
}
