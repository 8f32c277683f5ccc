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
    let mut builder = Builder::new_multi_thread();
    // One thread has the sockets of a process well in hand, and two would wake each other for every answer.
    builder.worker_threads(1).thread_name("ari").enable_all().on_thread_start(signals::block);
    let runtime = without_signals(|| builder.build())
        .map_err(|cause| Error::from_io("cannot start the runtime's threads", Delivery::NotSent, &cause))?;
    let handle = runtime.handle().clone();
    if let Some((_, stale)) = shared.replace((process, runtime)) {
        // Its threads live in the parent; waiting for them here would be for ever.
        std::mem::forget(stale);
    }
    Ok(handle)
}

/// A runtime without threads, for a thread that runs it while it waits.
pub(crate) fn of_one_thread() -> Result<Runtime> {
    let mut builder = Builder::new_current_thread();
    builder.thread_name("ari").enable_all().max_io_events_per_tick(16).on_thread_start(signals::block);
    builder.build().map_err(|cause| Error::from_io("cannot prepare for a call", Delivery::NotSent, &cause))
}

/// Does something with the program's signals blocked. Threads that it starts begin with them blocked; there is no moment in
/// which they are not.
pub fn without_signals<T>(start: impl FnOnce() -> T) -> T {
    let before = signals::block_for_now();
    let started = start();
    signals::restore(before);
    started
}

/// Signals are for the program's own threads. A handler that an interpreter has installed may not run on one of ours, where
/// that interpreter is not: in Perl it would crash.
#[cfg(unix)]
mod signals {
    use std::mem::MaybeUninit;
    use std::ptr;

    /// All but those that a thread brings on itself, and those of profilers and debuggers.
    fn of_the_program() -> libc::sigset_t {
        let mut set = MaybeUninit::uninit();
        // SAFETY: the set is filled in before it is used, and the numbers are those of signals.
        unsafe {
            libc::sigfillset(set.as_mut_ptr());
            for own in [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGABRT, libc::SIGTRAP] {
                libc::sigdelset(set.as_mut_ptr(), own);
            }
            set.assume_init()
        }
    }

    pub fn block() {
        block_for_now();
    }

    /// What was blocked before.
    pub fn block_for_now() -> libc::sigset_t {
        let mut before = MaybeUninit::uninit();
        // SAFETY: both sets are ours, and the old one is filled in: the call cannot fail with these arguments.
        unsafe {
            libc::pthread_sigmask(libc::SIG_BLOCK, &of_the_program(), before.as_mut_ptr());
            before.assume_init()
        }
    }

    pub fn restore(before: libc::sigset_t) {
        // SAFETY: a set that the system has given.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &before, ptr::null_mut()) };
    }
}

#[cfg(not(unix))]
mod signals {
    pub fn block() {}

    pub fn block_for_now() {}

    pub fn restore((): ()) {}
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

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    /// The signals that a thread has blocked, as the kernel has them.
    fn blocked(thread: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{thread}/status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("SigBlk:")).unwrap();
        u64::from_str_radix(line.trim(), 16).unwrap()
    }

    #[test]
    fn signals_are_for_the_threads_of_the_program() {
        let program = blocked("thread-self");
        let handle = handle().unwrap();
        assert_eq!(blocked("thread-self"), program);
        let interrupt = 1 << (libc::SIGINT - 1);
        let child = 1 << (libc::SIGCHLD - 1);
        let fault = 1 << (libc::SIGSEGV - 1);
        let worker = handle.block_on(handle.spawn(async { blocked("thread-self") })).unwrap();
        let blocking = handle.block_on(handle.spawn_blocking(|| blocked("thread-self"))).unwrap();
        for mask in [worker, blocking] {
            assert_eq!(mask & (interrupt | child | fault), interrupt | child);
        }
    }
}
