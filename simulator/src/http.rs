//! The sockets that listen: ARI for the application, the control interface for the test.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::prelude::{Engine, BASE64_STANDARD};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderName, HeaderValue, AUTHORIZATION, CONTENT_TYPE, UPGRADE};
use hyper::service::service_fn;
use hyper::{Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::{SockRef, Socket};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Notify;

use crate::answer::Answer;
use crate::control;
use crate::documents;
use crate::faults::Cut;
use crate::shared::{Fate, Mode, Shared};
use crate::sockets;
use crate::table::{pairs, Request};

/// Asterisk reads no longer bodies and request lines than these.
const MAX_BODY: usize = 40_960;
const MAX_LINE: usize = 4_096;
/// What a test may say to the simulator at once.
const MAX_CONTROL: usize = 16 << 20;

pub type Reply = Response<Full<Bytes>>;

/// Something that listens, and what it does with a request.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(1024)
}

/// One connection: a second handle of its socket, by which it can be ended as a fault wants it.
pub struct Line {
    socket: Option<Socket>,
    cut: Mutex<Option<Cut>>,
    cut_now: Notify,
}

impl Line {
    fn new(stream: &TcpStream) -> Line {
        Line { socket: SockRef::from(stream).try_clone().ok(), cut: Mutex::default(), cut_now: Notify::new() }
    }

    /// Ends the connection; with a silent one nothing happens any more.
    fn cut(&self, cut: Cut) {
        if cut == Cut::Reset {
            self.reset_at_end();
        }
        *self.cut.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(cut);
        self.cut_now.notify_one();
    }

    /// When all handles of the socket are gone, the other side sees a RST.
    pub fn reset_at_end(&self) {
        if let Some(socket) = &self.socket {
            let _ = socket.set_linger(Some(Duration::ZERO));
        }
    }

    async fn is_cut(&self) -> Cut {
        loop {
            if let Some(cut) = *self.cut.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) {
                return cut;
            }
            self.cut_now.notified().await;
        }
    }
}

