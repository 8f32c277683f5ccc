//! The listening sockets and what is asked of them: cases, control, and another origin.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{json, Value};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;

use crate::case::{Case, Kind, Response, ServerState};
use crate::http::{Connection, Request};
use crate::load::{load, LoadError, Loaded};
use crate::run::{refusal, unauthorized, Handshake, Run};
use crate::tally::Tally;

/// The scripted server. It serves until it is dropped.
pub struct Server {
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<()>>,
}

struct Shared {
    cases: Vec<Loaded>,
    by_id: HashMap<String, Arc<Case>>,
    runs: Mutex<HashMap<String, Arc<Run>>>,
    tally: Mutex<Tally>,
    url: String,
    elsewhere: String,
    closed: SocketAddr,
    /// Bound and never listening: connections are refused, and nobody else gets the port.
    _closed: TcpSocket,
}

/// What is answered when there is no such case.
type Refused = Box<Response>;

/// Why the server did not start.
#[derive(Debug)]
pub enum StartError {
    Cases(LoadError),
    Socket(io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::Cases(why) => why.fmt(out),
            StartError::Socket(why) => write!(out, "no loopback port to listen on: {why}"),
        }
    }
}

impl std::error::Error for StartError {}

impl Server {
    /// Reads the cases of a folder and listens on a free loopback port.
    pub async fn start(resources: &Path) -> Result<Server, StartError> {
        let cases = load(resources).map_err(StartError::Cases)?;
        Server::serve(cases).await.map_err(StartError::Socket)
    }

    async fn serve(cases: Vec<Loaded>) -> io::Result<Server> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let elsewhere = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let closed = TcpSocket::new_v4()?;
        closed.bind((Ipv4Addr::LOCALHOST, 0).into())?;
        let by_id = cases.iter().map(|loaded| (loaded.case.id.clone(), Arc::new(loaded.case.clone()))).collect();
        let ids = cases.iter().map(|loaded| loaded.case.id.clone()).collect();
        let shared = Arc::new(Shared {
            cases,
            by_id,
            runs: Mutex::default(),
            tally: Mutex::new(Tally::new(ids)),
            url: format!("http://{}", listener.local_addr()?),
            elsewhere: format!("http://{}", elsewhere.local_addr()?),
            closed: closed.local_addr()?,
            _closed: closed,
        });
        let tasks = vec![
            tokio::spawn(accept(shared.clone(), listener, false)),
            tokio::spawn(accept(shared.clone(), elsewhere, true)),
        ];
        Ok(Server { shared, tasks })
    }

    /// Address of the control endpoints; those of the cases are in `GET /cases`.
    pub fn url(&self) -> &str {
        &self.shared.url
    }

    /// What is wrong with the run of a case, as `POST /verdict/<id>` tells it; nothing for a case that is passed.
    pub async fn verdict(&self, id: &str, outcome: &Value) -> Vec<String> {
        match self.shared.run(id) {
            Ok(run) => run.verdict(Some(outcome)).await,
            Err(_) => vec![format!("there is no case {id:?}")],
        }
    }

    /// What the surfaces have shown so far.
    pub fn tally(&self) -> Tally {
        self.shared.tally().clone()
    }

    /// How many cases there are of each kind.
    pub fn counts(&self) -> Vec<(Kind, usize)> {
        let of = |kind| self.shared.cases.iter().filter(|loaded| loaded.case.kind == kind).count();
        Kind::ALL.into_iter().map(|kind| (kind, of(kind))).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

async fn accept(shared: Arc<Shared>, listener: TcpListener, elsewhere: bool) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(serve(shared.clone(), stream, elsewhere));
            }
            // Out of file descriptors, for example; it passes.
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
        }
    }
}

async fn serve(shared: Arc<Shared>, stream: TcpStream, elsewhere: bool) {
    let _ = stream.set_nodelay(true);
    let mut connection = Connection::new(stream);
    loop {
        let request = match connection.read().await {
            Ok(Some(request)) => request,
            Ok(None) => return,
            Err(why) => {
                let refused = refusal(400, &format!("conformance: {why}"));
                let _ = connection.play(&refused).await;
                return;
            }
        };
        let response = match request.target.strip_prefix("/case/").map(|rest| shared.find_run(rest)) {
            Some(Ok((run, below))) => {
                let request = Request { target: below.to_owned(), ..request };
                let admitted = run.log.admit(&request, elsewhere);
                let opens = request.is_websocket() && run.log.case.kind.is_scripted() && !elsewhere;
                match (admitted, opens) {
                    (false, _) => unauthorized(),
                    (true, true) => return run.handshake(Handshake { connection, request }),
                    (true, false) => {
                        let response = shared.fill_in(&run.log.case.id, run.log.answer(&request, elsewhere));
                        if response.hold {
                            run.log.hold().await;
                        }
                        response
                    }
                }
            }
            Some(Err(refused)) => *refused,
            None => shared.control(&request).await,
        };
        // The client may well have gone; that is not this server's trouble.
        if !connection.play(&response).await.unwrap_or(false) {
            return;
        }
    }
}

