//! Results on their way to an asyncio event loop.
//!
//! The threads that read the sockets must never wait for the GIL, which Python code keeps for as long as it likes. They put
//! results down here, and wake the loop by a byte in a socket that it watches. For a loop that watches no sockets a thread of
//! Python's waits here.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use pyo3::types::{PyWeakrefMethods, PyWeakrefReference};

/// Makes the Python value of an outcome, once the GIL is held.
pub type Finish = Box<dyn for<'py> FnOnce(Python<'py>) -> PyResult<Py<PyAny>> + Send>;

pub struct Done {
    /// Whoever waits has the future. Its loop has to be able to go, with this mailbox, once nobody does.
    pub future: Py<PyWeakrefReference>,
    pub finish: Finish,
}

impl Done {
    /// Tells whoever waits.
    fn resolve(self, py: Python<'_>) -> PyResult<()> {
        let Some(future) = self.future.bind(py).upgrade() else { return Ok(()) };
        // Cancelled meanwhile, perhaps.
        if future.call_method0("done")?.is_truthy()? {
            return Ok(());
        }
        match (self.finish)(py) {
            Ok(value) => future.call_method1("set_result", (value,)),
            Err(error) => future.call_method1("set_exception", (error.into_value(py),)),
        }?;
        Ok(())
    }
}

/// Where the results for one event loop are put down.
#[pyclass(frozen, module = "ari._native")]
pub struct Mailbox(Arc<Letters>);

pub struct Letters {
    done: Mutex<Vec<Done>>,
    /// The loop has been woken and has not looked yet.
    woken: AtomicBool,
    bell: bell::Bell,
    arrived: Condvar,
}

impl Letters {
    pub fn put(&self, done: Done) {
        self.lock().push(done);
        if !self.woken.swap(true, Ordering::AcqRel) {
            self.bell.ring();
            self.arrived.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Done>> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Mailbox {
    #[new]
    fn new() -> io::Result<Self> {
        let bell = bell::Bell::new()?;
        let letters = Letters { done: Mutex::default(), woken: AtomicBool::new(false), bell, arrived: Condvar::new() };
        Ok(Mailbox(Arc::new(letters)))
    }

    /// What the loop has to watch.
    fn fileno(&self) -> i32 {
        self.0.bell.fileno()
    }

    /// Waits until there is something to deliver, in a thread of its own.
    fn wait(&self, py: Python<'_>) {
        py.detach(|| {
            let done = self.0.arrived.wait_while(self.0.lock(), |done| done.is_empty());
            drop(done);
        });
    }

    /// Hands over what has come; runs in the loop.
    fn deliver(&self, py: Python<'_>) -> PyResult<()> {
        self.0.bell.silence();
        // Before the look, so that what comes after it rings again.
        self.0.woken.store(false, Ordering::Release);
        let done = std::mem::take(&mut *self.0.lock());
        done.into_iter().try_for_each(|done| done.resolve(py))
    }
}

impl Mailbox {
    pub fn letters(&self) -> Arc<Letters> {
        self.0.clone()
    }
}

#[cfg(unix)]
mod bell {
    use std::io::{self, Read, Write};
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixStream;

    pub struct Bell {
        inside: UnixStream,
        outside: UnixStream,
    }

    impl Bell {
        pub fn new() -> io::Result<Bell> {
            let (inside, outside) = UnixStream::pair()?;
            inside.set_nonblocking(true)?;
            outside.set_nonblocking(true)?;
            Ok(Bell { inside, outside })
        }

        pub fn ring(&self) {
            // A socket that takes no more has told already.
            let _ = (&self.outside).write(&[1]);
        }

        pub fn silence(&self) {
            let _ = (&self.inside).read(&mut [0; 16]);
        }

        pub fn fileno(&self) -> i32 {
            self.inside.as_raw_fd()
        }
    }
}

#[cfg(not(unix))]
mod bell {
    pub struct Bell;

    impl Bell {
        pub fn new() -> std::io::Result<Bell> {
            Ok(Bell)
        }

        pub fn ring(&self) {}

        pub fn silence(&self) {}

        /// There is nothing to watch.
        pub fn fileno(&self) -> i32 {
            -1
        }
    }
}
