//! Expectations: to wait for what the application does, and to say in plain words what it did instead.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::faults::known_arguments;
use crate::log::{Asked, Log, Record, Told, What};
use crate::shared::Shared;

/// How many records a failed expectation shows.
const SHOWN: usize = 25;

/// How many seconds are long enough to see that something does not come.
const GLANCE: f64 = 0.5;

/// What is waited for. Each record meets one expectation only, so that two of the same kind need two records.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// A request: the operation's id.
    #[serde(default)]
    pub operation: Option<String>,
    /// Its arguments, as far as they matter.
    #[serde(default)]
    pub arguments: Map<String, Value>,
    /// How it was answered.
    #[serde(default)]
    pub status: Option<u16>,
    /// An event: its type.
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
    /// The application that it was sent to.
    #[serde(default)]
    pub application: Option<String>,
    /// The event's members, as far as they matter.
    #[serde(default)]
    pub fields: Map<String, Value>,
    /// Seconds (real ones) to wait: 5, or half a second for what may not come.
    pub within: Option<f64>,
    /// Only what happened after the record with this number.
    #[serde(default)]
    pub after: u64,
}

pub fn patience() -> f64 {
    5.0
}

impl Expectation {
    /// What cannot be meant.
    pub fn check(&self) -> Result<(), String> {
        match (&self.operation, &self.kind) {
            (Some(_), Some(_)) | (None, None) => {
                return Err("an expectation is about a request (`operation`) or an event (`type`)".into())
            }
            (Some(_), None) if !self.fields.is_empty() || self.application.is_some() => {
                return Err("`fields` and `application` are of events; a request has `arguments` and `status`".into())
            }
            (None, Some(_)) if !self.arguments.is_empty() || self.status.is_some() => {
                return Err("`arguments` and `status` are of requests; an event has `fields` and `application`".into())
            }
            (Some(id), None) => known_arguments(id, &self.arguments)?,
            (None, Some(_)) => {}
        }
        self.within.map_or(Ok(()), |within| seconds(within).map(drop))
    }

    /// In what a record is not what is expected; nothing, if it is. None for records of another kind.
    fn difference(&self, record: &Record) -> Option<Result<(), String>> {
        match &record.what {
            What::Request(asked) if asked.operation.is_some() && asked.operation == self.operation.as_deref() => {
                Some(self.request_difference(asked))
            }
            What::Event(told) if self.kind.as_deref() == Some(&*told.kind) => Some(self.event_difference(told)),
            _ => None,
        }
    }

    fn request_difference(&self, asked: &Asked) -> Result<(), String> {
        includes(&Value::Object(self.arguments.clone()), &Value::Object(asked.arguments.clone()))?;
        match (self.status, asked.status) {
            (Some(wanted), Some(status)) if wanted != status => {
                Err(format!("it was answered with {status}, not {wanted}"))
            }
            (Some(wanted), None) => Err(format!("it was not answered, and not with {wanted}")),
            _ => Ok(()),
        }
    }

    fn event_difference(&self, told: &Told) -> Result<(), String> {
        if let Some(application) = self.application.as_ref().filter(|application| **application != told.application) {
            return Err(format!("it was sent to {:?}, not to {application:?}", told.application));
        }
        includes(&Value::Object(self.fields.clone()), &told.event())
    }

    fn patience(&self) -> f64 {
        self.within.unwrap_or(patience())
    }

    /// The expectation in words.
    fn describe(&self) -> String {
        let members = |members: &Map<String, Value>| {
            let shown: Vec<_> = members.iter().map(|(name, value)| format!("{name} {value}")).collect();
            match shown.is_empty() {
                true => String::new(),
                false => format!(" with {}", shown.join(", ")),
            }
        };
        match (&self.operation, &self.kind) {
            (Some(id), _) => {
                let status = self.status.map(|status| format!(", answered with {status}")).unwrap_or_default();
                format!("the request {id}{}{status}", members(&self.arguments))
            }
            (None, kind) => {
                let to = self.application.as_ref().map(|app| format!(" to {app:?}")).unwrap_or_default();
                format!("the event {}{to}{}", kind.as_deref().unwrap_or_default(), members(&self.fields))
            }
        }
    }

    /// Waits until it is met, and gives the record, or what happened instead.
    pub async fn meet(&self, shared: &Shared) -> Result<Value, String> {
        let mut seen = self.after;
        let search = || {
            let mut world = shared.world();
            let seq = self.find(&world.log, &mut seen)?;
            let record = world.log.record(seq)?;
            record.claimed = true;
            Some(record.json())
        };
        match shared.wait_for(self.patience(), search).await {
            Some(record) => Ok(record),
            None => Err(self.failure(shared)),
        }
    }

    /// Waits for the time to pass; what comes and fits is a failure.
    pub async fn avoid(&self, shared: &Shared) -> Result<Value, String> {
        let mut seen = self.after;
        let search = || {
            let mut world = shared.world();
            let seq = self.find(&world.log, &mut seen)?;
            world.log.record(seq).map(|record| line(record))
        };
        match shared.wait_for(self.within.unwrap_or(GLANCE), search).await {
            None => Ok(Value::Null),
            Some(line) => Err(format!("expected not to see {}, but it came:\n{line}", self.describe())),
        }
    }

