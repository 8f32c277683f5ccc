//! One event connection: events are made of what it brings, and handed to those who want them.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ari_core::{Batch, BatchLimit, EventStream, Matched, Next};
use pyo3::exceptions::PyException;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::event::{Kind, Kinds, Surface};
use crate::mailbox::Mailbox;
use crate::outcome::raise;
use crate::tasks::{spawn, Canceller};
use crate::wait::wait;

/// More at once makes nothing faster, and what a new handler has matched again is more.
const LIMIT: BatchLimit = BatchLimit { events: 1024, bytes: 128 << 10 };

/// An event connection: what the subscriptions want, in order of arrival.
#[pyclass(frozen, module = "ari._native")]
pub struct Stream {
    inner: EventStream,
    client: ari_core::Client,
    waiting: Mutex<Waiting>,
}

/// The rest of a batch, always matched under the subscriptions of this moment.
#[derive(Default)]
struct Waiting {
    events: VecDeque<Matched>,
    generation: u64,
    /// Place in the stream of the event that was taken last.
    last: u64,
    kinds: Kinds,
}

impl Stream {
    pub fn new(client: ari_core::Client, inner: EventStream) -> Self {
        Stream { inner, client, waiting: Mutex::default() }
    }

    /// Never held while a Python object is made or called: that may run any code at all.
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, batch: Batch) {
        let mut waiting = self.waiting();
        waiting.generation = batch.generation;
        waiting.events.extend(batch.events);
    }

    fn next(&self, py: Python<'_>) -> Option<(Matched, Option<Kind>)> {
        let mut waiting = self.waiting();
        let generation = self.client.generation();
        if generation != waiting.generation {
            // A handler came or went: who gets the rest, also of what nobody wanted before, is decided anew.
            waiting.generation = generation;
            waiting.events.clear();
            self.inner.rewind(waiting.last);
        }
        let matched = waiting.events.pop_front()?;
        waiting.last = matched.sequence;
        let kind = waiting.kinds.find(py, &matched);
        Some((matched, kind))
    }

    fn event<'py>(
        &self,
        surface: &Surface,
        py: Python<'py>,
        matched: &Matched,
        kind: Option<Kind>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let kind = match kind {
            Some(kind) => kind,
            None => {
                let kind = surface.kind(py, matched)?;
                self.waiting().kinds.keep(py, matched, &kind);
                kind
            }
        };
        kind.event(py, surface, matched.text())
    }
}

#[pymethods]
impl Stream {
    /// Hands the events that are there to their targets, then waits for more; false at the end.
    fn dispatch(&self, py: Python<'_>, surface: &Surface) -> PyResult<bool> {
        let mut targets = Vec::new();
        while let Some((matched, kind)) = self.next(py) {
            // They are complete before the first is called: what that one adds or closes counts from the next event.
            surface.targets(py, &matched, &mut targets)?;
            if targets.is_empty() {
                continue;
            }
            let event = self.event(surface, py, &matched, kind)?;
            for target in targets.drain(..) {
                match call(&target, &event) {
                    Ok(()) => {}
                    Err(error) if error.is_instance_of::<PyException>(py) => {
                        surface.client(py).call_method1(intern!(py, "_failed"), (error.into_value(py),))?;
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        self.fetch(py)
    }

    /// The next event that is there and its targets, which are complete before the first is called.
    fn take<'py>(
        &self,
        py: Python<'py>,
        surface: &Surface,
    ) -> PyResult<Option<(Bound<'py, PyAny>, Bound<'py, PyTuple>)>> {
        let mut targets = Vec::new();
        while let Some((matched, kind)) = self.next(py) {
            surface.targets(py, &matched, &mut targets)?;
            if !targets.is_empty() {
                return Ok(Some((self.event(surface, py, &matched, kind)?, PyTuple::new(py, targets)?)));
            }
        }
        Ok(None)
    }

    /// Waits for events to take; false at the end.
    fn fetch(&self, py: Python<'_>) -> PyResult<bool> {
        let batch = match self.inner.try_batch(LIMIT).map_err(|error| raise(py, error))? {
            Next::Batch(batch) => batch,
            Next::End => return Ok(false),
            // Only now: to let go of the GIL and wait costs more than to look.
            Next::Nothing => match wait(py, self.inner.next_batch(LIMIT))? {
                Some(batch) => batch,
                None => return Ok(false),
            },
        };
        self.add(batch);
        Ok(true)
    }

    /// The same without waiting: true when there are events to take, false when there are none yet, `None` at the end.
    fn fetch_now(&self, py: Python<'_>) -> PyResult<Option<bool>> {
        Ok(match self.inner.try_batch(LIMIT).map_err(|error| raise(py, error))? {
            Next::Batch(batch) => {
                self.add(batch);
                Some(true)
            }
            Next::Nothing => Some(false),
            Next::End => None,
        })
    }

    /// Ends an asyncio future when it is worth while to look again.
    fn ready_async(&self, promise: &Bound<'_, PyAny>, mailbox: &Mailbox) -> PyResult<Canceller> {
        let stream = self.inner.clone();
        spawn(promise, mailbox, async move { stream.ready().await }, |py, ()| Ok(py.None()))
    }

    /// Sends a ping and waits for its pong.
    fn ping(&self, py: Python<'_>) -> PyResult<()> {
        wait(py, self.inner.ping())
    }

    /// The same for an asyncio future.
    fn ping_async(&self, promise: &Bound<'_, PyAny>, mailbox: &Mailbox) -> PyResult<Canceller> {
        let stream = self.inner.clone();
        spawn(promise, mailbox, async move { stream.ping().await }, |py, ()| Ok(py.None()))
    }

    /// Closes the connection; the stream ends.
    fn close(&self) {
        self.inner.close();
    }
}

/// A call with one argument, for which pyo3 would make a tuple.
fn call(target: &Bound<'_, PyAny>, event: &Bound<'_, PyAny>) -> PyResult<()> {
    let nothing = std::ptr::null_mut::<pyo3::ffi::PyObject>();
    // SAFETY: both are alive, the GIL is held, and the list of arguments ends as it has to; what comes is ours to drop.
    let result = unsafe {
        let result = pyo3::ffi::PyObject_CallFunctionObjArgs(target.as_ptr(), event.as_ptr(), nothing);
        Bound::from_owned_ptr_or_err(target.py(), result)
    };
    result.map(drop)
}
