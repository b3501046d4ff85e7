//! All of PyO3: the extension module `textcount._native`.
#![allow(unsafe_code)]

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::ffi::PyASCIIObject;
use pyo3::prelude::*;
use pyo3::types::string::PyStringData;
use pyo3::types::{PyBytes, PyMemoryView, PyString, PyStringMethods};

use crate::path::Path;
use crate::whitespace::{Ascii, Character};

/// From how many bytes on a text is counted detached from the interpreter:
/// detaching costs as much as counting a few kilobytes.
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
        let names: Vec<_> = super::Path::all().map(super::Path::name).collect();
        module.setattr("_paths", pyo3::types::PyTuple::new(module.py(), names)?)?;
        // Pickled as textcount.count_occurrences, whatever the backend.
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
    count_any(Path::best(), contents, needle)
}

/// Count on the path of a name in _paths: for tests and benchmarks.
#[pyfunction]
fn _count_on(
    path: &str,
    contents: &Bound<'_, PyAny>,
    needle: &Bound<'_, PyAny>,
) -> PyResult<usize> {
    let Some(path) = Path::all().find(|each| each.name() == path) else {
        let names: Vec<_> = Path::all().map(Path::name).collect();
        let message = format!("path {path:?} is not one of {}", names.join(", "));
        return Err(PyValueError::new_err(message));
    };
    count_any(path, contents, needle)
}

/// Count in contents[start:stop], which is UTF-8, without a copy of it.
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
    // held here. Nor is it changed: this function is the package's own, which reads a
    // file into memory that it gives to nobody else, and counts before it reads on.
    let part = unsafe { std::slice::from_raw_parts(part, stop - start) };
    count_utf8(Path::best(), contents.py(), part, needle)
}

/// Checks the arguments.
fn count_any(
    path: Path,
    contents: &Bound<'_, PyAny>,
    needle: &Bound<'_, PyAny>,
) -> PyResult<usize> {
    let word = needle
        .cast::<PyString>()
        .map_err(|_| wrong_type("needle", "str", needle));
    if let Ok(text) = contents.cast::<PyString>() {
        count(path, text, word?)
    } else if let Ok(bytes) = contents.cast::<PyBytes>() {
        count_utf8(path, bytes.py(), bytes.as_bytes(), word?)
    } else {
        Err(wrong_contents(contents))
    }
}

/// Counts in UTF-8 where it lies.
fn count_utf8(
    path: Path,
    py: Python<'_>,
    contents: &[u8],
    needle: &Bound<'_, PyString>,
) -> PyResult<usize> {
    // No valid text has a lone surrogate, nor the empty word.
    let word = needle.to_str().unwrap_or("");
    if let Ok(count) = detached(py, contents.len(), || path.count_utf8(contents, word)) {
        return Ok(count);
    }
    // What is wrong with it only Python says in Python's words.
    let contents = PyBytes::new(py, contents);
    let text = PyString::from_encoded_object(&contents, Some(c"utf-8"), Some(c"strict"))?;
    count(path, &text, needle)
}

/// Counts where CPython keeps the characters, without a copy of contents.
fn count(
    path: Path,
    contents: &Bound<'_, PyString>,
    needle: &Bound<'_, PyString>,
) -> PyResult<usize> {
    let py = contents.py();
    // SAFETY: a str does not change while more than its owner may hold it, and the
    // caller holds this one for as long as the slice is used, detached or not.
    let characters = unsafe { contents.data() }?;
    // SAFETY: as above.
    let word = unsafe { needle.data() }?;
    Ok(match (characters, word) {
        (PyStringData::Ucs1(text), PyStringData::Ucs1(word)) => {
            if is_ascii(contents, text) {
                count_in(path, py, Ascii::of(text), Ascii::of(word))
            } else {
                count_in(path, py, text, word)
            }
        }
        (PyStringData::Ucs2(text), PyStringData::Ucs1(word)) => {
            count_in(path, py, text, &widened(word))
        }
        (PyStringData::Ucs2(text), PyStringData::Ucs2(word)) => count_in(path, py, text, word),
        (PyStringData::Ucs4(text), PyStringData::Ucs1(word)) => {
            count_in(path, py, text, &widened(word))
        }
        (PyStringData::Ucs4(text), PyStringData::Ucs2(word)) => {
            count_in(path, py, text, &widened(word))
        }
        (PyStringData::Ucs4(text), PyStringData::Ucs4(word)) => count_in(path, py, text, word),
        // The word has a character too wide for the text to hold.
        _ => 0,
    })
}

/// Whether these characters of a str are known to be ASCII.
///
/// CPython keeps what only the others need between the head of a str and its
/// characters. (From 3.14 on its own flag cannot be read from Rust.)
fn is_ascii(owner: &Bound<'_, PyString>, characters: &[u8]) -> bool {
    let head = characters
        .as_ptr()
        .addr()
        .wrapping_sub(owner.as_ptr().addr());
    head == size_of::<PyASCIIObject>()
}

/// The characters of a needle in the width of a wider text.
fn widened<C: Copy, W: From<C>>(needle: &[C]) -> Vec<W> {
    needle.iter().map(|&character| character.into()).collect()
}

/// Counts characters of one width.
fn count_in<C: Character>(path: Path, py: Python<'_>, text: &[C], needle: &[C]) -> usize {
    detached(py, size_of_val(text), || path.count(text, needle))
}

/// Detaches for what takes as long as counting so many bytes, if that pays.
fn detached<T: Send>(py: Python<'_>, size: usize, work: impl FnOnce() -> T + Send) -> T {
    if size < DETACH_FROM {
        work()
    } else {
        py.detach(work)
    }
}

/// The same `TypeError` as `textcount._arguments.wrong_type`.
fn wrong_type(argument: &str, expected: &str, given: &Bound<'_, PyAny>) -> PyErr {
    match given.get_type().name() {
        Ok(name) => PyTypeError::new_err(format!(
            "count_occurrences() argument '{argument}' must be {expected}, not {name}"
        )),
        Err(error) => error,
    }
}

/// The same `TypeError` as `textcount._arguments.wrong_contents`.
fn wrong_contents(given: &Bound<'_, PyAny>) -> PyErr {
    let error = wrong_type("contents", "str or bytes", given);
    let py = given.py();
    let is_buffer = match PyMemoryView::from(given) {
        Ok(_) => true,
        Err(error) => !error.is_instance_of::<PyTypeError>(py),
    };
    if is_buffer {
        PyTypeError::new_err(format!("{}; pass bytes(contents)", error.value(py)))
    } else {
        error
    }
}
