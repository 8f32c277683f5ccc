//! The sockets that listen: ARI for the application, the control interface for the test.

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::prelude::{Engine, BASE64_STANDARD};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderValue, AUTHORIZATION, CONTENT_TYPE, HOST, ORIGIN, UPGRADE};
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
    let whole = request.uri().path();
    let below = whole.strip_prefix("/ari").filter(|rest| rest.is_empty() || rest.starts_with('/'));
    let head = Request {
        method: request.method().as_str().to_owned(),
        path: below.unwrap_or(whole).to_owned(),
        query: request.uri().query().unwrap_or_default().to_owned(),
        ..Request::default()
    };
    let refused = match below {
        Some(_) if mode != Mode::Loading => refusal(shared, mode, &request, &head),
        _ => Some(Answer::html(404, "The requested URL was not found on this server.")),
    };
    if let Some(refused) = refused {
        return Some(reply(shared.refused(&head, refused)));
    }
    if let Some(name) = head.path.strip_prefix("/api-docs/") {
        return Some(reply(documents::answer(name, request.headers())));
    }
    if !opens_events(&head) {
        return match read(request, head.clone(), MAX_BODY).await {
            Ok(whole) => finish(shared.perform(&whole).await, line),
            Err(refused) => Some(reply(shared.refused(&head, refused))),
        };
    }
    match shared.go_through(&head, |_| sockets::check(request.headers(), &head.query)).await {
        Fate::Answered(answer) if answer.status == 101 => {
            Some(sockets::open(shared, request, &head.query, line.clone()))
        }
        fate => finish(fate, line),
    }
}

fn finish(fate: Fate, line: &Line) -> Option<Reply> {
    match fate {
        Fate::Answered(answer) => Some(reply(answer)),
        Fate::Cut(cut) => {
            line.cut(cut);
            None
        }
    }
}

fn opens_events(head: &Request) -> bool {
    head.path == "/events" && head.method == "GET"
}

/// What Asterisk's web server refuses before ARI looks at it.
fn refusal(shared: &Shared, mode: Mode, request: &hyper::Request<Incoming>, head: &Request) -> Option<Answer> {
    if mode == Mode::Booting {
        return Some(Answer::refuse(503, "Asterisk not booted"));
    }
    if request.uri().path().len() + head.query.len() + head.method.len() + " ? HTTP/1.1".len() > MAX_LINE {
        return Some(Answer::html(400, "Request line too long"));
    }
    let may_write = match admit(shared, request, &head.query) {
        Ok(may_write) => may_write,
        Err(refused) => return Some(refused),
    };
    let upgrades = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"websocket");
    if opens_events(head) && !request.headers().get(UPGRADE).is_some_and(upgrades) {
        return Some(Answer::html(426, ""));
    }
    let writes = !matches!(head.method.as_str(), "GET" | "OPTIONS");
    (writes && !may_write).then(|| Answer::refuse(403, "Write access denied"))
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

/// A request with its body.
async fn read(request: hyper::Request<Incoming>, head: Request, limit: usize) -> Result<Request, Answer> {
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let content_type = content_type.to_owned();
    match Limited::new(request.into_body(), limit).collect().await {
        Ok(body) => Ok(Request { content_type, body: body.to_bytes().to_vec(), ..head }),
        Err(_) => Err(Answer::refuse(413, "Request body too large").header("Connection", "close")),
    }
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
                let head = Request {
                    method: request.method().as_str().to_owned(),
                    path: request.uri().path().to_owned(),
                    query: request.uri().query().unwrap_or_default().to_owned(),
                    ..Request::default()
                };
                let answer = match is_from_a_page(&request) {
                    true => Answer::refuse(403, "the simulator takes no commands from web pages"),
                    false => match read(request, head, MAX_CONTROL).await {
                        Ok(request) => control::answer(&shared, &request).await,
                        Err(refused) => refused,
                    },
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

/// A web page in somebody's browser may send requests to this machine, too, and give itself any name.
fn is_from_a_page(request: &hyper::Request<Incoming>) -> bool {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name).trim_matches(['[', ']']);
    request.headers().contains_key(ORIGIN) || !(name == "localhost" || name.parse::<IpAddr>().is_ok())
}
