//! The event connections of a scenario, and what has come over them.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::sync::mpsc::{unbounded_channel, UnboundedSender};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::http::Server;

/// What has come since it was last taken, with the connection's name.
#[derive(Clone, Default)]
pub struct Inbox(Arc<Mutex<Vec<(String, Value)>>>);

impl Inbox {
    pub fn take(&self) -> Vec<(String, Value)> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    /// Whether what has come is enough, before the time is over.
    pub async fn until(&self, bound: Duration, enough: impl Fn(&[(String, Value)]) -> bool) -> bool {
        let end = Instant::now() + bound;
        loop {
            if enough(&self.0.lock().unwrap()) {
                return true;
            }
            if Instant::now() >= end {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Until nothing has come for so long.
    pub async fn quiet(&self, pause: Duration) {
        let mut count = usize::MAX;
        loop {
            let now = self.0.lock().unwrap().len();
            if now == count {
                return;
            }
            count = now;
            tokio::time::sleep(pause).await;
        }
    }
}

pub struct Connection {
    pub name: String,
    close: UnboundedSender<()>,
    reader: tokio::task::JoinHandle<()>,
}

/// Why there is no connection.
pub enum Refused {
    With(u16),
    Not(String),
}

impl Connection {
    pub async fn open(server: &Server, name: &str, target: &str, inbox: &Inbox) -> Result<Self, Refused> {
        let url = format!("ws://{}{}{target}", server.authority, server.prefix);
        let mut request = url.into_client_request().unwrap();
        request.headers_mut().insert("Authorization", server.authorization.parse().unwrap());
        let (mut socket, _) = tokio_tungstenite::connect_async(request).await.map_err(|error| match error {
            Error::Http(answer) => Refused::With(answer.status().as_u16()),
            other => Refused::Not(other.to_string()),
        })?;
        let (close, mut order) = unbounded_channel();
        let (inbox, label) = (inbox.clone(), name.to_string());
        let reader = tokio::spawn(async move {
            let mut closing = false;
            loop {
                tokio::select! {
                    message = socket.next() => match message {
                        Some(Ok(Message::Text(text))) => {
                            let event = serde_json::from_str(&text).unwrap_or(Value::String(text.to_string()));
                            inbox.0.lock().unwrap().push((label.clone(), event));
                        }
                        Some(Ok(_)) => {}
                        _ => return,
                    },
                    _ = order.recv(), if !closing => {
                        closing = true;
                        let _ = socket.close(None).await;
                        let _ = socket.flush().await;
                    }
                }
            }
        });
        Ok(Connection { name: name.to_string(), close, reader })
    }

    pub async fn close(self) {
        let _ = self.close.send(());
        let stop = self.reader.abort_handle();
        if tokio::time::timeout(Duration::from_secs(2), self.reader).await.is_err() {
            stop.abort();
        }
    }
}
