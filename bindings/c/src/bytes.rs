//! Texts on their way in and out.

use ari_core::{Error, Result};
use serde::de::DeserializeOwned;

/// Bytes of the caller's. They are read during the call and not kept. `data` may be NULL if `size` is 0.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct AriSlice {
    pub data: *const u8,
    pub size: usize,
}

/// Bytes of the library's, which become the caller's: `ari_bytes_free` gives them back. They are not terminated by a NUL.
/// Where there are none, `data` is NULL and `size` 0.
#[repr(C)]
#[derive(Debug)]
pub struct AriBytes {
    pub data: *mut u8,
    pub size: usize,
}

impl AriSlice {
    /// The caller's memory, or the library's own, which lives at least as long as what it points into.
    pub fn of(bytes: &[u8]) -> AriSlice {
        AriSlice { data: bytes.as_ptr(), size: bytes.len() }
    }

    /// `None` for one without `data`.
    pub fn given<'a>(self, what: &str) -> Result<Option<&'a str>> {
        if self.data.is_null() && self.size == 0 {
            return Ok(None);
        }
        if self.data.is_null() || self.size > isize::MAX as usize {
            return Err(Error::argument(format!("{what} has {} bytes that are nowhere", self.size)));
        }
        // SAFETY: the header asks for `size` bytes at `data` for as long as the call lasts.
        let bytes = unsafe { std::slice::from_raw_parts(self.data, self.size) };
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Some(text)),
            Err(reason) => Err(Error::argument(format!("{what} is not UTF-8: {reason}"))),
        }
    }

    pub fn text<'a>(self, what: &str) -> Result<&'a str> {
        self.given(what).map(Option::unwrap_or_default)
    }

    /// JSON; nothing where there is no text.
    pub fn json<T: DeserializeOwned>(self, what: &str) -> Result<Option<T>> {
        let Some(text) = self.given(what)? else { return Ok(None) };
        match serde_json::from_str(text) {
            Ok(value) => Ok(Some(value)),
            Err(reason) => Err(Error::argument(format!("{what} cannot be read: {reason}"))),
        }
    }
}

impl AriBytes {
    pub const NONE: AriBytes = AriBytes { data: std::ptr::null_mut(), size: 0 };
}

impl From<Vec<u8>> for AriBytes {
    fn from(bytes: Vec<u8>) -> AriBytes {
        if bytes.is_empty() {
            return AriBytes::NONE;
        }
        let bytes = Box::leak(bytes.into_boxed_slice());
        AriBytes { data: bytes.as_mut_ptr(), size: bytes.len() }
    }
}

impl From<&Error> for AriBytes {
    fn from(error: &Error) -> AriBytes {
        error.to_json().to_string().into_bytes().into()
    }
}

/// Gives bytes back and leaves none in their place, so that doing it twice does no harm. NULL is allowed.
///
/// # Safety
/// `bytes` was filled in by this library, or has no `data`.
#[no_mangle]
pub unsafe extern "C" fn ari_bytes_free(bytes: *mut AriBytes) {
    let Some(bytes) = bytes.as_mut() else { return };
    let bytes = std::mem::replace(bytes, AriBytes::NONE);
    if !bytes.data.is_null() {
        drop(Box::from_raw(std::ptr::slice_from_raw_parts_mut(bytes.data, bytes.size)));
    }
}
