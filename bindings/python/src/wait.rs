//! Waiting for the core in the calling thread.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use ari_core::transport::GoOn;
use ari_core::{runtime, Error, Result};
use pyo3::prelude::*;

use crate::outcome::raise;

/// How long Ctrl-C may have to wait.
const SLICE: Duration = Duration::from_millis(100);

/// Runs a future to its end with the GIL released. Signals are looked at on the way; when their handler raises, as that
/// of Ctrl-C does, the future is given up.
pub fn wait<T: Send>(py: Python<'_>, future: impl Future<Output = Result<T>> + Send) -> PyResult<T> {
    let handle = runtime::handle().map_err(|error| raise(py, error))?;
    let mut future = pin!(future);
    loop {
        let slice = || handle.block_on(async { tokio::time::timeout(SLICE, future.as_mut()).await });
        match py.detach(slice) {
            Ok(outcome) => return outcome.map_err(|error| raise(py, error)),
            Err(_) => py.check_signals()?,
        }
    }
}

/// Has this thread do the work itself, with the GIL released. Signals are looked at on the way; when their handler raises,
/// the work is given up.
pub fn here<T: Send>(py: Python<'_>, work: impl FnOnce(GoOn<'_>) -> Result<T> + Send) -> PyResult<T> {
    let mut raised = None;
    let outcome = py.detach(|| {
        work(&mut || {
            Python::attach(|py| py.check_signals()).map_err(|error| {
                raised = Some(error);
                Error::internal("given up")
            })
        })
    });
    match raised {
        Some(error) => Err(error),
        None => outcome.map_err(|error| raise(py, error)),
    }
}
