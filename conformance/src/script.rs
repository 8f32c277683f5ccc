//! Plays a case's script on the event WebSocket, and on the next one when the client comes back.

use std::sync::Arc;
use std::time::Duration;

use base64::prelude::{Engine as _, BASE64_STANDARD};
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::WebSocketStream;

use crate::case::{Accept, Case, Fault, Step};
use crate::run::{refusal, Handshake, Log};

/// How long a step waits for the client.
const PATIENCE: Duration = Duration::from_secs(20);

/// Long enough for a client to read what was sent before the connection is dropped.
const BEFORE_THE_DROP: Duration = Duration::from_millis(30);

type Handshakes = UnboundedReceiver<Handshake>;

pub async fn play(log: Arc<Log>, mut handshakes: Handshakes) {
    let mut link: Option<Link> = None;
    for (index, step) in log.case.script.iter().enumerate() {
        if let Err(reason) = perform(&log, step, &mut link, &mut handshakes).await {
            log.problem(format!("step {} of the script: {reason}", index + 1));
            // A goodbye, so that the client comes to its end too.
            if let Some(link) = &mut link {
                let _ = link.goodbye(1000).await;
            }
            break;
        }
    }
    log.progress.send_modify(|progress| progress.script_done = true);
    loop {
        let late = match &mut link {
            Some(open) => tokio::select! {
                late = handshakes.recv() => late,
                () = open.drain() => { link = None; continue }
            },
            None => handshakes.recv().await,
        };
        let Some(late) = late else { return };
        log.problem(format!("a WebSocket connection that was not expected: {}", late.request.line()));
        if let Ok(mut late) = upgrade(late).await {
            let _ = late.goodbye(1000).await;
        }
    }
}

async fn perform(log: &Log, step: &Step, link: &mut Option<Link>, handshakes: &mut Handshakes) -> Result<(), String> {
    if let Step::Accept(accept) = step {
        let handshake = next_handshake(log, link, handshakes).await?;
        check_handshake(log, accept, &handshake);
        *link = Some(upgrade(handshake).await?);
        return Ok(());
    }
    if let Step::Refuse(response) = step {
        let Handshake { mut connection, .. } = next_handshake(log, link, handshakes).await?;
        *link = None;
        connection.play(response).await.map_err(|why| why.to_string())?;
        return Ok(());
    }
    let mut nothing = None;
    match (step, link.as_mut()) {
        (Step::Pause(millis), link) => {
            pump(link, sleep(Duration::from_millis(*millis))).await;
            Ok(())
        }
        (Step::WaitRequests(count), link) => {
            let mut watch = log.progress.subscribe();
            let enough = watch.wait_for(|progress| progress.requests >= *count);
            let came = pump(link, timeout(PATIENCE, enough)).await.is_ok();
            let received = log.progress.borrow().requests;
            came.then_some(()).ok_or_else(|| format!("{received} requests have come, not {count}"))
        }
        (Step::WaitHeld(_), link) => {
            let mut watch = log.progress.subscribe();
            let held = watch.wait_for(|progress| progress.held > 0);
            let came = pump(link, timeout(PATIENCE, held)).await.is_ok();
            came.then_some(()).ok_or_else(|| "nothing holds".to_owned())
        }
        (Step::Release(_), _) => {
            log.progress.send_modify(|progress| progress.released = true);
            Ok(())
        }
        (_, None) => Err("there is no connection".into()),
        (Step::Close(code), Some(open)) => {
            let outcome = open.goodbye(*code).await;
            *link = nothing.take();
            outcome
        }
        (Step::Drop(fault), Some(open)) => {
            open.until(sleep(BEFORE_THE_DROP)).await;
            let dropped = match fault {
                Fault::Reset => open.socket.get_mut().set_zero_linger(),
                _ => open.socket.get_mut().shutdown().await,
            };
            *link = None;
            dropped.map_err(|why| why.to_string())
        }
        (Step::Silence(millis), Some(_)) => {
            for _ in 0..millis.div_ceil(10) {
                if !handshakes.is_empty() {
                    break;
                }
                sleep(Duration::from_millis(10)).await;
            }
            Ok(())
        }
        (step, Some(open)) => open.perform(step).await,
    }
}

