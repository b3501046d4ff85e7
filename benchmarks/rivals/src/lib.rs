//! Other ways in which one would count words from Rust, to be compared with, and
//! functions that do nothing, for what a call costs.
//!
//! All take UTF-8, which CPython makes of a text that is not ASCII, and keeps.

use memchr::memmem::find_iter;
use pyo3::exceptions::PyUnicodeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyString};
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

/// Copies the code points of a str, as its method `encode` gives them.
#[pyfunction]
fn encode(text: &Bound<'_, PyString>) -> PyResult<usize> {
    let bytes = text.call_method1("encode", ("utf-32-le", "surrogatepass"))?;
    Ok(from_utf32(bytes.cast::<PyBytes>()?.as_bytes()).len())
}

/// The same; the names are made into a str once.
#[pyfunction]
fn encode_interned(py: Python<'_>, text: &Bound<'_, PyString>) -> PyResult<usize> {
    let arguments = (intern!(py, "utf-32-le"), intern!(py, "surrogatepass"));
    let bytes = text.call_method1(intern!(py, "encode"), arguments)?;
    Ok(from_utf32(bytes.cast::<PyBytes>()?.as_bytes()).len())
}

fn from_utf32(bytes: &[u8]) -> Vec<u32> {
    bytes
        .chunks_exact(4)
        .flat_map(<[u8; 4]>::try_from)
        .map(u32::from_le_bytes)
        .collect()
}

/// Copies the code points of a str from where CPython keeps them.
#[cfg(not(feature = "abi3"))]
#[pyfunction]
fn in_place(text: &Bound<'_, PyString>) -> PyResult<usize> {
    use pyo3::types::string::PyStringData::{Ucs1, Ucs2, Ucs4};
    // SAFETY: a str never changes, and `text` keeps this one alive.
    let points: Vec<u32> = match unsafe { text.data() }? {
        Ucs1(units) => units.iter().map(|&unit| unit.into()).collect(),
        Ucs2(units) => units.iter().map(|&unit| unit.into()).collect(),
        Ucs4(units) => units.to_vec(),
    };
    Ok(points.len())
}

/// Calls a method of a str by its name.
#[pyfunction]
fn method<'py>(text: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyAny>> {
    text.call_method0("isascii")
}

/// The same; the name is made into a str once.
#[pyfunction]
fn method_interned<'py>(
    py: Python<'py>,
    text: &Bound<'py, PyString>,
) -> PyResult<Bound<'py, PyAny>> {
    text.call_method0(intern!(py, "isascii"))
}

/// Imports a function of Python, and calls it.
#[pyfunction]
fn import_each<'py>(py: Python<'py>, text: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyAny>> {
    py.import("operator")?.getattr("truth")?.call1((text,))
}

/// The same; the names are made into a str once.
#[pyfunction]
fn import_interned<'py>(
    py: Python<'py>,
    text: &Bound<'py, PyString>,
) -> PyResult<Bound<'py, PyAny>> {
    py.import(intern!(py, "operator"))?
        .getattr(intern!(py, "truth"))?
        .call1((text,))
}

/// The same; the function is imported once.
#[pyfunction]
fn import_once<'py>(py: Python<'py>, text: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyAny>> {
    static TRUTH: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    TRUTH.import(py, "operator", "truth")?.call1((text,))
}

#[pymodule]
mod textcount_rivals {
    #[cfg(not(feature = "abi3"))]
    #[pymodule_export]
    use super::in_place;

    #[pymodule_export]
    use super::{
        by_whitespace, detach, encode, encode_interned, import_each, import_interned, import_once,
        in_utf8, mechanical, memmem, method, method_interned, take_objects, take_texts,
    };
}
