//! Errors of the core on their way into JavaScript, where lib/errors.js makes the class of them.

use ari_core::Error;

/// Thrown at once: its message is the whole error as JSON.
pub fn thrown(error: Error) -> napi::Error {
    napi::Error::from_reason(error.to_json().to_string())
}
