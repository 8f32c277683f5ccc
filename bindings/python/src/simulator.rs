//! A simulated Asterisk in this process, for tests of programs; `ari.testing` is what they use.

use std::sync::{Mutex, PoisonError};

use ari_simulator::dialplan::Dialplan;
use ari_simulator::Options;
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;

/// A simulator that runs until it is closed. What it is told and asked goes over HTTP.
#[pyclass(frozen, module = "ari._native")]
pub struct Simulator {
    running: Mutex<Option<ari_simulator::Simulator>>,
    #[pyo3(get)]
    url: String,
    #[pyo3(get)]
    control_url: String,
    #[pyo3(get)]
    username: String,
    #[pyo3(get)]
    password: String,
}

#[pymethods]
impl Simulator {
    /// Starts one; `options` are JSON.
    #[new]
    fn new(options: &str) -> PyResult<Self> {
        let options = Options::from_json(options).map_err(PyValueError::new_err)?;
        if let Some(text) = &options.dialplan {
            Dialplan::parse(text).map_err(|why| PyValueError::new_err(format!("the dialplan: {why}")))?;
        }
        let simulator = ari_simulator::Simulator::start(options).map_err(PyOSError::new_err)?;
        Ok(Simulator {
            url: simulator.url().into(),
            control_url: simulator.control_url().into(),
            username: simulator.username().into(),
            password: simulator.password().into(),
            running: Mutex::new(Some(simulator)),
        })
    }

    /// Ends it, with all of its connections.
    fn close(&self, py: Python<'_>) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        py.detach(|| drop(running));
    }
}
