//! A server that takes no time: frames and answers are made before they are asked for.

pub mod frames;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::Full;
use hyper::header::{HeaderValue, CONNECTION, CONTENT_TYPE, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, UPGRADE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::{OnUpgrade, Parts, Upgraded};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::OwnedWriteHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{unbounded_channel, UnboundedReceiver};
use tokio::time::{interval, sleep, MissedTickBehavior};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use frames::{Heard, Order, Reel};

/// Clients that register their handlers when they are connected have so long for it.
const PAUSE: Duration = Duration::from_millis(200);

/// Bytes of one write.
const WRITE: usize = 256 << 10;

type Reply = Response<Full<Bytes>>;

struct Answers {
    info: Bytes,
    channels: Bytes,
    channel: Bytes,
    resources: PathBuf,
}

/// Serves on a free port of the loopback interface.
pub async fn serve(resources: PathBuf) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let list: Vec<_> = (0..200).map(|number| frames::channel(number, "Up")).collect();
    let answers = Arc::new(Answers {
        info: serde_json::json!({"system": {"entity_id": "52:54:00:9b:3a:7f", "version": "22.10.1"}})
            .to_string()
            .into(),
        channels: serde_json::json!(list).to_string().into(),
        channel: frames::channel(0, "Up").to_string().into(),
        resources,
    });
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            let answers = answers.clone();
            let service = service_fn(move |request| {
                let answers = answers.clone();
                async move { Ok::<_, Infallible>(answer(request, &answers, address)) }
            });
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service).with_upgrades();
            tokio::spawn(connection);
        }
    });
    Ok(address)
}

fn answer<B>(mut request: Request<B>, answers: &Answers, address: SocketAddr) -> Reply {
    let path = request.uri().path();
    let Some(path) = path.strip_prefix("/ari").map(str::to_string) else { return status(StatusCode::NOT_FOUND) };
    if path == "/events" {
        return upgrade(&mut request);
    }
    if request.method() != Method::GET {
        return status(StatusCode::NO_CONTENT);
    }
    match path.as_str() {
        "/asterisk/info" => json(answers.info.clone()),
        "/channels" => json(answers.channels.clone()),
        _ if path.starts_with("/api-docs/") => document(&path["/api-docs/".len()..], answers, address),
        _ if path.starts_with("/channels/") => json(answers.channel.clone()),
        _ => status(StatusCode::NOT_FOUND),
    }
}

fn status(status: StatusCode) -> Reply {
    let mut reply = Response::new(Full::default());
    *reply.status_mut() = status;
    reply
}

fn json(body: Bytes) -> Reply {
    let mut reply = Response::new(Full::new(body));
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    reply
}

fn document(name: &str, answers: &Answers, address: SocketAddr) -> Reply {
    let path = match name {
        "resources.json" => answers.resources.join(name),
        _ => answers.resources.join("api-docs").join(name),
    };
    if name.contains("..") {
        return status(StatusCode::NOT_FOUND);
    }
    // Asterisk puts its own address there.
    match std::fs::read_to_string(path) {
        Ok(text) => json(text.replace("localhost:8088", &address.to_string()).into()),
        _ => status(StatusCode::NOT_FOUND),
    }
}

fn upgrade<B>(request: &mut Request<B>) -> Reply {
    let Some(key) = request.headers().get(SEC_WEBSOCKET_KEY).map(|key| derive_accept_key(key.as_bytes())) else {
        return status(StatusCode::BAD_REQUEST);
    };
    let application = request.uri().query().unwrap_or_default().split('&').find_map(|pair| pair.strip_prefix("app="));
    let application = application.unwrap_or_default().to_string();
    let upgrading = hyper::upgrade::on(&mut *request);
    tokio::spawn(async move {
        if let Err(reason) = blast(upgrading, &application).await {
            eprintln!("ari-bench: {application}: {reason}");
        }
    });
    let mut reply = status(StatusCode::SWITCHING_PROTOCOLS);
    let headers = reply.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    if let Some(protocol) = request.headers().get("sec-websocket-protocol") {
        headers.insert("sec-websocket-protocol", protocol.clone());
    }
    if let Ok(accept) = HeaderValue::try_from(key) {
        headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    }
    reply
}

async fn blast(upgrading: OnUpgrade, application: &str) -> io::Result<()> {
    let upgraded = upgrading.await.map_err(io::Error::other)?;
    let Parts { io, .. } =
        upgraded.downcast::<TokioIo<TcpStream>>().map_err(|_: Upgraded| io::Error::other("no TCP"))?;
    let (mut reading, mut writing) = io.into_inner().into_split();
    // Ends with the client's goodbye, or with the connection.
    let (answers, mut pongs) = unbounded_channel();
    tokio::spawn(async move {
        let mut heard = BytesMut::new();
        while matches!(reading.read_buf(&mut heard).await, Ok(1..)) {
            while let Some(frame) = frames::take_heard(&mut heard) {
                match frame {
                    Heard::Ping(content) => drop(answers.send(content)),
                    Heard::Goodbye => return,
                    Heard::Other => {}
                }
            }
        }
    });
    if let Some(order) = Order::parse(application) {
        let reel = Reel::make(order, application);
        sleep(PAUSE).await;
        let sending = send(&mut writing, order, &reel, &mut pongs);
        if let Err(gone) = sending.await {
            // Who has counted enough goes.
            if !matches!(gone.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset) {
                return Err(gone);
            }
        }
    }
    while let Some(content) = pongs.recv().await {
        if pong(&mut writing, &content).await.is_err() {
            break;
        }
    }
    let _ = writing.write_all(&[0x88, 0x02, 0x03, 0xe8]).await;
    let _ = writing.shutdown().await;
    Ok(())
}

async fn pong(writing: &mut OwnedWriteHalf, content: &[u8]) -> io::Result<()> {
    let mut frame = BytesMut::new();
    frames::put_frame(&mut frame, frames::PONG, content);
    writing.write_all(&frame).await
}

async fn send(
    writing: &mut OwnedWriteHalf,
    order: Order,
    reel: &Reel,
    pongs: &mut UnboundedReceiver<Bytes>,
) -> io::Result<()> {
    let mut ticks = interval(Duration::from_millis(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (mut sent, mut due) = (0, 0.0);
    while sent < order.frames {
        // A client that waits for these would take the connection for dead.
        while let Ok(content) = pongs.try_recv() {
            pong(writing, &content).await?;
        }
        let place = sent % reel.ends.len();
        let start = if place == 0 { 0 } else { reel.ends[place - 1] };
        let room = (reel.ends.len() - place).min(order.frames - sent);
        let count = if order.rate > 0 {
            ticks.tick().await;
            due += order.rate as f64 / 1000.0;
            (due as usize).saturating_sub(sent).min(room)
        } else {
            reel.ends[place..place + room].partition_point(|end| end - start <= WRITE).max(1)
        };
        if count > 0 {
            writing.write_all(&reel.bytes[start..reel.ends[place + count - 1]]).await?;
            sent += count;
        }
    }
    Ok(())
}
