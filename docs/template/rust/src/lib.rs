//! The extension module `nearby._native`.

use pyo3::call::PyCallArgs;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::string::PyStringData;
use pyo3::types::{PyDict, PyString};

/// Return how many characters to insert, remove or change to turn right into left.
#[pyfunction]
fn distance<'py>(
    py: Python<'py>,
    left: &Bound<'py, PyAny>,
    right: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    // A subclass may have methods of its own, so only exact types are for Rust.
    if let (Ok(one), Ok(other)) = (
        left.cast_exact::<PyString>(),
        right.cast_exact::<PyString>(),
    ) {
        let changes = changes(&characters(one)?, &characters(other)?);
        return Ok(changes.into_pyobject(py)?.into_any());
    }
    in_python(py, "distance", (left, right), None)
}

/// Call the function in Python. It answers, warns and raises as it always did.
fn in_python<'py>(
    py: Python<'py>,
    name: &str,
    arguments: impl PyCallArgs<'py>,
    keywords: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    py.import(intern!(py, "nearby._backend"))?
        .getattr(intern!(py, "PYTHON"))?
        .get_item(name)?
        .call(arguments, keywords)
}

/// Return the code points of a str, read where CPython keeps them.
fn characters(text: &Bound<'_, PyString>) -> PyResult<Vec<u32>> {
    // SAFETY: a str never changes, and `text` keeps this one alive.
    Ok(match unsafe { text.data() }? {
        PyStringData::Ucs1(units) => units.iter().map(|&unit| unit.into()).collect(),
        PyStringData::Ucs2(units) => units.iter().map(|&unit| unit.into()).collect(),
        PyStringData::Ucs4(units) => units.to_vec(),
    })
}

/// The loop of `distance` in Python.
fn changes(left: &[u32], right: &[u32]) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, char) in left.iter().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, other) in right.iter().enumerate() {
            let changed = corner + usize::from(char != other);
            corner = row[j + 1];
            row[j + 1] = changed.min(corner + 1).min(row[j] + 1);
        }
    }
    row[right.len()]
}

#[pymodule]
mod _native {
    #[pymodule_export]
    use super::distance;

    /// The version that setup.py passes on. The backend refuses any other library.
    #[pymodule_export]
    #[allow(non_upper_case_globals)]
    const __version__: &str = match option_env!("NEARBY_VERSION") {
        Some(version) => version,
        None => "unknown",
    };
}
