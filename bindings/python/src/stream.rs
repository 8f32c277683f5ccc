//! One event connection, drained in batches.

use ari_core::{Batch, BatchLimit, EventStream};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};

use crate::tasks::{spawn, wait};

/// An event connection: batches of what the subscriptions want, in order of arrival.
#[pyclass(frozen, module = "ari._native")]
pub struct Stream {
    inner: EventStream,
}

impl Stream {
    pub fn new(inner: EventStream) -> Self {
        Stream { inner }
    }
}

#[pymethods]
impl Stream {
    /// The next events as `(generation, [(sequence, type, frame, [subscription, ..]), ..])`; `None` at the end.
    fn next_batch(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let batch = wait(py, self.inner.next_batch(BatchLimit::default()))?;
        to_python(py, batch)
    }

    /// The same as an asyncio future.
    fn next_batch_async<'py>(&self, event_loop: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let stream = self.inner.clone();
        spawn(event_loop, async move { stream.next_batch(BatchLimit::default()).await }, to_python)
    }

    /// Has the events after this one matched again, because the subscriptions have changed since.
    fn rewind(&self, sequence: u64) {
        self.inner.rewind(sequence);
    }

    /// Sends a ping and waits for its pong.
    fn ping(&self, py: Python<'_>) -> PyResult<()> {
        wait(py, self.inner.ping())
    }

    /// The same as an asyncio future.
    fn ping_async<'py>(&self, event_loop: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let stream = self.inner.clone();
        spawn(event_loop, async move { stream.ping().await }, |py, ()| Ok(py.None()))
    }

    /// Closes the connection; the stream ends.
    fn close(&self) {
        self.inner.close();
    }
}

fn to_python(py: Python<'_>, batch: Option<Batch>) -> PyResult<Py<PyAny>> {
    let Some(batch) = batch else { return Ok(py.None()) };
    let events = PyList::empty(py);
    for event in &batch.events {
        let wanted_by = PyList::new(py, event.handlers.iter().map(|id| id.0))?;
        // There are about fifty types, and Python looks each event's class up by it.
        let name = PyString::intern(py, event.name());
        events.append((event.sequence, name, PyString::new(py, event.text()), wanted_by))?;
    }
    Ok((batch.generation, events).into_pyobject(py)?.into_any().unbind())
}
