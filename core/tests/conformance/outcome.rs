//! Does what a case says and reports what the caller saw.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use ari_core::events::spec::Identity;
use ari_core::generated::events::{EVENTS, OBJECTS};
use ari_core::operation::{self, Returns};
use ari_core::{Client, Error, ErrorKind, Event, ObjectKey, Options, Reply, Result, StartOptions, SubscriptionId};
use base64::Engine;
use serde_json::{json, Map, Value};

mod typed;

/// A way to use the library.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Surface {
    /// Calls by the operation's id, with arguments that are data, each in the thread that makes it.
    #[default]
    ById,
    /// Calls by the methods of resources and domain objects, wherever a program could be written that makes them.
    Typed,
}

impl Surface {
    pub fn name(self) -> &'static str {
        match self {
            Surface::ById => "rust",
            Surface::Typed => "rust-typed",
        }
    }
}

/// `table` is the URL of the server with the cases.
pub async fn run(case: &Value, surface: Surface, table: &str) -> Value {
    let seen = Seen { surface, ..Seen::default() };
    seen.lock().hold = format!("{table}/hold/{}", case["id"].as_str().unwrap_or_default());
    let mut outcome = match carry_out(case, &seen).await {
        Ok(outcome) => outcome,
        Err(error) => json!({ "error": told(&error) }),
    };
    outcome["handled"] = seen.lock().calls.clone().into();
    outcome
}

async fn carry_out(case: &Value, seen: &Seen) -> Result<Value> {
    let text = |name: &str| case[name].as_str().unwrap_or_default();
    let mut options = Options::new(text("url"), text("username"), text("password"))?;
    for (name, value) in members(&case["options"]) {
        options.set(&name, &value)?;
    }
    let client = Client::connect(options).await?;
    if let Some(typed) = seen.typed(&client, &case["call"]).filter(|_| has_place(case)) {
        return typed::as_wanted(typed.await, &case["result"]["json"]);
    }
    // What the documents describe can be said in types, and nothing may go another way unseen.
    let is_described = case["call"].is_object() && text("file").starts_with("generated/");
    assert!(seen.surface == Surface::ById || !is_described, "{}: no typed call for these arguments", text("id"));
    match text("kind") {
        "connect" => Ok(json!({ "nothing": true })),
        "call" => by_id(&client, &case["call"]).await,
        "request" => {
            let request = &case["request"];
            let query: Vec<(String, String)> = serde_json::from_value(request["query"].clone()).unwrap_or_default();
            let text = |name: &str| request[name].as_str().unwrap_or_default().to_string();
            let (method, path) = (text("method"), text("path"));
            let body = request.get("body").cloned();
            let reply = match seen.surface {
                Surface::Typed => client.request(&method, &path, &query, body).await,
                Surface::ById => {
                    in_a_thread(move || client.request_here(&method, &path, &query, body, &mut || Ok(()))).await
                }
            };
            Ok(value_of(reply?))
        }
        "upgrade" => {
            let operation = case["call"]["operation"].as_str().unwrap_or_default();
            let stream = client.open(operation, members(&case["call"]["arguments"])).await?;
            client.dispatch(&stream).await?;
            Ok(json!({}))
        }
        "events" => {
            for handler in case["handlers"].as_array().into_iter().flatten() {
                seen.register(&client, handler);
            }
            let apps: Vec<String> = serde_json::from_value(case["apps"].clone()).unwrap_or_default();
            let subscribe_all = case["subscribe_all"].as_bool().unwrap_or(false);
            let stream = client.start(StartOptions { apps, subscribe_all }).await?;
            client.dispatch(&stream).await?;
            Ok(json!({}))
        }
        other => panic!("this runner does not know cases of kind {other:?}"),
    }
}

async fn by_id(client: &Client, call: &Value) -> Result<Value> {
    let operation = call["operation"].as_str().unwrap_or_default();
    let mut arguments = members(&call["arguments"]);
    // What the typed method fills in.
    arguments.extend(identity(&call["on"]).map(|(part, value)| (part.parameter.to_string(), value)));
    let (here, id) = (client.clone(), operation.to_string());
    let reply = in_a_thread(move || here.call_here(&id, arguments, &mut || Ok(()))).await?;
    let mut outcome = value_of(reply);
    outcome["object"] = class_of(client, operation, &outcome["json"]);
    Ok(outcome)
}

/// A call that its thread carries out by itself, as synchronous programs make it.
async fn in_a_thread(call: impl FnOnce() -> Result<Reply> + Send + 'static) -> Result<Reply> {
    tokio::task::spawn_blocking(call).await.expect("it does not panic")
}