impl Shared {
    /// The run that the part of a target after `/case/` belongs to, and the part of it below `/ari`.
    fn find_run<'a>(&self, rest: &'a str) -> Result<(Arc<Run>, &'a str), Refused> {
        let Some((id, below)) = rest.find("/ari/").map(|at| (&rest[..at], &rest[at + "/ari".len()..])) else {
            return Err(refusal(404, "conformance: a case is at /case/<id>/ari/...").into());
        };
        Ok((self.run(id)?, below))
    }

    fn run(&self, id: &str) -> Result<Arc<Run>, Refused> {
        let Some(case) = self.by_id.get(id) else {
            let message = format!("conformance: there is no case {id:?}; GET /cases lists them");
            return Err(refusal(404, &message).into());
        };
        let mut runs = self.runs.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let run = runs.entry(id.to_owned()).or_insert_with(|| Arc::new(Run::new(case.clone())));
        Ok(run.clone())
    }

    /// Fills in what `{...}` in the headers of a case's response stands for.
    fn fill_in(&self, id: &str, mut response: Response) -> Response {
        let places = [
            ("{ari}", format!("{}/case/{id}/ari", self.url)),
            ("{path}", format!("/case/{id}/ari")),
            ("{elsewhere}", format!("{}/case/{id}/ari", self.elsewhere)),
            ("{closed}", format!("http://{}", self.closed)),
        ];
        for value in response.headers.values_mut() {
            if let Value::String(text) = value {
                *text = places.iter().fold(std::mem::take(text), |text, (place, url)| text.replace(place, url));
            }
        }
        response
    }

    async fn control(&self, request: &Request) -> Response {
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        let method = request.method.as_str();
        if let Some(id) = path.strip_prefix("/verdict/").filter(|_| matches!(method, "GET" | "POST")) {
            return self.answer_verdict(id, query, request).await;
        }
        if let Some(id) = path.strip_prefix("/hold/").filter(|_| method == "POST") {
            return match self.run(id) {
                Ok(run) => {
                    run.log.hold().await;
                    answer(json!({ "ok": true }))
                }
                Err(refused) => *refused,
            };
        }
        if let Some(surface) = path.strip_prefix("/tally/").filter(|_| method == "GET") {
            return answer(self.tally().told(surface));
        }
        if let Some(id) = path.strip_prefix("/reset/").filter(|_| method == "POST") {
            return self.reset(id);
        }
        match (method, path) {
            ("GET", "/") => answer(json!({ "cases": self.cases.len(), "url": self.url })),
            ("GET", "/cases") => self.answer_list(query),
            ("GET", "/closed-port") => answer(self.closed_port()),
            _ => refusal(404, &format!("conformance: {} is nothing this server knows", request.line())),
        }
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Forgets what a case has seen, and ends what still goes on for it.
    fn reset(&self, id: &str) -> Response {
        if let Err(refused) = self.run(id) {
            return *refused;
        }
        self.runs.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).remove(id);
        answer(json!({ "ok": true }))
    }

    fn closed_port(&self) -> Value {
        json!({ "port": self.closed.port(), "url": format!("http://{}", self.closed) })
    }

    /// Cases with what a runner needs to know about where they are.
    fn list(&self, kind: Option<&str>) -> Vec<Value> {
        let wanted = |loaded: &&Loaded| kind.is_none_or(|kind| loaded.case.kind.as_str() == kind);
        let cases = self.cases.iter().filter(wanted).map(|loaded| {
            let mut case = json!(loaded.case);
            case["url"] = match loaded.case.server {
                ServerState::Up => format!("{}/case/{}", self.url, loaded.case.id).into(),
                ServerState::Closed => format!("http://{}", self.closed).into(),
            };
            case["file"] = loaded.file.clone().into();
            case
        });
        cases.collect()
    }

    fn answer_list(&self, query: &str) -> Response {
        let mut kind = None;
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("kind", name)) if Kind::ALL.iter().any(|kind| kind.as_str() == name) => kind = Some(name),
                Some(("kind", name)) => return refusal(400, &format!("conformance: there is no kind {name:?}")),
                _ => return refusal(400, &format!("conformance: {pair:?} is no filter, kind=... is")),
            }
        }
        answer(self.list(kind).into())
    }

    async fn answer_verdict(&self, id: &str, query: &str, request: &Request) -> Response {
        let surface = match query.split_once('=') {
            None if query.is_empty() => None,
            Some(("surface", name)) if Tally::is_name(name) => Some(name),
            _ => return refusal(400, &format!("conformance: {query:?} is no surface=NAME")),
        };
        let run = match self.run(id) {
            Ok(run) => run,
            Err(refused) => return *refused,
        };
        let outcome = match request.method.as_str() {
            "POST" => match serde_json::from_slice::<Value>(&request.body) {
                Ok(outcome) => Some(outcome),
                Err(why) => return refusal(400, &format!("conformance: the outcome is not JSON: {why}")),
            },
            _ => None,
        };
        let problems = run.verdict(outcome.as_ref()).await;
        if let (Some(surface), Some(_)) = (surface, outcome) {
            self.tally().note(surface, id, problems.is_empty());
        }
        match problems.is_empty() {
            true => answer(json!({ "ok": true })),
            false => answer(json!({ "ok": false, "problems": problems, "about": run.log.case.about })),
        }
    }
}

fn answer(json: Value) -> Response {
    Response { status: Some(200), json: Some(json), ..Response::default() }
}
