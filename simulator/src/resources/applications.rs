//! `/applications`.

use serde_json::Value;

use super::unknown;
use crate::answer::{Answer, Outcome};
use crate::table::Call;
use crate::world::apps::{App, Topic};
use crate::world::World;

pub fn perform(world: &mut World, call: &Call) -> Outcome {
    if call.operation.id == "applications.list" {
        let apps = world.apps.by_name.iter();
        return Ok(Answer::json(apps.map(|(name, app)| app.json(name)).collect()));
    }
    let name = call.path("applicationName");
    app(world, name)?;
    match call.operation.id {
        "applications.get" => {}
        "applications.subscribe" => {
            for source in sources(call)? {
                let topic = topic(world, &source)?;
                app(world, name)?.subscribe(topic);
            }
        }
        "applications.unsubscribe" => {
            for source in sources(call)? {
                let topic = scheme(&source)?;
                if topic.is_all() && !matches!(topic, Topic::Device(_)) {
                    return Err(Answer::refuse(501, "Method not implemented"));
                }
                if !app(world, name)?.unsubscribe(&topic) {
                    return Err(Answer::refuse(422, "Event source was not subscribed to"));
                }
            }
        }
        "applications.filter" => filter(app(world, name)?, call)?,
        _ => return unknown(call),
    }
    Ok(Answer::json(app(world, name)?.json(name)))
}

fn app<'a>(world: &'a mut World, name: &str) -> Result<&'a mut App, Answer> {
    world.apps.by_name.get_mut(name).ok_or_else(|| Answer::refuse(404, "Application not found"))
}

fn sources(call: &Call) -> Result<Vec<String>, Answer> {
    let sources = call.list("eventSource");
    match sources.is_empty() {
        true => Err(Answer::refuse(400, "Missing parameter eventSource")),
        false => Ok(sources),
    }
}

/// What a source is, whether there is one or not.
pub fn scheme(source: &str) -> Result<Topic, Answer> {
    match source.split_once(':') {
        Some(("channel", id)) => Ok(Topic::channel(id)),
        Some(("bridge", id)) => Ok(Topic::bridge(id)),
        Some(("endpoint", name)) => Ok(Topic::Endpoint(name.to_owned())),
        Some(("deviceState", name)) => Ok(Topic::Device(name.to_owned())),
        _ => Err(Answer::refuse(400, "Invalid event source URI scheme")),
    }
    .map(Topic::all_if_empty)
}

/// A source that there is.
fn topic(world: &World, source: &str) -> Result<Topic, Answer> {
    let topic = scheme(source)?;
    let technology = |name: &str| world.phones.keys().any(|phone| phone.split('/').next() == Some(name));
    let exists = topic.is_all()
        || match &topic {
            Topic::Channel(id) => world.channels.contains_key(id),
            Topic::Bridge(id) => world.bridges.contains_key(id),
            Topic::Endpoint(name) => world.phones.contains_key(name) || technology(name),
            Topic::Device(_) => true,
        };
    match exists {
        true => Ok(topic),
        false => Err(Answer::refuse(422, "Event source does not exist")),
    }
}

/// The lists of a filter: one that is not named stays as it is, and nothing at all empties both.
fn filter(app: &mut App, call: &Call) -> Result<(), Answer> {
    if call.body.is_empty() {
        app.allowed.clear();
        app.disallowed.clear();
    }
    let list = |name: &str| match call.body.get(name) {
        None => Ok(None),
        Some(Value::Array(entries)) if entries.iter().all(|entry| entry["type"].is_string()) => {
            Ok(Some(entries.clone()))
        }
        Some(_) => Err(Answer::refuse(400, "Invalid format definition")),
    };
    let (allowed, disallowed) = (list("allowed")?, list("disallowed")?);
    app.allowed = allowed.unwrap_or_else(|| std::mem::take(&mut app.allowed));
    app.disallowed = disallowed.unwrap_or_else(|| std::mem::take(&mut app.disallowed));
    Ok(())
}