async fn next_handshake(log: &Log, link: &mut Option<Link>, handshakes: &mut Handshakes) -> Result<Handshake, String> {
    // The first one may take its time: the run of the case need not have begun.
    let first = !log.progress.borrow().connected;
    let patience = if first { Duration::from_secs(24 * 3600) } else { PATIENCE };
    let handshake = pump(link.as_mut(), timeout(patience, handshakes.recv())).await;
    log.progress.send_modify(|progress| progress.connected = true);
    handshake.ok().flatten().ok_or_else(|| "the client did not connect again".to_owned())
}

fn check_handshake(log: &Log, accept: &Accept, handshake: &Handshake) {
    let wanted = accept.target.clone().unwrap_or_else(|| target_of(&log.case));
    let request = &handshake.request;
    if request.method != "GET" || request.target != wanted {
        log.problem(format!("handshake {:?}, expected {:?}", request.line(), format!("GET {wanted}")));
    }
    let offered = request.header("sec-websocket-protocol");
    if offered.is_some_and(|protocols| !protocols.split(',').any(|protocol| protocol.trim() == "ari")) {
        log.problem(format!("the subprotocol {offered:?} is one Asterisk refuses"));
    }
}

/// The target of the handshake for a case's applications.
fn target_of(case: &Case) -> String {
    let apps = case.apps.join(",");
    let mut target = "/events?app=".to_owned();
    for byte in apps.bytes() {
        match byte {
            b'-' | b'.' | b'_' | b'~' => target.push(byte.into()),
            _ if byte.is_ascii_alphanumeric() => target.push(byte.into()),
            _ => target.push_str(&format!("%{byte:02X}")),
        }
    }
    if case.subscribe_all {
        target.push_str("&subscribeAll=true");
    }
    target
}

async fn upgrade(handshake: Handshake) -> Result<Link, String> {
    let Handshake { mut connection, request } = handshake;
    let Some(key) = request.header("sec-websocket-key") else {
        let refused = refusal(400, "no Sec-WebSocket-Key");
        let _ = connection.play(&refused).await;
        return Err("a handshake without Sec-WebSocket-Key".into());
    };
    let mut answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {}\r\n",
        derive_accept_key(key.as_bytes())
    );
    if request.header("sec-websocket-protocol").is_some() {
        answer.push_str("Sec-WebSocket-Protocol: ari\r\n");
    }
    answer.push_str("\r\n");
    let written = connection.stream.write_all(answer.as_bytes()).await;
    written.map_err(|why| why.to_string())?;
    let socket = WebSocketStream::from_partially_read(connection.stream, connection.buffer, Role::Server, None).await;
    Ok(Link { socket, ended: false, goodbye_seen: false, pings: 0, pongs: Vec::new(), spoke: None })
}

/// Waits while the connection, if there is one, is read and its pings are answered.
async fn pump<F: std::future::Future>(link: Option<&mut Link>, until: F) -> F::Output {
    match link {
        Some(link) => link.until(until).await,
        None => until.await,
    }
}

/// An open WebSocket and what the client said on it.
struct Link {
    socket: WebSocketStream<TcpStream>,
    ended: bool,
    goodbye_seen: bool,
    /// Pings that no step has asked for yet.
    pings: usize,
    pongs: Vec<Vec<u8>>,
    /// A message of the client, which ARI does not have here.
    spoke: Option<String>,
}

impl Link {
    /// Reads one message; waits for ever when the connection has ended.
    async fn listen(&mut self) {
        if self.ended {
            std::future::pending::<()>().await;
        }
        match self.socket.next().await {
            Some(Ok(Message::Close(_))) => self.goodbye_seen = true,
            Some(Ok(Message::Ping(_))) => self.pings += 1,
            Some(Ok(Message::Pong(payload))) => self.pongs.push(payload.to_vec()),
            Some(Ok(other)) => self.spoke = Some(other.to_string()),
            Some(Err(_)) | None => self.ended = true,
        }
    }

