//! Runs a scenario, and writes down what happens.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use crate::events::{Connection, Inbox, Refused};
use crate::http::{encoded, Server};
use crate::normal::{natural, object_of, Names};
use crate::scenario::{Scenario, Step};

/// For an event that a scenario waits for.
const BOUND: Duration = Duration::from_secs(20);
/// For the events that the trace has and the scenario does not wait for.
const EXPECTED: Duration = Duration::from_secs(5);
/// The same, once something has been missed.
const HURRY: Duration = Duration::from_millis(300);
/// Without a trace: after so long without an event there is none to come.
const QUIET: Duration = Duration::from_millis(500);
/// With one: for what it does not have.
const SURPLUS: Duration = Duration::from_millis(15);

const BROKEN: &str = "  ! ";
const UNANSWERED: &str = "  <- no answer: ";

/// A step with what came of it, a line each.
pub type Block = Vec<String>;

pub async fn run(server: &Server, scenario: &Scenario, golden: Option<&[Block]>) -> Vec<Block> {
    let before = objects(server).await;
    let inbox = Inbox::default();
    let mut connections = Vec::new();
    let mut names = Names::default();
    let mut blocks: Vec<Block> = Vec::new();
    let mut missed = false;
    for (index, step) in scenario.steps.iter().enumerate() {
        let mut block = vec![format!("#{} {}", index + 1, title(step))];
        block.extend(body(step));
        block.extend(act(server, step, &mut connections, &inbox, &mut names).await);
        let end = inbox.until(BOUND, |came| step.until.iter().all(|wait| wait.met(came))).await;
        match golden.map(|golden| golden.get(index)) {
            None => inbox.quiet(QUIET).await,
            Some(wanted) => {
                let wanted = wanted.map_or(&[][..], |block| block);
                let enough =
                    |came: &[(String, Value)]| wanted.iter().filter(|line| is_event(line)).count() <= came.len();
                missed |= !inbox.until(if missed { HURRY } else { EXPECTED }, enough).await;
                let last = index + 1 == scenario.steps.len();
                inbox.quiet(if last { QUIET } else { SURPLUS }).await;
            }
        }
        block.extend(events(inbox.take(), step, &mut names));
        if !end {
            block.push(format!("{BROKEN}an event that the scenario waits for did not come"));
        }
        blocks.push(block);
        if !end {
            break;
        }
    }
    for connection in connections {
        connection.close().await;
    }
    // What a scenario leaves behind when it breaks off is not for the next.
    let mut left: Vec<String> = Vec::new();
    for _ in 0..100 {
        left = objects(server).await.difference(&before).cloned().collect();
        if left.is_empty() {
            break;
        }
        for object in &left {
            let _ = server.request("DELETE", object, None).await;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    if !left.is_empty() {
        blocks.push(vec![format!("{BROKEN}left behind: {}", left.join(", "))]);
    }
    blocks
}

/// What no trace may have: events that did not come, and requests without an answer.
pub fn broken(blocks: &[Block]) -> impl Iterator<Item = String> + '_ {
    let bad = |block: &&Block| block.iter().any(|line| line.starts_with(BROKEN) || line.starts_with(UNANSWERED));
    blocks.iter().filter(bad).map(|block| block.join("\n"))
}

/// The paths of the channels, bridges and applications there are. (DELETE of an application does nothing: it goes with its
/// connection, a little later.)
async fn objects(server: &Server) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    for kind in ["/channels", "/bridges", "/applications"] {
        // A server that has crashed says so in the trace.
        let Ok(answer) = server.request("GET", kind, None).await else { continue };
        let list: Vec<Value> = serde_json::from_slice(&answer.body).unwrap_or_default();
        paths.extend(
            list.iter().filter_map(|one| Some(format!("{kind}/{}", one["id"].as_str().or(one["name"].as_str())?))),
        );
    }
    paths
}

fn title(step: &Step) -> String {
    let query: Vec<String> = step.query.iter().map(|(name, value)| format!("{name}={}", plain(value))).collect();
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    let login = step.login.as_ref().map(|login| format!(" as {login}")).unwrap_or_default();
    match (&step.request, &step.connect, &step.disconnect, step.pause) {
        (Some(request), ..) => format!("{request}{query}{login}"),
        (_, Some(name), ..) => format!("connect {name}: GET /events{query}"),
        (_, _, Some(name), _) => format!("disconnect {name}"),
        (_, _, _, Some(pause)) => format!("pause {pause}"),
        _ => format!("wait for {}", step.until.iter().map(|wait| &*wait.event).collect::<Vec<_>>().join(", ")),
    }
}

