//! How an event becomes a Python object: an instance of the class of its type, whose JSON waits as bytes.

use ari_core::Matched;
use pyo3::exceptions::PySystemError;
use pyo3::ffi;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString, PyTuple, PyType};

use crate::json;

/// The Python side of a client, as its streams see it.
#[pyclass(frozen, module = "ari._native")]
pub struct Surface {
    client: Py<PyAny>,
    /// Classes of events by their type.
    classes: Py<PyDict>,
    unknown: Py<PyType>,
    /// Whom to call, by subscription.
    targets: Py<PyDict>,
}

#[pymethods]
impl Surface {
    #[new]
    fn new(client: Py<PyAny>, classes: Py<PyDict>, unknown: Py<PyType>, targets: Py<PyDict>) -> Self {
        Surface { client, classes, unknown, targets }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.client)?;
        visit.call(&self.targets)
    }
}

impl Surface {
    pub fn client<'py>(&self, py: Python<'py>) -> &Bound<'py, PyAny> {
        self.client.bind(py)
    }

    /// Whom an event has to reach.
    pub fn targets<'py>(&self, py: Python<'py>, matched: &Matched, found: &mut Vec<Bound<'py, PyAny>>) -> PyResult<()> {
        let targets = self.targets.bind(py);
        for subscription in matched.handlers.iter() {
            found.extend(targets.get_item(subscription.0)?);
        }
        Ok(())
    }

    pub fn kind(&self, py: Python<'_>, matched: &Matched) -> PyResult<Kind> {
        let name = PyString::intern(py, matched.name());
        let class = match self.classes.bind(py).get_item(&name)? {
            Some(class) => class.cast_into::<PyType>()?.unbind(),
            None => self.unknown.clone_ref(py),
        };
        // SAFETY: the slot of this number is a function of this type.
        let new = unsafe {
            let slot = ffi::PyType_GetSlot(class.as_ptr().cast(), ffi::Py_tp_new);
            std::mem::transmute::<*mut std::ffi::c_void, Option<ffi::newfunc>>(slot)
        };
        let new = new.ok_or_else(|| PySystemError::new_err("a class of events that cannot be made"))?;
        Ok(Kind { name: name.unbind(), class, new })
    }
}

/// What events of one type are in Python.
pub struct Kind {
    name: Py<PyString>,
    class: Py<PyType>,
    new: ffi::newfunc,
}

impl Kind {
    fn clone_ref(&self, py: Python<'_>) -> Kind {
        Kind { name: self.name.clone_ref(py), class: self.class.clone_ref(py), new: self.new }
    }

    pub fn event<'py>(&self, py: Python<'py>, surface: &Surface, text: &str) -> PyResult<Bound<'py, PyAny>> {
        let nothing = PyTuple::empty(py);
        // SAFETY: what `__new__` of a class without its own does: the slot is the class's, and gives a new object.
        let event = unsafe {
            let made = (self.new)(self.class.as_ptr().cast(), nothing.as_ptr(), std::ptr::null_mut());
            Bound::from_owned_ptr_or_err(py, made)?
        };
        event.setattr(intern!(py, "_client"), &surface.client)?;
        event.setattr(intern!(py, "_frame"), PyBytes::new(py, text.as_bytes()))?;
        // Never empty, since Python's json module writes {} for an empty dict without asking it.
        event.cast::<PyDict>()?.set_item(intern!(py, "type"), &self.name)?;
        Ok(event)
    }
}

/// The kinds that a stream has seen, by the place of their name in the core's tables. There are few, and a handful of them
/// makes up nearly all events, so the first that fits is found soon.
#[derive(Default)]
pub struct Kinds(Vec<(usize, Kind)>);

impl Kinds {
    pub fn find(&self, py: Python<'_>, matched: &Matched) -> Option<Kind> {
        let place = matched.name().as_ptr() as usize;
        self.0.iter().find(|(known, _)| *known == place).map(|(_, kind)| kind.clone_ref(py))
    }

    /// Remembers the kind of events whose type the core knows; another type's name has no place of its own.
    pub fn keep(&mut self, py: Python<'_>, matched: &Matched, kind: &Kind) {
        let place = matched.name().as_ptr() as usize;
        if matched.is_known() && self.0.iter().all(|(known, _)| *known != place) {
            self.0.push((place, kind.clone_ref(py)));
        }
    }
}

/// Puts the fields of an event's JSON into its dict, whatever the class says of that.
#[pyfunction]
pub fn load(event: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = event.py();
    let frame = event.getattr(intern!(py, "_frame"))?;
    let Ok(frame) = frame.cast::<PyBytes>() else { return Ok(()) };
    let dict = event.cast::<PyDict>()?;
    let text = std::str::from_utf8(frame.as_bytes()).ok();
    if text.and_then(|text| json::fill(dict, text)).is_none() {
        let read = py.import(intern!(py, "json"))?.call_method1(intern!(py, "loads"), (frame,))?;
        dict.update(read.cast()?)?;
    }
    event.setattr(intern!(py, "_frame"), py.None())
}

/// Which of these fields of an event hold an object; `None` when the JSON has to be read to tell.
#[pyfunction]
pub fn objects_in(frame: &[u8], fields: Vec<String>) -> Option<Vec<String>> {
    let text = std::str::from_utf8(frame).ok()?;
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    Some(json::objects_in(text, &fields)?.into_iter().map(str::to_string).collect())
}