    /// A record that fits. Those that never will are not looked at again.
    fn find(&self, log: &Log, seen: &mut u64) -> Option<u64> {
        let mut settled = true;
        for record in log.after(*seen) {
            if !record.claimed && matches!(self.difference(record), Some(Ok(()))) {
                return Some(record.seq);
            }
            settled &= !matches!(&record.what, What::Request(asked) if asked.status.is_none());
            if settled {
                *seen = record.seq;
            }
        }
        None
    }

    fn failure(&self, shared: &Shared) -> String {
        let world = shared.world();
        let mut text = format!("expected {} within {} s, but it did not come.", self.describe(), self.patience());
        let near = world.log.after(self.after).filter_map(|record| Some((record, self.difference(record)?)));
        let near: Vec<_> = near.collect();
        for (record, difference) in near.iter().rev().take(SHOWN).rev() {
            let why = match difference {
                Err(why) => why.clone(),
                Ok(()) => "it has met an earlier expectation".to_owned(),
            };
            text.push_str(&format!("\nNot this one: {why}\n{}", line(record)));
        }
        if near.is_empty() {
            text.push_str(&shown(world.log.after(self.after)));
        }
        let apps: Vec<_> = world.apps.connected().collect();
        match apps.is_empty() {
            true => text.push_str("\nNo application is connected."),
            false => text.push_str(&format!("\nConnected: {}.", apps.join(", "))),
        }
        text
    }
}

/// What happened, for people: the newest of these records.
fn shown<'a>(records: impl DoubleEndedIterator<Item = &'a Record>) -> String {
    let mut lines: Vec<_> = records.rev().take(SHOWN).map(line).collect();
    if lines.is_empty() {
        return "\nNothing happened at all.".into();
    }
    lines.reverse();
    format!("\nWhat happened instead:\n{}", lines.join("\n"))
}

fn line(record: &Record) -> String {
    match &record.what {
        What::Request(asked) => {
            let status = asked.status.map_or("no answer".to_owned(), |status| status.to_string());
            let message = asked.message.as_ref().map(|message| format!(" {message:?}")).unwrap_or_default();
            format!("  {:8.3} s  {} {} -> {status}{message}", record.at, asked.method, asked.target)
        }
        What::Event(told) => {
            let event = told.event();
            let about = ["channel", "peer", "bridge", "playback", "recording"].iter().find_map(|name| {
                let object = event.get(name)?;
                let id = object.get("id").or(object.get("name"))?.as_str()?;
                Some(format!(" {name} {id}"))
            });
            let lost = if told.delivered { "" } else { " (not connected)" };
            let kind = &told.kind;
            format!("  {:8.3} s  event {kind}{} to {}{lost}", record.at, about.unwrap_or_default(), told.application)
        }
    }
}

/// Whether a value has everything that is expected: an object may have more members; numbers and truth values may be
/// written as text, lists as text with commas, and an object stands for its id.
pub fn includes(expected: &Value, actual: &Value) -> Result<(), String> {
    compare("", expected, actual)
}

fn compare(place: &str, expected: &Value, actual: &Value) -> Result<(), String> {
    match (expected, actual) {
        (Value::Object(wanted), Value::Object(members)) => wanted.iter().try_for_each(|(name, value)| {
            let place = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
            compare(&place, value, members.get(name).unwrap_or(&Value::Null))
        }),
        (Value::String(_), Value::Object(members)) if members.contains_key("id") => {
            compare(place, expected, &members["id"])
        }
        (Value::Array(wanted), Value::Array(found)) if wanted.len() == found.len() => {
            wanted.iter().zip(found).try_for_each(|(wanted, found)| compare(place, wanted, found))
        }
        _ if expected == actual || plain(expected).is_some() && plain(expected) == plain(actual) => Ok(()),
        (_, Value::Null) => Err(format!("{place} is not there, {expected} is expected")),
        _ => Err(format!("{place} is {actual}, not {expected}")),
    }
}

/// A value as it would be in a query.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Array(items) => Some(items.iter().map(plain).collect::<Option<Vec<_>>>()?.join(",")),
        Value::Null | Value::Object(_) => None,
    }
}

/// A time to wait, if it can be meant.
pub fn seconds(seconds: f64) -> Result<Duration, String> {
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) if seconds <= 86_400.0 => Ok(duration),
        _ => Err(format!("nobody can wait for {seconds} s")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_expected_is_part_of_what_is() {
        let event = json!({"channel": {"id": "c1", "state": "Up"}, "n": 5, "args": ["a", "b"]});
        for expected in [
            json!({}),
            json!({"n": "5"}),
            json!({"n": 5}),
            json!({"channel": "c1"}),
            json!({"channel": {"state": "Up"}}),
            json!({"args": ["a", "b"]}),
            json!({"args": "a,b"}),
        ] {
            assert_eq!(includes(&expected, &event), Ok(()), "{expected}");
        }
    }

    #[test]
    fn a_difference_names_the_member() {
        let event = json!({"channel": {"id": "c1", "state": "Up"}});
        let why = |expected: Value| includes(&expected, &event).unwrap_err();
        assert_eq!(why(json!({"channel": {"state": "Down"}})), "channel.state is \"Up\", not \"Down\"");
        assert_eq!(why(json!({"channel": "c2"})), "channel is \"c1\", not \"c2\"");
        assert_eq!(why(json!({"bridge": "b"})), "bridge is not there, \"b\" is expected");
    }
}
