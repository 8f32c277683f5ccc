//! Waiting for the core as a future of an asyncio event loop.

use std::future::Future;

use ari_core::{runtime, Result};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyWeakrefReference;
use tokio::task::AbortHandle;

use crate::mailbox::{Done, Finish, Mailbox};
use crate::outcome::raise;

/// Starts a future whose result `convert` makes a Python value of, for an asyncio future that is the program's. What comes is
/// to be called when nobody waits for it any more: a call that was cancelled before it was sent must not be sent later.
pub fn spawn<T: Send + 'static>(
    promise: &Bound<'_, PyAny>,
    mailbox: &Mailbox,
    future: impl Future<Output = Result<T>> + Send + 'static,
    convert: impl for<'a> FnOnce(Python<'a>, T) -> PyResult<Py<PyAny>> + Send + 'static,
) -> PyResult<Canceller> {
    let handle = runtime::handle().map_err(|error| raise(promise.py(), error))?;
    let (promise, letters) = (PyWeakrefReference::new(promise)?.unbind(), mailbox.letters());
    let task = handle.spawn(async move {
        let outcome = future.await;
        let finish: Finish = Box::new(move |py| match outcome {
            Ok(value) => convert(py, value),
            Err(error) => Err(raise(py, error)),
        });
        letters.put(Done { future: promise, finish });
    });
    Ok(Canceller(task.abort_handle()))
}

/// Gives up what a future was for, if the future was cancelled.
#[pyclass(frozen, module = "ari._native")]
pub struct Canceller(AbortHandle);

#[pymethods]
impl Canceller {
    fn __call__(&self, promise: &Bound<'_, PyAny>) -> PyResult<()> {
        if promise.call_method0(intern!(promise.py(), "cancelled"))?.is_truthy()? {
            self.0.abort();
        }
        Ok(())
    }
}
