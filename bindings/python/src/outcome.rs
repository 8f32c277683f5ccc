//! What comes back: answers and exceptions.

use ari_core::{Error, Reply, Unread};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::json;

/// The exception of the family that Python raises for this error. Its class is chosen in Python, because it depends on
/// what the program has imported (see ari/runtime/errors.py).
pub fn raise(py: Python<'_>, error: Error) -> PyErr {
    match build(py, &error) {
        Ok(exception) => PyErr::from_value(exception),
        Err(failed) => failed,
    }
}

fn build<'py>(py: Python<'py>, error: &Error) -> PyResult<Bound<'py, PyAny>> {
    let fields = PyDict::new(py);
    fields.set_item("name", error.class())?;
    fields.set_item("text", error.to_string())?;
    fields.set_item("message", error.message())?;
    fields.set_item("delivery", error.delivery().as_str())?;
    fields.set_item("status", error.status())?;
    fields.set_item("body", error.body().map(|body| PyBytes::new(py, body)))?;
    fields.set_item("operation", error.operation())?;
    fields.set_item("method", error.method())?;
    fields.set_item("path", error.path())?;
    fields.set_item("advice", error.advice())?;
    fields.set_item("code", error.code())?;
    fields.set_item("argument", error.is_argument())?;
    py.import("ari.runtime.errors")?.getattr("from_core")?.call((), Some(&fields))
}

/// An answer that nobody has looked through: to read it shows whether it is well-formed.
pub fn unread(py: Python<'_>, answer: Unread) -> PyResult<Py<PyAny>> {
    if let Reply::Json(text) = answer.reply() {
        if let Some(value) = read(py, text) {
            return Ok(value.unbind());
        }
    }
    reply(py, answer.checked().map_err(|error| raise(py, error))?)
}

/// `None`, the value of the JSON, or a file as `(bytes, content type)`. JSON that Python has to read itself is `bytes`.
pub fn reply(py: Python<'_>, reply: Reply) -> PyResult<Py<PyAny>> {
    Ok(match reply {
        Reply::Nothing => py.None(),
        Reply::Json(text) => match read(py, &text) {
            Some(value) => value.unbind(),
            None => PyBytes::new(py, String::from_utf8_lossy(&text).as_bytes()).into_any().unbind(),
        },
        Reply::Binary { bytes, content_type } => {
            (PyBytes::new(py, &bytes), content_type).into_pyobject(py)?.into_any().unbind()
        }
    })
}

fn read<'py>(py: Python<'py>, text: &[u8]) -> Option<Bound<'py, PyAny>> {
    json::parse(py, std::str::from_utf8(text).ok()?)
}
