//! The WebSockets on which applications get their events.

use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    HeaderMap, CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION,
    UPGRADE,
};
use hyper::upgrade::Upgraded;
use hyper::{Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::sync::mpsc::{channel, Receiver};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::WebSocketStream;

use crate::answer::Answer;
use crate::http::{reply, Line, Reply};
use crate::shared::Shared;
use crate::table::pairs;
use crate::world::apps::{Outgoing, Socket};

/// How many events wait for a connection that does not read.
const MOST_WAITING: usize = 50_000;
/// The one protocol that ARI speaks on its WebSockets.
const PROTOCOL: &str = "ari";

/// What a request for a WebSocket is answered with: 101, if there will be one.
pub fn check(headers: &HeaderMap, query: &str) -> Answer {
    accept(headers, query).map_or_else(|refused| refused, |_| Answer { status: 101, ..Answer::nothing() })
}

/// Answers the request for a WebSocket, and serves it if there is one.
pub fn open(shared: &Arc<Shared>, mut request: hyper::Request<Incoming>, query: &str, line: Arc<Line>) -> Reply {
    let accepted = match accept(request.headers(), query) {
        Ok(accepted) => accepted,
        Err(refused) => return reply(refused),
    };
    let upgrade = hyper::upgrade::on(&mut request);
    let shared = shared.clone();
    let Accepted { apps, subscribe_all, key, protocol } = accepted;
    tokio::spawn(async move {
        // The client may have gone before its answer came.
        if let Ok(upgraded) = upgrade.await {
            let id = shared.socket_id();
            let (sender, receiver) = channel(MOST_WAITING);
            shared.world().connect(Socket { id, apps, subscribe_all, silent: false, sender });
            run(&shared, upgraded, receiver, &line).await;
            shared.world().disconnect(id);
        }
    });
    let mut reply = Response::new(Full::new(Bytes::new()));
    *reply.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = reply.headers_mut();
    for (name, value) in [(CONNECTION, "Upgrade"), (UPGRADE, "websocket"), (SEC_WEBSOCKET_ACCEPT, &key)] {
        headers.extend(value.parse().map(|value| (name, value)));
    }
    if protocol {
        headers.extend(PROTOCOL.parse().map(|value| (SEC_WEBSOCKET_PROTOCOL, value)));
    }
    reply
}

struct Accepted {
    apps: Vec<String>,
    subscribe_all: bool,
    key: String,
    protocol: bool,
}

fn accept(headers: &HeaderMap, query: &str) -> Result<Accepted, Answer> {
    let value = |name: &str| pairs(query).filter(|(given, _)| given == name).last().map(|(_, value)| value);
    let text = |name| headers.get(name).and_then(|value: &hyper::header::HeaderValue| value.to_str().ok());
    let apps = value("app").unwrap_or_default();
    if apps.is_empty() {
        return Err(Answer::html(400, "HTTP request is missing param: [app]"));
    }
    let apps: Vec<_> = apps.split(',').map(str::to_owned).collect();
    if apps.iter().any(String::is_empty) {
        return Err(Answer::html(500, "Stasis app registration failed"));
    }
    let protocols = text(SEC_WEBSOCKET_PROTOCOL);
    let protocol = protocols.is_some_and(|list| list.split(',').any(|name| name.trim() == PROTOCOL));
    let version = text(SEC_WEBSOCKET_VERSION).is_some_and(|version| matches!(version, "7" | "8" | "13"));
    let Some(key) = text(SEC_WEBSOCKET_KEY).filter(|_| version && (protocol || protocols.is_none())) else {
        return Err(Answer { status: 400, ..Answer::nothing() }.header("Sec-WebSocket-Version", "7, 8, 13"));
    };
    let subscribe_all = value("subscribeAll").is_some_and(|flag| matches!(flag.as_str(), "true" | "yes" | "1" | "on"));
    Ok(Accepted { apps, subscribe_all, key: derive_accept_key(key.as_bytes()), protocol })
}

/// Writes what the world has to say until one of the two sides has enough.
async fn run(shared: &Shared, upgraded: Upgraded, mut receiver: Receiver<Outgoing>, line: &Line) {
    let mut socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await;
    let down = shared.down();
    tokio::pin!(down);
    let mut silent = false;
    loop {
        tokio::select! {
            // Asterisk gives no close frame when it goes.
            () = &mut down => return,
            outgoing = receiver.recv() => match outgoing {
                Some(Outgoing::Text(text)) if !silent => {
                    if socket.feed(Message::text(text)).await.is_err() {
                        return;
                    }
                    // What follows at once goes out together.
                    if receiver.is_empty() && socket.flush().await.is_err() {
                        return;
                    }
                }
                Some(Outgoing::Text(_)) => {}
                Some(Outgoing::Close(code)) => {
                    let frame = CloseFrame { code: CloseCode::from(code), reason: "".into() };
                    let _ = socket.close(Some(frame)).await;
                    // The other side says goodbye, too.
                    while let Some(Ok(_)) = socket.next().await {}
                    return;
                }
                Some(Outgoing::Drop) | None => return,
                Some(Outgoing::Reset) => return line.reset_at_end(),
                Some(Outgoing::Silent(from_now)) => silent = from_now,
            },
            incoming = socket.next(), if !silent => match incoming {
                // Pings are answered in reading.
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return,
            },
        }
    }
}