/// The parts of what names an object, and their values.
fn identity(on: &Value) -> impl Iterator<Item = (&'static Identity, Value)> + '_ {
    let object = OBJECTS.iter().find(|object| on["class"] == object.class);
    let parts = object.map(|object| object.identity).unwrap_or_default();
    let id = on["id"].as_str().unwrap_or_default();
    parts.iter().zip(id.splitn(parts.len().max(1), '/').map(Value::from))
}

/// Whether the typed call has a result for what the server answers: one that gives nothing drops what comes on top of it.
fn has_place(case: &Value) -> bool {
    let operation = operation::find(case["call"]["operation"].as_str().unwrap_or_default());
    case["result"]["json"].is_null() || operation.is_ok_and(|operation| operation.returns != Returns::Nothing)
}

fn members(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

fn value_of(reply: Reply) -> Value {
    match reply {
        Reply::Nothing => json!({ "nothing": true }),
        Reply::Json(bytes) => json!({ "json": serde_json::from_slice::<Value>(&bytes).expect("core has checked it") }),
        Reply::Binary { bytes, .. } => {
            json!({ "base64": base64::engine::general_purpose::STANDARD.encode(bytes) })
        }
    }
}

fn told(error: &Error) -> Value {
    let mut classes = vec![error.class()];
    if error.kind() == ErrorKind::Unprocessable || error.kind() == ErrorKind::Precondition {
        classes.push(error.kind().parent_class());
    }
    classes.push("AriException");
    json!({
        "class": error.class(),
        "classes": classes,
        "status": error.status(),
        "message": error.message(),
        "delivery": error.delivery().as_str(),
        "body": error.body().map(String::from_utf8_lossy),
        "text": format!("{error} {error:?}"),
    })
}

/// The class of domain object the typed surface makes of a result, or null.
fn class_of(client: &Client, operation: &str, result: &Value) -> Value {
    let Ok(Returns::Json(returns)) = operation::find(operation).map(|operation| operation.returns) else {
        return Value::Null;
    };
    let class = returns.trim_start_matches("List[").trim_end_matches(']');
    if !OBJECTS.iter().any(|object| object.class == class) || result.is_null() {
        return Value::Null;
    }
    match result {
        Value::Array(items) => items.iter().map(|item| made(client, class, item)).collect(),
        item => made(client, class, item),
    }
}

/// Makes the domain object; its class when that worked.
fn made(client: &Client, class: &str, item: &Value) -> Value {
    typed::object(client, class, item.clone()).map_or_else(Value::from, |key| key.class.into())
}

/// The handlers that are registered, and the calls of them so far.
#[derive(Clone, Default)]
struct Seen {
    surface: Surface,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    registered: HashMap<String, SubscriptionId>,
    calls: Vec<Value>,
    /// What each handler does, by its name.
    functions: HashMap<String, Value>,
    /// Where a handler waits for the script's release.
    hold: String,
}

impl Seen {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// The call by its typed method, if it is to be made so and can be.
    fn typed(&self, client: &Client, call: &Value) -> Option<typed::Outcome> {
        (self.surface == Surface::Typed).then(|| typed::call(client, call)).flatten()
    }

    fn register(&self, client: &Client, handler: &Value) {
        let name = handler["name"].as_str().unwrap_or_default().to_string();
        if self.lock().registered.contains_key(&name) {
            return;
        }
        let described = {
            let mut state = self.lock();
            let function = state.functions.get(handler["same_as"].as_str().unwrap_or_default());
            let function = function.unwrap_or(handler).clone();
            state.functions.entry(name.clone()).or_insert(function).clone()
        };
        let seen = self.clone();
        let call = move |client: Client, event: Event| {
            let (seen, described) = (seen.clone(), described.clone());
            async move { seen.handle(&client, &described, &event).await }
        };
        let event = handler["event"].as_str().unwrap_or_default();
        let (on, class) = (&handler["on"], handler["on"]["class"].as_str());
        let id = match (class, self.surface) {
            (None, _) => client.add_event_handler(event, call),
            (Some(class), Surface::Typed) => {
                typed::add_handler(client, class, typed::names(on), event, call).expect("a domain object")
            }
            (Some(class), Surface::ById) => {
                let id = on["id"].as_str().unwrap_or_default();
                client.add_object_handler(ObjectKey { class: class.into(), id: id.into() }, event, call)
            }
        };
        self.lock().registered.insert(name, id);
    }

    async fn handle(&self, client: &Client, handler: &Value, event: &Event) {
        let json = typed::event(event).expect("an event is a value");
        let objects = objects_of(event.name(), &json);
        self.lock().calls.push(json!({ "handler": handler["name"], "event": json, "objects": objects }));
        for action in handler["does"].as_array().into_iter().flatten() {
            let (verb, what) = action.as_object().and_then(|action| action.iter().next()).expect("an action");
            match verb.as_str() {
                "add" => self.register(client, what),
                "remove" => {
                    let id = self.lock().registered.remove(what.as_str().unwrap_or_default());
                    id.map(|id| client.remove_event_handler(id));
                }
                "raise" => give_up(what.to_string()),
                "call" => {
                    let outcome = match self.typed(client, what) {
                        Some(outcome) => outcome.await,
                        None => by_id(client, what).await,
                    };
                    outcome.unwrap_or_else(|error| give_up(error.to_string()));
                }
                "stop" => client.stop(),
                "sleep" => tokio::time::sleep(Duration::from_millis(what.as_u64().unwrap_or(0))).await,
                "hold" => {
                    let url = self.lock().hold.clone();
                    let held = super::http().post(url).send().await;
                    held.unwrap_or_else(|error| give_up(error.to_string()));
                }
                other => panic!("this runner does not know the action {other:?}"),
            }
        }
    }
}

/// Panics without a word: a backtrace for each failure on purpose would hold up everything else on a busy machine.
fn give_up(why: String) -> ! {
    std::panic::resume_unwind(Box::new(why))
}

/// The objects in the event's fields, by class and id.
fn objects_of(name: &str, event: &Value) -> Map<String, Value> {
    let Some(spec) = EVENTS.iter().find(|spec| spec.name == name) else { return Map::new() };
    let mut found = Map::new();
    for field in spec.objects.iter().filter(|field| event[field.field].is_object()) {
        let object = OBJECTS.iter().find(|object| object.class == field.class).expect("a domain object");
        let parts = object.identity.iter().map(|part| event[field.field][part.field].as_str().unwrap_or_default());
        let id = parts.collect::<Vec<_>>().join("/");
        // A field that is required is there in Rust even when the server leaves it out, and then names nothing.
        if id.split('/').all(str::is_empty) {
            continue;
        }
        found.insert(field.field.to_string(), json!({ "class": field.class, "id": id }));
    }
    found
}