/// Serves ARI whenever the server is up, on the same port each time.
pub async fn serve_ari(shared: Arc<Shared>, first: TcpListener, address: SocketAddr) {
    let mut listener = Some(first);
    let mut mode = shared.mode.subscribe();
    loop {
        if *mode.borrow_and_update() == Mode::Down {
            listener = None;
            shared.listening.send_replace(false);
            let _ = mode.changed().await;
            continue;
        }
        match &listener {
            None => match listen(address) {
                Ok(again) => {
                    listener = Some(again);
                    shared.listening.send_replace(true);
                }
                // Somebody else has the port for the moment.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            },
            Some(listening) => tokio::select! {
                accepted = listening.accept() => match accepted {
                    Ok((stream, _)) => drop(tokio::spawn(serve_line(shared.clone(), stream))),
                    Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                },
                _ = mode.changed() => {}
            },
        }
    }
}

async fn serve_line(shared: Arc<Shared>, stream: TcpStream) {
    let _ = stream.set_nodelay(true);
    let line = Arc::new(Line::new(&stream));
    let at_end = shared.clone();
    let service = {
        let line = line.clone();
        service_fn(move |request| {
            let (shared, line) = (shared.clone(), line.clone());
            async move {
                match answer(&shared, request, &line).await {
                    Some(reply) => Ok::<_, Infallible>(reply),
                    // The connection is about to end, or stays as it is for ever.
                    None => std::future::pending().await,
                }
            }
        })
    };
    let mut builder = hyper::server::conn::http1::Builder::new();
    // Asterisk ends idle connections silently after 15 s.
    builder.timer(TokioTimer::new()).header_read_timeout(Duration::from_secs(15));
    let connection = builder.serve_connection(TokioIo::new(stream), service).with_upgrades();
    tokio::pin!(connection);
    let down = at_end.down();
    tokio::pin!(down);
    tokio::select! {
        _ = &mut connection => return,
        cut = line.is_cut() => match cut {
            Cut::Close | Cut::Reset => return,
            Cut::Silence => {}
        },
        () = &mut down => return,
    }
    // Silent: the connection is kept, and not looked at, until the server itself goes.
    down.await;
}

/// The answer to a request, or none if the connection ends without.
async fn answer(shared: &Arc<Shared>, request: hyper::Request<Incoming>, line: &Arc<Line>) -> Option<Reply> {
    let mode = *shared.mode.borrow();
    let path = request.uri().path().to_owned();
    let below = path.strip_prefix("/ari").filter(|rest| rest.is_empty() || rest.starts_with('/'));
    let Some(below) = below.filter(|_| mode != Mode::Loading) else {
        return Some(reply(Answer::html(404, "The requested URL was not found on this server.")));
    };
    if mode == Mode::Booting {
        return Some(reply(Answer::refuse(503, "Asterisk not booted")));
    }
    if path.len() + request.uri().query().map_or(0, str::len) + request.method().as_str().len() + 11 > MAX_LINE {
        return Some(reply(Answer::html(400, "Request line too long")));
    }
    let query = request.uri().query().unwrap_or_default().to_owned();
    let may_write = match admit(shared, &request, &query) {
        Ok(may_write) => may_write,
        Err(refused) => return Some(reply(refused)),
    };
    if below == "/events" && request.method() == hyper::Method::GET {
        if request.headers().get(UPGRADE).is_none_or(|upgrade| !upgrade.as_bytes().eq_ignore_ascii_case(b"websocket")) {
            return Some(reply(Answer::html(426, "")));
        }
        let asked = Request { method: "GET".into(), path: below.into(), query: query.clone(), ..Request::default() };
        return match shared.go_through(&asked, |_| sockets::check(request.headers(), &query)).await {
            Fate::Answered(answer) if answer.status == 101 => {
                Some(sockets::open(shared, request, &query, line.clone()))
            }
            Fate::Answered(answer) => Some(reply(answer)),
            Fate::Cut(cut) => {
                line.cut(cut);
                None
            }
        };
    }
    if !may_write && !matches!(request.method().as_str(), "GET" | "OPTIONS") {
        return Some(reply(Answer::refuse(403, "Write access denied")));
    }
    if let Some(name) = below.strip_prefix("/api-docs/") {
        return Some(reply(documents::answer(name, request.headers())));
    }
    let read = match read(request, below, query, MAX_BODY).await {
        Ok(read) => read,
        Err(refused) => return Some(reply(refused)),
    };
    match shared.perform(&read).await {
        Fate::Answered(answer) => Some(reply(answer)),
        Fate::Cut(cut) => {
            line.cut(cut);
            None
        }
    }
}

/// Who asks: whether he may write, or that nobody knows him.
fn admit(shared: &Shared, request: &hyper::Request<Incoming>, query: &str) -> Result<bool, Answer> {
    let options = &shared.options;
    let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let basic = header.and_then(|value| value.split_once(' ')).filter(|(kind, _)| kind.eq_ignore_ascii_case("basic"));
    let login = match basic {
        Some((_, encoded)) => {
            BASE64_STANDARD.decode(encoded.trim()).ok().map(|login| String::from_utf8_lossy(&login).into_owned())
        }
        None => pairs(query).find(|(name, _)| name == "api_key").map(|(_, value)| value),
    };
    let is = |username: &str, password: &str| login.as_deref() == Some(&format!("{username}:{password}"));
    if is(&options.username, &options.password) {
        return Ok(true);
    }
    if is(&options.read_only_username, &options.read_only_password) {
        return Ok(false);
    }
    let realm = "Basic realm=\"Asterisk REST Interface\"";
    Err(Answer::refuse(401, "Authentication required").header("WWW-Authenticate", realm))
}

async fn read(request: hyper::Request<Incoming>, path: &str, query: String, limit: usize) -> Result<Request, Answer> {
    let (head, body) = request.into_parts();
    let text =
        |name: HeaderName| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let body = match Limited::new(body, limit).collect().await {
        Ok(body) => body.to_bytes().to_vec(),
        Err(_) => return Err(Answer::refuse(413, "Request body too large").header("Connection", "close")),
    };
    Ok(Request {
        method: head.method.as_str().to_owned(),
        path: path.to_owned(),
        query,
        content_type: text(CONTENT_TYPE),
        body,
    })
}

/// An answer on the wire.
pub fn reply(answer: Answer) -> Reply {
    let mut reply = Response::new(Full::new(Bytes::from(answer.body)));
    *reply.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = reply.headers_mut();
    headers.insert("Server", HeaderValue::from_static("Asterisk"));
    headers.insert("Cache-Control", HeaderValue::from_static("no-cache, no-store"));
    if !answer.content_type.is_empty() {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    }
    for (name, value) in answer.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    reply
}

/// Serves the control interface, which is there also while the simulated server is not.
pub async fn serve_control(shared: Arc<Shared>, listener: TcpListener) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let shared = shared.clone();
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            let shared = shared.clone();
            async move {
                let path = request.uri().path().to_owned();
                let query = request.uri().query().unwrap_or_default().to_owned();
                let answer = match read(request, &path, query, MAX_CONTROL).await {
                    Ok(request) => control::answer(&shared, &request).await,
                    Err(refused) => refused,
                };
                Ok::<_, Infallible>(reply(answer))
            }
        });
        tokio::spawn(async move {
            let builder = hyper::server::conn::http1::Builder::new();
            let _ = builder.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}
