//! Answers of ARI, in the shapes Asterisk gives them.

use serde_json::{json, Value};

/// What a request is answered with.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub content_type: &'static str,
    pub body: Vec<u8>,
    pub headers: Vec<(&'static str, String)>,
}

/// An operation's answer, or the refusal that ends it.
pub type Outcome = Result<Answer, Answer>;

impl Answer {
    /// 204: done, nothing to say.
    pub fn nothing() -> Answer {
        Answer { status: 204, content_type: "", body: Vec::new(), headers: Vec::new() }
    }

    /// 200 with JSON.
    pub fn json(value: Value) -> Answer {
        Answer::with(200, value)
    }

    /// JSON with a status of one's own, such as 201.
    pub fn with(status: u16, value: Value) -> Answer {
        Answer { status, content_type: "application/json", body: value.to_string().into_bytes(), headers: Vec::new() }
    }

    /// The usual shape of an error.
    pub fn refuse(status: u16, message: impl Into<String>) -> Answer {
        Answer::with(status, json!({ "message": message.into() }))
    }

    /// The shape of an error by which Asterisk says that it failed itself.
    pub fn fail(status: u16, error: impl Into<String>) -> Answer {
        Answer::with(status, json!({ "error": error.into() }))
    }

    /// What Asterisk's web server says by itself.
    pub fn html(status: u16, text: &str) -> Answer {
        let title = reason(status);
        let body = format!(
            "<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\r\n<html><head>\r\n<title>{status} {title}</title>\r\n\
             </head><body>\r\n<h1>{title}</h1>\r\n<p>{text}</p>\r\n<hr />\r\n<address>Asterisk</address>\r\n</body></html>\r\n"
        );
        Answer { status, content_type: "text/html", body: body.into_bytes(), headers: Vec::new() }
    }

    /// A file.
    pub fn file(content_type: &'static str, body: Vec<u8>) -> Answer {
        Answer { status: 200, content_type, body, headers: Vec::new() }
    }

    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Answer {
        self.headers.push((name, value.into()));
        self
    }

    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// What an unsuccessful answer says, for the request log.
    pub fn message(&self) -> Option<String> {
        if self.is_success() {
            return None;
        }
        let json: Value = serde_json::from_slice(&self.body).ok()?;
        json.get("message").or(json.get("error")).and_then(Value::as_str).map(str::to_owned)
    }
}

/// The words beside a status.
pub fn reason(status: u16) -> &'static str {
    match hyper::StatusCode::from_u16(status) {
        Ok(code) => code.canonical_reason().unwrap_or("Unknown"),
        Err(_) => "Unknown",
    }
}
