//! How requests travel. Everything above sees only this trait: HTTP today, the event WebSocket and others beside it.

mod http;
mod lane;

use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;

use crate::error::Result;
use crate::operation::Method;

pub(crate) use http::HttpTransport;

/// A request, checked and encoded.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: Method,
    /// Path and query below `/ari`, beginning with a slash.
    pub target: String,
    /// JSON.
    pub body: Option<Bytes>,
}

impl Request {
    /// The target without its query, which may hold what neither a log nor a message should show.
    pub fn path(&self) -> &str {
        path_of(&self.target)
    }
}

pub(crate) fn path_of(target: &str) -> &str {
    target.split('?').next().unwrap_or(target)
}

/// The server's answer, whatever its status.
#[derive(Clone, Debug)]
pub struct Response {
    pub status: u16,
    pub content_type: Option<String>,
    pub body: Bytes,
}

/// A future that can be kept in a list of different ones.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Asked now and then by what blocks its thread. An error ends the waiting, and is what comes of it.
pub type GoOn<'a> = &'a mut dyn FnMut() -> Result<()>;

/// A way to the server. An answer of any status is a `Response`; an `Error` means there was no answer.
pub trait Transport: Send + Sync + 'static {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response>>;

    /// The same for a thread that has nothing else to do until the answer is there, and is not one of an async runtime.
    fn send_here(&self, request: Request, go_on: GoOn<'_>) -> Result<Response>;
}
