//! One run of a case: what has come so far, and what is wrong with it.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use base64::prelude::{Engine as _, BASE64_STANDARD};
use serde_json::{json, Value};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::case::{Case, Kind, Response, ServerState, PASSWORD, USERNAME};
use crate::compare::{self, Outcome};
use crate::http::{Connection, Request};
use crate::script;
use crate::validate::PROBE;

/// How long something holds for a script that does not come to its release.
const LONGEST_HOLD: Duration = Duration::from_secs(20);

/// How long a verdict waits for a script that is about to end.
const LAST_STEPS: Duration = Duration::from_secs(5);

/// A WebSocket handshake that waits for its answer.
pub struct Handshake {
    pub connection: Connection,
    /// Its target is the part below `/ari`.
    pub request: Request,
}

pub struct Run {
    pub log: Arc<Log>,
    handshakes: mpsc::UnboundedSender<Handshake>,
    script: JoinHandle<()>,
}

/// What requests and the script report to.
pub struct Log {
    pub case: Arc<Case>,
    state: Mutex<State>,
    pub progress: watch::Sender<Progress>,
}

#[derive(Default)]
struct State {
    /// The client has asked who the server is.
    probed: bool,
    received: usize,
    problems: Vec<String>,
}

#[derive(Debug, Clone, Copy, Default)]
pub struct Progress {
    /// Requests that have come.
    pub requests: usize,
    pub connected: bool,
    pub script_done: bool,
    /// How many responses and handlers wait for the script's release, or have waited.
    pub held: usize,
    pub released: bool,
}

impl Log {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    pub fn problem(&self, problem: impl Into<String>) {
        self.state().problems.push(problem.into());
    }

    /// Checks what holds for every request; false when the credentials are not the right ones.
    pub fn admit(&self, request: &Request, elsewhere: bool) -> bool {
        let target = &request.target;
        if target.contains("api_key") || target.contains("p%C3%A4ssword") || target.contains(PASSWORD) {
            self.problem(format!("credentials are in a URL: {}", request.line()));
        }
        let headers = request.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        let headers: Vec<&str> = headers.map(|(_, value)| value.as_str()).collect();
        if elsewhere {
            if !headers.is_empty() {
                self.problem(format!("credentials went to another origin: {}", request.line()));
            }
            return true;
        }
        let encoded = BASE64_STANDARD.encode(format!("{}:{}", self.case.username, self.case.password));
        if headers != [format!("Basic {encoded}")] {
            let count = headers.len();
            self.problem(format!("{} without the case's credentials ({count} headers)", request.line()));
            return false;
        }
        self.case.username == USERNAME && self.case.password == PASSWORD
    }

    /// Waits for the script's release.
    pub async fn hold(&self) {
        let mut watch = self.progress.subscribe();
        self.progress.send_modify(|progress| progress.held += 1);
        let release = watch.wait_for(|progress| progress.released || progress.script_done);
        if timeout(LONGEST_HOLD, release).await.is_err() {
            self.problem("something held, and the script did not release it");
        }
    }

    /// What to answer to a request; its target is the part below `/ari`.
    pub fn answer(&self, request: &Request, elsewhere: bool) -> Response {
        let probe = request.method == "GET" && request.target == PROBE && !elsewhere;
        if probe {
            self.state().probed = true;
            return self.case.probe.clone().unwrap_or_else(default_probe);
        }
        let mut state = self.state();
        let index = state.received;
        state.received += 1;
        let response = match self.case.requests.get(index) {
            Some(expected) => {
                if expected.elsewhere != elsewhere {
                    let place = if elsewhere { "another origin" } else { "the case's own origin" };
                    state.problems.push(format!("request {:?} went to {place}", request.line()));
                }
                compare::request(expected, request, &mut state.problems);
                self.case.responses[index].clone()
            }
            None => {
                state.problems.push(format!("request {:?} was not expected", request.line()));
                refusal(500, "conformance: the case expects no such request")
            }
        };
        drop(state);
        self.progress.send_modify(|progress| progress.requests += 1);
        response
    }
}

fn default_probe() -> Response {
    Response {
        status: Some(200),
        json: Some(json!({ "system": { "version": "22.10.1", "entity_id": "02:00:00:00:00:01" } })),
        ..Response::default()
    }
}

/// An error of this server's own, in Asterisk's shape.
pub fn refusal(status: u16, message: &str) -> Response {
    Response { status: Some(status), json: Some(json!({ "message": message })), ..Response::default() }
}

/// Asterisk's answer to wrong credentials.
pub fn unauthorized() -> Response {
    let mut response = refusal(401, "Authentication required");
    let realm = Value::from("Basic realm=\"Asterisk REST Interface\"");
    response.headers.insert("WWW-Authenticate".into(), realm);
    response
}

impl Run {
    /// Must be called on the runtime that serves the case.
    pub fn new(case: Arc<Case>) -> Self {
        let log = Arc::new(Log { case, state: Mutex::default(), progress: watch::Sender::default() });
        let (handshakes, waiting) = mpsc::unbounded_channel();
        let script = tokio::spawn(script::play(log.clone(), waiting));
        Run { log, handshakes, script }
    }

    pub fn handshake(&self, handshake: Handshake) {
        // The script's task ends only with the run.
        let _ = self.handshakes.send(handshake);
    }

    /// Everything that is wrong so far; with an outcome, also what the caller got.
    pub async fn verdict(&self, outcome: Option<&Value>) -> Vec<String> {
        let mut watch = self.log.progress.subscribe();
        let scripted = self.log.case.kind.is_scripted();
        if scripted && watch.borrow().connected {
            let _ = timeout(LAST_STEPS, watch.wait_for(|progress| progress.script_done)).await;
        }
        let (mut problems, received, probed) = {
            let state = self.log.state();
            (state.problems.clone(), state.received, state.probed)
        };
        let connects = self.log.case.kind == Kind::Connect && self.log.case.server == ServerState::Up;
        if connects && !probed && self.log.case.result.as_ref().is_some_and(|result| result.nothing) {
            problems.push("the client did not ask who the server is, so that it is not connected".into());
        }
        for expected in self.log.case.requests.iter().skip(received) {
            problems.push(format!("request {:?} did not come", compare::line(expected)));
        }
        if scripted && !watch.borrow().script_done {
            let reason = match watch.borrow().connected {
                true => "the script has not come to its end",
                false => "no WebSocket connection came",
            };
            problems.push(reason.into());
        }
        match outcome.map(|raw| (serde_json::from_value::<Outcome>(raw.clone()), raw)) {
            Some((Ok(outcome), raw)) => compare::outcome(&self.log.case, &outcome, &raw.to_string(), &mut problems),
            Some((Err(why), _)) => problems.push(format!("the outcome cannot be read: {why}")),
            None => {}
        }
        problems
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.script.abort();
    }
}
