//! What can go wrong, said once for every language.

use std::fmt;

use bytes::Bytes;
use serde_json::{json, Value};

pub use crate::generated::errors::ErrorKind;
use crate::transport::path_of;

/// Result of everything that may fail in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// How far a request got. It decides whether trying again is safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// Nothing reached the server: it is safe to try again.
    NotSent,
    /// The server answered and refused.
    Rejected,
    /// It was sent, and no usable answer came: the server may or may not have acted on it.
    Unknown,
}

impl Delivery {
    /// The words users see: `not sent`, `rejected`, `outcome unknown`.
    pub fn as_str(self) -> &'static str {
        match self {
            Delivery::NotSent => "not sent",
            Delivery::Rejected => "rejected",
            Delivery::Unknown => "outcome unknown",
        }
    }
}

/// A failed call or a lost connection. It never holds credentials.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    delivery: Delivery,
    message: String,
    status: Option<u16>,
    body: Option<Bytes>,
    operation: Option<String>,
    method: Option<&'static str>,
    path: Option<String>,
    advice: Option<String>,
    code: Option<&'static str>,
    argument: bool,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, delivery: Delivery, message: impl Into<String>) -> Self {
        Error(Box::new(Inner {
            kind,
            delivery,
            message: message.into(),
            status: None,
            body: None,
            operation: None,
            method: None,
            path: None,
            advice: None,
            code: None,
            argument: false,
        }))
    }

    /// An argument or option that was refused before anything was sent.
    pub fn argument(message: impl Into<String>) -> Self {
        let mut error = Error::new(ErrorKind::IllegalInput, Delivery::NotSent, message);
        error.0.argument = true;
        error
    }

    /// Something that should not have happened on this side. Whether the server has acted is not known.
    pub fn internal(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Protocol, Delivery::Unknown, message)
    }

    /// The server's refusal: kind by status, message out of whichever body it sent.
    pub(crate) fn from_status(status: u16, body: Bytes) -> Self {
        let message = message_of(status, &body);
        let mut error = Error::new(ErrorKind::from_status(status), Delivery::Rejected, message);
        error.0.status = Some(status);
        error.0.body = Some(body);
        error
    }

    /// The network's failure: kind, delivery and the system's code from the chain of causes.
    pub(crate) fn from_io(what: &str, delivery: Delivery, cause: &(dyn std::error::Error + 'static)) -> Self {
        let (code, reason) = explain(cause);
        let mut error = Error::new(ErrorKind::Connection, delivery, format!("{what}: {reason}"));
        error.0.code = code;
        error
    }

    pub(crate) fn with_operation(mut self, operation: &str) -> Self {
        self.0.operation = Some(operation.to_string());
        self
    }

    pub(crate) fn with_request(mut self, method: &'static str, target: &str) -> Self {
        self.0.method = Some(method);
        self.0.path = Some(path_of(target).to_string());
        self
    }

    pub(crate) fn with_advice(mut self, advice: Option<String>) -> Self {
        self.0.advice = advice;
        self
    }

    /// Which member of the exception family this is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Name of the class in every language, for example `NotFoundException`.
    pub fn class(&self) -> &'static str {
        self.0.kind.class()
    }

    /// How far the request got.
    pub fn delivery(&self) -> Delivery {
        self.0.delivery
    }

    /// HTTP status of the server's answer; `None` when there was none.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// Asterisk's own message, or what went wrong here; no status and no class name in it.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Body of the server's answer.
    pub fn body(&self) -> Option<&[u8]> {
        self.0.body.as_deref()
    }

    /// Id of the operation, for example `channels.get`.
    pub fn operation(&self) -> Option<&str> {
        self.0.operation.as_deref()
    }

    /// HTTP method of the request.
    pub fn method(&self) -> Option<&'static str> {
        self.0.method
    }

    /// Path of the request below `/ari`, without its query.
    pub fn path(&self) -> Option<&str> {
        self.0.path.as_deref()
    }

    /// A hint at the reason, such as that the operation is newer than the server.
    pub fn advice(&self) -> Option<&str> {
        self.0.advice.as_deref()
    }

    /// The system's name of a network error, for example `ECONNREFUSED`.
    pub fn code(&self) -> Option<&'static str> {
        self.0.code
    }

    /// True when arguments were refused here, before anything was sent.
    pub fn is_argument(&self) -> bool {
        self.0.argument
    }

    /// Everything above as one JSON object, for languages on the far side of a C boundary.
    pub fn to_json(&self) -> Value {
        json!({
            "class": self.class(),
            "message": self.message(),
            "text": self.to_string(),
            "delivery": self.delivery().as_str(),
            "status": self.status(),
            "body": self.body().map(String::from_utf8_lossy),
            "operation": self.operation(),
            "method": self.method(),
            "path": self.path(),
            "advice": self.advice(),
            "code": self.code(),
            "argument": self.is_argument(),
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(status) = self.0.status {
            write!(f, "{status} ")?;
        }
        f.write_str(&self.0.message)?;
        if let Some(advice) = &self.0.advice {
            write!(f, " ({advice})")?;
        }
        let mut place = Vec::new();
        if let Some(operation) = &self.0.operation {
            place.push(operation.clone());
        }
        if let (Some(method), Some(path)) = (self.0.method, &self.0.path) {
            place.push(format!("{method} {path}"));
        }
        place.push(self.0.delivery.as_str().to_string());
        write!(f, " [{}]", place.join(", "))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {self}", self.class())
    }
}

impl std::error::Error for Error {}

/// Asterisk answers errors as `{"message": ..}`, as `{"error": ..}`, as HTML, or with nothing at all.
fn message_of(status: u16, body: &[u8]) -> String {
    if let Ok(Value::Object(object)) = serde_json::from_slice(body) {
        let said: Vec<&str> = ["message", "error"].iter().filter_map(|key| object.get(*key)?.as_str()).collect();
        match said.iter().find(|text| !text.trim().is_empty()) {
            Some(text) => return text.to_string(),
            None if said.is_empty() => {}
            None => return phrase_of(status),
        }
    }
    let text = String::from_utf8_lossy(body);
    let text = text.trim();
    let is_binary = text.chars().any(|c| c.is_control() && !c.is_whitespace());
    if text.starts_with('<') {
        if let Some(title) = html_title(text) {
            return title;
        }
    } else if !text.is_empty() && !is_binary {
        return text.chars().take(500).collect();
    }
    phrase_of(status)
}

fn phrase_of(status: u16) -> String {
    match reqwest::StatusCode::from_u16(status).ok().and_then(|s| s.canonical_reason()) {
        Some(reason) => reason.to_string(),
        None => format!("HTTP status {status}"),
    }
}

/// The title of Asterisk's own error pages is the status line; the number is dropped since it is told apart.
fn html_title(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let start = lower.find("<title>")? + "<title>".len();
    let end = start + lower[start..].find("</title>")?;
    let title = text[start..end].trim();
    let title = title.trim_start_matches(|c: char| c.is_ascii_digit()).trim();
    (!title.is_empty()).then(|| title.to_string())
}

/// Finds the system's code and a short reason in a chain of causes.
fn explain(cause: &(dyn std::error::Error + 'static)) -> (Option<&'static str>, String) {
    let mut deepest = cause;
    let mut code = None;
    let mut next = Some(cause);
    while let Some(error) = next {
        deepest = error;
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            code = code.or_else(|| code_of(io));
        }
        if error.to_string().contains("failed to lookup address") {
            code = Some("ENOTFOUND");
        }
        next = error.source();
    }
    (code, deepest.to_string())
}

fn code_of(error: &std::io::Error) -> Option<&'static str> {
    use std::io::ErrorKind::*;
    Some(match error.kind() {
        ConnectionRefused => "ECONNREFUSED",
        ConnectionReset => "ECONNRESET",
        ConnectionAborted => "ECONNABORTED",
        HostUnreachable => "EHOSTUNREACH",
        NetworkUnreachable => "ENETUNREACH",
        TimedOut => "ETIMEDOUT",
        BrokenPipe => "EPIPE",
        NotConnected => "ENOTCONN",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(status: u16, body: &str) -> String {
        message_of(status, body.as_bytes())
    }

    #[test]
    fn every_shape_of_error_body_gives_its_message() {
        assert_eq!(message(404, r#"{"message": "Channel not found"}"#), "Channel not found");
        assert_eq!(message(500, r#"{"error": "Allocation failed"}"#), "Allocation failed");
        let page = "<!DOCTYPE html><html><head><title>404 Not Found</title></head></html>";
        assert_eq!(message(404, page), "Not Found");
        assert_eq!(message(409, ""), "Conflict");
        assert_eq!(message(599, ""), "HTTP status 599");
        assert_eq!(message(400, "plain words\n"), "plain words");
        assert_eq!(message(400, r#"{"message": 5}"#), r#"{"message": 5}"#);
        assert_eq!(message(404, r#"{"message": " ", "error": ""}"#), "Not Found");
        assert_eq!(message(404, "RIFF\0\u{7}"), "Not Found");
    }

    #[test]
    fn text_tells_status_message_advice_and_place() {
        let error = Error::from_status(404, Bytes::from_static(b"{\"message\":\"gone\"}"))
            .with_operation("channels.get")
            .with_request("GET", "/channels/1?x=secret")
            .with_advice(Some("needs Asterisk 22.6.0, server is 20.9.1".into()));
        assert_eq!(
            error.to_string(),
            "404 gone (needs Asterisk 22.6.0, server is 20.9.1) [channels.get, GET /channels/1, rejected]"
        );
        assert_eq!(error.class(), "NotFoundException");
    }
}
