//! What was asked for through this client and is gone with the connection: Asterisk forgets an application's explicit
//! subscriptions and event filter when its last WebSocket ends, so they are asked for again.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use serde_json::{json, Value};
use tokio::time::{sleep, Instant};

use crate::error::{Error, ErrorKind, Result};
use crate::operation::{self, Arguments, Operation};
use crate::transport::{Request, Transport};

/// A server that has just started answers 404 and 503 for a while; it gets this long to come round.
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(100);

#[derive(Debug, Default)]
pub(crate) struct Memory {
    applications: Mutex<BTreeMap<String, Wishes>>,
}

#[derive(Clone, Debug, Default)]
struct Wishes {
    sources: Vec<String>,
    filter: Option<Value>,
}

/// What came of asking again: event sources by their URI, filters as `filter:` and the application's name.
#[derive(Debug, Default)]
pub(crate) struct Restored {
    pub done: Vec<String>,
    pub failed: Vec<String>,
}

impl Memory {
    /// Notes what a call that succeeded has changed.
    pub fn note(&self, operation: &Operation, arguments: &Arguments) {
        if operation.resource != "applications" {
            return;
        }
        let Some(application) = arguments.get("applicationName").and_then(Value::as_str) else { return };
        let mut all = self.lock();
        match operation.nickname {
            "subscribe" => {
                let wishes = all.entry(application.to_string()).or_default();
                for source in sources(arguments) {
                    if !wishes.sources.contains(&source) {
                        wishes.sources.push(source);
                    }
                }
            }
            "unsubscribe" => {
                if let Some(wishes) = all.get_mut(application) {
                    let gone = sources(arguments);
                    wishes.sources.retain(|source| !gone.contains(source));
                }
            }
            "filter" => {
                let filter = arguments.get("filter").filter(|filter| !filter.is_null()).cloned();
                all.entry(application.to_string()).or_default().filter = filter;
            }
            _ => {}
        }
    }

    /// True when there is nothing to ask for again.
    pub fn is_empty(&self, applications: &[String]) -> bool {
        let all = self.lock();
        applications
            .iter()
            .all(|name| all.get(name).is_none_or(|wishes| wishes.sources.is_empty() && wishes.filter.is_none()))
    }

    /// Asks for everything of these applications again. What the server refuses now, because the channel has gone
    /// for example, is told and forgotten.
    pub async fn restore(&self, transport: &dyn Transport, applications: &[String]) -> Restored {
        let deadline = Instant::now() + PATIENCE;
        let mut restored = Restored::default();
        for name in applications {
            let Some(wishes) = self.lock().get(name).cloned() else { continue };
            for source in wishes.sources {
                let arguments = json!({ "applicationName": name, "eventSource": source });
                match ask(transport, "applications.subscribe", arguments, deadline).await {
                    Ok(()) => restored.done.push(source),
                    Err(_) => {
                        if let Some(wishes) = self.lock().get_mut(name) {
                            wishes.sources.retain(|other| *other != source);
                        }
                        restored.failed.push(source);
                    }
                }
            }
            if let Some(filter) = wishes.filter {
                let arguments = json!({ "applicationName": name, "filter": filter });
                let outcome = ask(transport, "applications.filter", arguments, deadline).await;
                let list = if outcome.is_ok() { &mut restored.done } else { &mut restored.failed };
                list.push(format!("filter:{name}"));
            }
        }
        restored
    }

    /// Everything that would be asked for again.
    pub fn list(&self, applications: &[String]) -> Vec<String> {
        let all = self.lock();
        let mut list = Vec::new();
        for (name, wishes) in applications.iter().filter_map(|name| all.get_key_value(name)) {
            list.extend(wishes.sources.iter().cloned());
            list.extend(wishes.filter.iter().map(|_| format!("filter:{name}")));
        }
        list
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Wishes>> {
        self.applications.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

fn sources(arguments: &Arguments) -> Vec<String> {
    operation::listed(arguments, "eventSource").filter(|text| !text.is_empty()).map(str::to_string).collect()
}

async fn ask(transport: &dyn Transport, id: &str, arguments: Value, deadline: Instant) -> Result<()> {
    let operation = operation::find(id)?;
    let arguments = arguments.as_object().cloned().unwrap_or_default();
    let prepared = operation.prepare(&arguments, false)?;
    let request = Request { method: operation.method, target: prepared.target, body: prepared.body };
    loop {
        let error = match transport.send(request.clone()).await {
            Ok(response) if response.status < 300 => return Ok(()),
            Ok(response) => Error::from_status(response.status, response.body),
            Err(error) => error,
        };
        // These calls say what shall be, not what shall be done once more: repeating them is safe.
        let starting = matches!(error.kind(), ErrorKind::Connection | ErrorKind::Timeout)
            || error.status() == Some(503)
            || (error.status() == Some(404) && error.body().is_some_and(|body| body.first() == Some(&b'<')));
        if !starting || Instant::now() > deadline {
            tracing::warn!(operation = id, %error, "could not be restored after the reconnect");
            return Err(error);
        }
        sleep(PAUSE).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(memory: &Memory, id: &str, arguments: Value) {
        memory.note(operation::find(id).unwrap(), arguments.as_object().unwrap());
    }

    #[test]
    fn wishes_follow_the_calls() {
        let memory = Memory::default();
        let apps = ["a".to_string()];
        assert!(memory.is_empty(&apps));
        note(
            &memory,
            "applications.subscribe",
            json!({"applicationName": "a", "eventSource": ["channel:1", "bridge:2"]}),
        );
        note(
            &memory,
            "applications.subscribe",
            json!({"applicationName": "a", "eventSource": "channel:1,endpoint:PJSIP"}),
        );
        note(&memory, "applications.filter", json!({"applicationName": "a", "filter": {"allowed": []}}));
        note(&memory, "applications.subscribe", json!({"applicationName": "b", "eventSource": "channel:9"}));
        assert_eq!(memory.list(&apps), ["channel:1", "bridge:2", "endpoint:PJSIP", "filter:a"]);
        note(
            &memory,
            "applications.unsubscribe",
            json!({"applicationName": "a", "eventSource": "channel:1,bridge:2,endpoint:PJSIP"}),
        );
        note(&memory, "applications.filter", json!({"applicationName": "a", "filter": null}));
        assert!(memory.is_empty(&apps));
    }
}