fn body(step: &Step) -> Option<String> {
    step.body.as_ref().map(|body| format!("  -> {body}"))
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}

async fn act(
    server: &Server,
    step: &Step,
    connections: &mut Vec<Connection>,
    inbox: &Inbox,
    names: &mut Names,
) -> Option<String> {
    let pairs: Vec<String> =
        step.query.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(&plain(value)))).collect();
    let query = if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) };
    if let Some(request) = &step.request {
        let (method, path) = request.split_once(' ').expect("METHOD /path");
        let other = step.login.as_ref().map(|login| server.with_login(login));
        let server = other.as_ref().unwrap_or(server);
        let answer = match server.request(method, &format!("{path}{query}"), step.body.as_ref()).await {
            Ok(answer) => answer,
            Err(error) => return Some(format!("{UNANSWERED}{error}")),
        };
        let content = match (answer.body.is_empty(), serde_json::from_slice(&answer.body)) {
            (true, _) => String::new(),
            _ if step.status_only => format!(" {}, of the server's own", answer.content_type),
            (_, Ok(mut json)) if answer.content_type == "application/json" => {
                if answer.status == 201 {
                    queued_or_later(&mut json);
                }
                settle(step, "answer", &mut json);
                format!(" {}", names.line(&json))
            }
            _ => format!(" {}, some bytes", answer.content_type),
        };
        return Some(format!("  <- {}{content}", answer.status));
    }
    if let Some(name) = &step.connect {
        return Some(match Connection::open(server, name, &format!("/events{query}"), inbox).await {
            Ok(connection) => {
                connections.push(connection);
                "  <- 101".to_string()
            }
            Err(Refused::With(status)) => format!("  <- {status}"),
            Err(Refused::Not(error)) => format!("{UNANSWERED}{error}"),
        });
    }
    if let Some(name) = &step.disconnect {
        let place =
            connections.iter().position(|connection| connection.name == *name).expect("a connection of the name");
        connections.remove(place).close().await;
    }
    if let Some(pause) = step.pause {
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }
    None
}

fn settle(step: &Step, of: &str, value: &mut Value) {
    if begins_dial(value) {
        value["peer"]["state"] = "<Down or later>".into();
    }
    step.races.iter().filter(|race| race.of == of).for_each(|race| race.settle(value));
}

/// The thread that dials tells so when the call is under way already: the other side may have got further.
fn begins_dial(event: &Value) -> bool {
    event["type"] == "Dial" && event["dialstatus"] == "" && event["peer"].is_object()
}

/// The answer to a request to play or record may already know what became of it.
fn queued_or_later(media: &mut Value) {
    let begun = if media["target_uri"].is_null() {
        return;
    } else if media["media_uri"].is_null() {
        "recording"
    } else {
        "playing"
    };
    if ["queued", "failed", begun].iter().any(|state| media["state"] == *state) {
        media["state"] = format!("<queued or {begun}>").into();
    }
}

/// Of each connection the events of each object as they came, the objects in the order of their names.
fn events(mut came: Vec<(String, Value)>, step: &Step, names: &mut Names) -> Vec<String> {
    for (_, event) in &mut came {
        let kind = event["type"].as_str().unwrap_or_default().to_string();
        settle(step, &kind, event);
    }
    let loose = |event: &Value| {
        let told = step.loose.iter().any(|one| event["type"] == **one);
        if told || begins_dial(event) {
            (0, Names::default().line(event))
        } else {
            (1, String::new())
        }
    };
    came.sort_by(|(a_on, a), (b_on, b)| {
        let objects = natural(&object_of(a), &object_of(b));
        a_on.cmp(b_on).then(objects).then_with(|| loose(a).cmp(&loose(b)))
    });
    came.iter().map(|(on, event)| format!("{}{}", mark(on), event_line(event, names))).collect()
}

fn mark(on: &str) -> String {
    if on == "main" {
        "  * ".to_string()
    } else {
        format!("  * [{on}] ")
    }
}

fn is_event(line: &str) -> bool {
    line.starts_with("  * ")
}

/// What every event has is told only where it lacks.
fn event_line(event: &Value, names: &mut Names) -> String {
    let Value::Object(fields) = event else { return names.line(event) };
    let mut fields = fields.clone();
    let kind = fields.shift_remove("type").unwrap_or_default();
    for always in ["timestamp", "asterisk_id"] {
        if fields.shift_remove(always).is_none_or(|value| !value.is_string()) {
            fields.insert(always.to_string(), Value::Null);
        }
    }
    format!("{} {}", plain(&kind), names.line(&Value::Object(fields)))
}