    async fn until<F: std::future::Future>(&mut self, until: F) -> F::Output {
        tokio::pin!(until);
        loop {
            tokio::select! {
                biased;
                output = &mut until => return output,
                () = self.listen() => {}
            }
        }
    }

    /// Reads until something holds; an error when the connection ends or nothing comes.
    async fn await_that(&mut self, what: &str, holds: impl Fn(&Link) -> bool) -> Result<(), String> {
        let listening = async {
            while !holds(self) && !self.ended {
                self.listen().await;
            }
        };
        let in_time = timeout(PATIENCE, listening).await.is_ok();
        if let Some(text) = &self.spoke {
            return Err(format!("the client sent a message: {text}"));
        }
        match (holds(self), in_time) {
            (true, _) => Ok(()),
            (false, true) => Err(format!("the client ended the connection in place of {what}")),
            (false, false) => Err(format!("the client kept the connection open without {what}")),
        }
    }

    async fn drain(&mut self) {
        while !self.ended {
            self.listen().await;
        }
    }

    async fn goodbye(&mut self, code: u16) -> Result<(), String> {
        let frame = CloseFrame { code: code.into(), reason: "".into() };
        // What the client does with a connection it has given up before is its own affair.
        let _ = self.socket.send(Message::Close(Some(frame))).await;
        self.await_that("closing it", |link| link.ended).await
    }

    async fn perform(&mut self, step: &Step) -> Result<(), String> {
        let sent = match step {
            Step::Send(frames) => self.send_all(frames).await,
            Step::Fragments(parts) => self.send_fragments(parts).await,
            Step::Half(frame) => return self.send_half(frame).await.map_err(|why| why.to_string()),
            Step::Ping(payload) => {
                let bytes = payload.clone().into_bytes();
                let sent = self.socket.send(Message::Ping(bytes.clone().into())).await;
                self.await_that("a pong", |link| link.pongs.contains(&bytes)).await?;
                sent
            }
            Step::ExpectPing(_) => {
                self.await_that("a ping", |link| link.pings > 0).await?;
                self.pings -= 1;
                return Ok(());
            }
            Step::ExpectClose(_) => return self.await_that("a close frame", |link| link.goodbye_seen).await,
            other => return Err(format!("{other:?} has no place here")),
        };
        sent.map_err(|why| format!("the client cannot be reached any more: {why}"))
    }

    async fn send_all(&mut self, frames: &[Value]) -> Result<(), tokio_tungstenite::tungstenite::Error> {
        for frame in frames {
            self.socket.feed(message(frame)).await?;
        }
        self.socket.flush().await
    }

    async fn send_fragments(&mut self, parts: &[String]) -> Result<(), tokio_tungstenite::tungstenite::Error> {
        for (index, part) in parts.iter().enumerate() {
            let data = if index == 0 { Data::Text } else { Data::Continue };
            let last = index + 1 == parts.len();
            let frame = Frame::message(part.clone().into_bytes(), OpCode::Data(data), last);
            self.socket.send(Message::Frame(frame)).await?;
            if !last {
                self.socket.send(Message::Ping(Vec::new().into())).await?;
            }
        }
        Ok(())
    }

    async fn send_half(&mut self, frame: &Value) -> std::io::Result<()> {
        let mut bytes = Vec::new();
        let frame = Frame::message(frame.to_string().into_bytes(), OpCode::Data(Data::Text), true);
        frame.format(&mut bytes).map_err(std::io::Error::other)?;
        self.socket.get_mut().write_all(&bytes[..bytes.len() / 2]).await
    }
}

/// JSON is sent as it is, `{"text": ...}` as raw text, `{"base64": ...}` as a binary message.
fn message(frame: &Value) -> Message {
    if let Some(fields) = frame.as_object().filter(|fields| fields.len() == 1) {
        if let Some(text) = fields.get("text").and_then(Value::as_str) {
            return Message::text(text);
        }
        if let Some(bytes) = fields.get("base64").and_then(Value::as_str) {
            return Message::binary(BASE64_STANDARD.decode(bytes).unwrap_or_default());
        }
    }
    Message::text(frame.to_string())
}
