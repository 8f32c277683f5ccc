//! Waiting for the core: in the calling thread, or as a future of an asyncio event loop.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{channel, Receiver, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use ari_core::{runtime, Result};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyList;
use tokio::task::AbortHandle;

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

/// Makes the Python value of an outcome, once the GIL is held.
type Finish = Box<dyn for<'py> FnOnce(Python<'py>) -> PyResult<Py<PyAny>> + Send>;

struct Done {
    event_loop: Py<PyAny>,
    future: Py<PyAny>,
    finish: Finish,
}

/// Starts a future and gives an asyncio future of what `convert` makes of its result.
pub fn spawn<'py, T: Send + 'static>(
    event_loop: &Bound<'py, PyAny>,
    future: impl Future<Output = Result<T>> + Send + 'static,
    convert: impl for<'a> FnOnce(Python<'a>, T) -> PyResult<Py<PyAny>> + Send + 'static,
) -> PyResult<Bound<'py, PyAny>> {
    let py = event_loop.py();
    let handle = runtime::handle().map_err(|error| raise(py, error))?;
    let promise = event_loop.call_method0("create_future")?;
    let sender = deliveries(py)?;
    let (event_loop, held) = (event_loop.clone().unbind(), promise.clone().unbind());
    let task = handle.spawn(async move {
        let outcome = future.await;
        let finish: Finish = Box::new(move |py| match outcome {
            Ok(value) => convert(py, value),
            Err(error) => Err(raise(py, error)),
        });
        // A closed channel means that the interpreter is gone, and nobody waits.
        let _ = sender.send(Message::Done(Done { event_loop, future: held, finish }));
    });
    promise.call_method1("add_done_callback", (Canceller(task.abort_handle()),))?;
    Ok(promise)
}

/// Gives up what nobody waits for any more: a call that was cancelled before it was sent must not be sent later.
#[pyclass(frozen, module = "ari._native")]
struct Canceller(AbortHandle);

#[pymethods]
impl Canceller {
    fn __call__(&self, promise: &Bound<'_, PyAny>) -> PyResult<()> {
        if promise.call_method0("cancelled")?.is_truthy()? {
            self.0.abort();
        }
        Ok(())
    }
}

/// The thread that hands results to event loops. It may have to wait for the GIL for as long as Python code likes to
/// keep it, which the threads that read the sockets must never do. Each process has its own, as threads do not survive
/// a fork.
static DELIVERY: Mutex<Option<Delivery>> = Mutex::new(None);

struct Delivery {
    process: u32,
    sender: Sender<Message>,
    thread: JoinHandle<()>,
}

enum Message {
    Done(Done),
    Stop,
}

/// Set when the interpreter is about to end.
static STOPPED: AtomicBool = AtomicBool::new(false);

fn deliveries(py: Python<'_>) -> PyResult<Sender<Message>> {
    if STOPPED.load(Ordering::SeqCst) {
        return Err(PyRuntimeError::new_err("no calls of asyncio clients any more: the interpreter is shutting down"));
    }
    let process = std::process::id();
    {
        let mut delivery = DELIVERY.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(delivery) = &*delivery {
            if delivery.process == process {
                return Ok(delivery.sender.clone());
            }
        }
        let (sender, receiver) = channel();
        let thread = std::thread::Builder::new().name("ari-asyncio".into()).spawn(move || deliver(receiver))?;
        *delivery = Some(Delivery { process, sender, thread });
    }
    py.import("atexit")?.call_method1("register", (wrap_pyfunction!(stop, py)?,))?;
    deliveries(py)
}

/// Ends the thread while the interpreter is still whole: one that comes back for the GIL later is torn down in the
/// middle of what it does, and the process with it.
#[pyfunction]
fn stop(py: Python<'_>) {
    STOPPED.store(true, Ordering::SeqCst);
    let delivery = DELIVERY.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(delivery) = delivery.filter(|delivery| delivery.process == std::process::id()) {
        let _ = delivery.sender.send(Message::Stop);
        py.detach(|| {
            let _ = delivery.thread.join();
        });
    }
}

fn deliver(receiver: Receiver<Message>) {
    while let Ok(Message::Done(first)) = receiver.recv() {
        // None: the interpreter is shutting down, and what is left is of no use to anybody.
        if Python::try_attach(|py| hand_over(py, first, &receiver)) != Some(true) {
            return;
        }
    }
}

/// Everything that is ready goes over at once: taking the GIL and waking an event loop cost more than a result does.
/// False when that was the last.
fn hand_over(py: Python<'_>, first: Done, receiver: &Receiver<Message>) -> bool {
    let mut goes_on = true;
    let more = receiver.try_iter().map_while(|message| match message {
        Message::Done(done) => Some(done),
        Message::Stop => {
            goes_on = false;
            None
        }
    });
    let mut loops: Vec<(Py<PyAny>, Bound<'_, PyList>)> = Vec::new();
    for done in std::iter::once(first).chain(more) {
        let (value, error) = match (done.finish)(py) {
            Ok(value) => (value, py.None()),
            Err(error) => (py.None(), error.into_value(py).into_any()),
        };
        let position = loops.iter().position(|(event_loop, _)| event_loop.is(&done.event_loop));
        let position = position.unwrap_or_else(|| {
            loops.push((done.event_loop, PyList::empty(py)));
            loops.len() - 1
        });
        let _ = loops[position].1.append((done.future, value, error));
    }
    for (event_loop, results) in loops {
        let told = py
            .import("ari.runtime.tasks")
            .and_then(|module| module.getattr("resolve"))
            .and_then(|resolve| event_loop.call_method1(py, "call_soon_threadsafe", (resolve, results)));
        // A loop that was closed meanwhile has nobody left who waits.
        drop(told);
    }
    goes_on
}
