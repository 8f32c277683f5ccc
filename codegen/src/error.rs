//! One error type: where it happened (file, path inside the file) and why.

use std::fmt;

/// What went wrong, with everything a person needs to find the place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    file: Option<String>,
    path: Option<String>,
    reason: String,
}

pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub fn new(reason: impl Into<String>) -> Self {
        Error { file: None, path: None, reason: reason.into() }
    }

    /// An error in a file (or behind a URL) as a whole.
    pub fn in_file(file: impl Into<String>, reason: impl Into<String>) -> Self {
        Error { file: Some(file.into()), path: None, reason: reason.into() }
    }

    /// An error at one place inside a file, such as `apis[0].operations[1].nickname`.
    pub fn at(file: impl Into<String>, path: impl Into<String>, reason: impl Into<String>) -> Self {
        Error { file: Some(file.into()), path: Some(path.into()), reason: reason.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{file}: ")?;
        }
        if let Some(path) = &self.path {
            write!(f, "{path}: ")?;
        }
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Error {}
