//! What a test says to the simulator: JSON over HTTP, on a port of its own.
//!
//! 200 has the answer, 400 says what was wrong with the question, 404 what there is not, 409 what cannot be now, and 417 that
//! an expectation was not met, with a message for people.

mod calls;
mod faults;

use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::Deserialize;
use serde_json::{json, Value};

use crate::answer::Answer;
use crate::expect::Expectation;
use crate::log::What;
use crate::options::check_speed;
use crate::shared::Shared;
use crate::table::{pairs, Request};

/// Why the simulator did not do what a test wanted: a command that was wrong, or an expectation that was not met.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    /// As over HTTP: 400, 404, 409, or 417 for an expectation.
    pub status: u16,
    pub message: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message.fmt(out)
    }
}

impl std::error::Error for Refused {}

pub type Said = Result<Value, Refused>;

impl Refused {
    pub fn new(status: u16, message: impl Into<String>) -> Refused {
        Refused { status, message: message.into() }
    }
}

/// A question that was wrong.
impl From<String> for Refused {
    fn from(message: String) -> Refused {
        Refused::new(400, message)
    }
}

/// Answers a request of the control interface.
pub async fn answer(shared: &Arc<Shared>, request: &Request) -> Answer {
    let body = match request.body.is_empty() {
        true => Ok(json!({})),
        false => serde_json::from_slice(&request.body).map_err(|why| format!("the body is not JSON: {why}")),
    };
    let said = match body {
        Ok(body) => command_at(shared, &request.method, &request.path, &request.query, body).await,
        Err(why) => Err(why.into()),
    };
    match said {
        Ok(value) => Answer::json(value),
        Err(refused) => Answer::refuse(refused.status, refused.message),
    }
}

/// Carries out the command of an encoded path.
pub async fn command_at(shared: &Arc<Shared>, method: &str, path: &str, query: &str, body: Value) -> Said {
    let path: Vec<_> = path.trim_matches('/').split('/').map(decode).collect();
    let path: Vec<_> = path.iter().map(String::as_str).collect();
    command(shared, method, &path, query, body).await
}

fn decode(segment: &str) -> String {
    percent_encoding::percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

/// Carries a command out.
async fn command(shared: &Arc<Shared>, method: &str, path: &[&str], query: &str, body: Value) -> Said {
    match (method, path) {
        ("GET", [""]) => Ok(about(shared)),
        ("GET", ["requests"]) => records(shared, query, |what| matches!(what, What::Request(_))),
        ("GET", ["events"]) => records(shared, query, |what| matches!(what, What::Event(_))),
        ("POST", ["expect"]) => expectation(body)?.meet(shared).await.map_err(unmet),
        ("POST", ["expect", "none"]) => expectation(body)?.avoid(shared).await.map_err(unmet),
        ("POST", ["event"]) => event(shared, parse(body)?),
        ("POST", ["reset"]) => parse(body).and_then(|Nothing {}| reset(shared)),
        ("POST", ["speed"]) => speed(shared, parse(body)?),
        (_, ["calls" | "phones", ..]) => calls::command(shared, method, path, body).await,
        (_, ["faults" | "connections" | "restart" | "stop" | "start", ..]) => {
            faults::command(shared, method, path, body).await
        }
        _ => Err(nothing(method, path)),
    }
}

/// What there is not.
pub fn nothing(method: &str, path: &[&str]) -> Refused {
    Refused::new(404, format!("{method} /{} is nothing the simulator knows", path.join("/")))
}

/// What a command was given; names it does not have are refused.
pub fn parse<T: DeserializeOwned>(body: Value) -> Result<T, Refused> {
    if !body.is_object() {
        return Err("the body has to be a JSON object".to_owned().into());
    }
    serde_json::from_value(body).map_err(|why| Refused::new(400, why.to_string()))
}

/// A command that is given nothing.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

pub fn unmet(message: String) -> Refused {
    Refused::new(417, message)
}

fn about(shared: &Shared) -> Value {
    let options = &shared.options;
    let world = shared.world();
    let [url, control_url] = shared.places.get().cloned().unwrap_or_default();
    json!({
        "url": url,
        "control_url": control_url,
        "username": options.username,
        "password": options.password,
        "version": options.version,
        "speed": world.clock.speed(),
        "mode": format!("{:?}", *shared.mode.borrow()).to_lowercase(),
        "seq": world.log.last(),
        "applications": world.apps.connected().collect::<Vec<_>>(),
        "channels": world.channels.values().map(|channel| channel.json()).collect::<Vec<_>>(),
    })
}

fn records(shared: &Shared, query: &str, wanted: fn(&What) -> bool) -> Said {
    let mut after = 0;
    for (name, value) in pairs(query) {
        match (name.as_str(), value.parse()) {
            ("after", Ok(seq)) => after = seq,
            _ => return Err(format!("{name}={value} is nothing to choose by; after=12 is").into()),
        }
    }
    let world = shared.world();
    let records = world.log.after(after).filter(|record| wanted(&record.what));
    Ok(records.map(|record| record.json()).collect())
}

fn expectation(body: Value) -> Result<Expectation, Refused> {
    let expectation: Expectation = parse(body)?;
    expectation.check()?;
    Ok(expectation)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Event {
    application: String,
    event: Value,
}

/// Sends an event as it stands: one that is newer than the simulator, or one that should not be.
fn event(shared: &Shared, Event { application, event }: Event) -> Said {
    if !event["type"].is_string() {
        return Err("an event is an object with a type".to_owned().into());
    }
    let mut world = shared.world();
    if !world.is_registered(&application) {
        return Err(Refused::new(409, format!("the application {application:?} is not connected")));
    }
    world.send(&application, event);
    Ok(Value::Null)
}

/// Everything as it was at the start, but for the connections, which stay.
fn reset(shared: &Shared) -> Said {
    shared.faults().0.clear();
    let mut world = shared.world();
    let sockets: Vec<_> = world.apps.sockets.values().cloned().collect();
    world.restart();
    world.gone.clear();
    world.log.clear();
    world.clock.set_speed(shared.options.speed);
    for socket in sockets {
        world.connect(socket);
    }
    Ok(Value::Null)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Speed {
    speed: f64,
}

fn speed(shared: &Shared, Speed { speed }: Speed) -> Said {
    check_speed(speed)?;
    shared.world().clock.set_speed(speed);
    Ok(Value::Null)
}
