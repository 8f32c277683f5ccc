//! What stands between C and Rust: no panic gets out, no NULL gets in, every error becomes JSON.

use std::any::Any;
use std::future::Future;
use std::panic::{catch_unwind, AssertUnwindSafe};

use ari_core::{runtime, Error, Result};

use crate::bytes::AriBytes;

/// Runs a function of the C interface; what it fails with goes to `error`, if there is such a place.
///
/// # Safety
/// `error` is NULL or a place for bytes.
pub unsafe fn guard<T>(error: *mut AriBytes, failed: T, body: impl FnOnce() -> Result<T>) -> T {
    let outcome = catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|panic| Err(bug(&*panic)));
    let wanted = !error.is_null();
    match outcome {
        Ok(value) => {
            if wanted {
                error.write(AriBytes::NONE);
            }
            value
        }
        Err(reason) => {
            if wanted {
                error.write(AriBytes::from(&reason));
            }
            failed
        }
    }
}

fn bug(panic: &(dyn Any + Send)) -> Error {
    let said = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    Error::internal(format!("the library has failed, please report this: {}", said.unwrap_or("it panicked")))
}

/// What a handle points to.
///
/// # Safety
/// `handle` is NULL, or was given out by this library and has not been freed.
pub unsafe fn handle<'a, T>(handle: *const T, what: &str) -> Result<&'a T> {
    handle.as_ref().ok_or_else(|| Error::argument(format!("there is no {what}: NULL was given")))
}

/// A place for what a call gives.
///
/// # Safety
/// `place` is NULL or may be written to.
pub unsafe fn place<'a, T>(place: *mut T, what: &str) -> Result<Place<'a, T>> {
    if place.is_null() {
        return Err(Error::argument(format!("there is no place for the {what}: NULL was given")));
    }
    Ok(Place { at: place, lives: std::marker::PhantomData })
}

/// Memory of the caller's that may hold anything so far.
pub struct Place<'a, T> {
    at: *mut T,
    lives: std::marker::PhantomData<&'a mut T>,
}

impl<T> Place<'_, T> {
    pub fn write(self, value: T) {
        // SAFETY: `place` was promised a place.
        unsafe { self.at.write(value) }
    }
}

/// Frees what a handle points to, except in a child made by fork: the threads that would see to its end are not there.
///
/// # Safety
/// `handle` is NULL, or was given out by this library and has not been freed.
pub unsafe fn free<T>(handle: *mut T, process: impl FnOnce(&T) -> u32) {
    let Some(content) = handle.as_ref() else { return };
    if process(content) == std::process::id() {
        let _ = catch_unwind(AssertUnwindSafe(|| drop(Box::from_raw(handle))));
    }
}

/// Waits for the future on this thread.
pub fn wait<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    runtime::handle()?.block_on(future)
}
