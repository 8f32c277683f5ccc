//! The tokio runtime all clients of a process share.

use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll};

use tokio::runtime::{Builder, Handle, Runtime};

use crate::error::{Delivery, Error, ErrorKind, Result};

/// The runtime, with the process that made it: threads do not survive `fork`, so a child makes its own.
static SHARED: Mutex<Option<(u32, Runtime)>> = Mutex::new(None);

/// Handle of the shared runtime, which is started at the first use.
pub fn handle() -> Result<Handle> {
    let process = std::process::id();
    let mut shared = SHARED.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if let Some((owner, runtime)) = &*shared {
        if *owner == process {
            return Ok(runtime.handle().clone());
        }
    }
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("ari")
        .enable_all()
        .build()
        .map_err(|cause| Error::from_io("cannot start the runtime's threads", Delivery::NotSent, &cause))?;
    let handle = runtime.handle().clone();
    if let Some((_, stale)) = shared.replace((process, runtime)) {
        // Its threads live in the parent; waiting for them here would be for ever.
        std::mem::forget(stale);
    }
    Ok(handle)
}

/// Refuses a client that was made before a `fork`, in place of hanging on threads that are not there.
pub(crate) fn check_process(owner: u32) -> Result<()> {
    let process = std::process::id();
    if owner == process {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Connection,
        Delivery::NotSent,
        format!(
            "this client was made in process {owner} and cannot be used in process {process}: connect again after fork"
        ),
    ))
}

/// A future that runs in the shared runtime's context wherever it is polled, so that a Rust program may use any
/// executor, and connections never hang on one that has ended.
pub(crate) struct InRuntime<F> {
    handle: Handle,
    future: Pin<Box<F>>,
}

impl<F: Future> InRuntime<F> {
    pub fn new(handle: Handle, future: F) -> Self {
        InRuntime { handle, future: Box::pin(future) }
    }
}

impl<F: Future> Future for InRuntime<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let handle = self.handle.clone();
        let _inside = handle.enter();
        self.future.as_mut().poll(context)
    }
}
