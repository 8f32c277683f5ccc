//! `/bridges`.

use serde_json::{json, Value};

use super::unknown;
use crate::answer::{Answer, Outcome};
use crate::table::Call;
use crate::world::bridge::{Bridge, Variable};
use crate::world::members::{Manner, MUSIC};
use crate::world::target::Target;
use crate::world::World;

pub fn perform(world: &mut World, call: &Call) -> Outcome {
    let id = call.path("bridgeId");
    match call.operation.id {
        "bridges.list" => return Ok(Answer::json(world.bridges.values().map(Bridge::json).collect())),
        "bridges.create" | "bridges.createWithId" => return create(world, call),
        "bridges.getBridgeVars" | "bridges.setBridgeVars" if !world.bridges.contains_key(id) => {
            return Err(Answer::refuse(404, "Provided bridge was not found"));
        }
        _ => world.bridge(id)?,
    };
    match call.operation.id {
        "bridges.get" => Ok(Answer::json(world.bridge(id)?.json())),
        "bridges.destroy" => {
            world.destroy_bridge(id);
            Ok(Answer::nothing())
        }
        "bridges.addChannel" => add(world, call, id),
        "bridges.removeChannel" => remove(world, call, id),
        "bridges.setVideoSource" => {
            let channel = &channels(world, &[call.path("channelId").to_owned()])?[0];
            if world.bridge(id)?.channels().all(|member| member != channel) {
                return Err(Answer::refuse(422, "Channel not in this bridge"));
            }
            world.set_video_source(id, Some(channel));
            Ok(Answer::nothing())
        }
        "bridges.clearVideoSource" => {
            world.set_video_source(id, None);
            Ok(Answer::nothing())
        }
        "bridges.startMoh" => {
            if world.own(id, MUSIC).is_none() {
                world.own_enters(id, "Announcer/ARI_MOH", true);
            }
            Ok(Answer::nothing())
        }
        "bridges.stopMoh" => match world.own(id, MUSIC) {
            Some(name) => {
                world.own_leaves(id, &name);
                Ok(Answer::nothing())
            }
            None => Err(Answer::refuse(409, "Bridge isn't playing music")),
        },
        "bridges.play" => world.play(Target::Bridge(id.to_owned()), call, None),
        "bridges.playWithId" => {
            world.play(Target::Bridge(id.to_owned()), call, Some(call.path("playbackId").to_owned()))
        }
        "bridges.record" => world.start_recording(Target::Bridge(id.to_owned()), call),
        "bridges.getBridgeVar" => variable(world, call, id),
        "bridges.setBridgeVar" => set_variable(world, call, id),
        "bridges.getBridgeVars" => variables(world, call, id),
        "bridges.setBridgeVars" => set_variables(world, call, id),
        _ => unknown(call),
    }
}

fn create(world: &mut World, call: &Call) -> Outcome {
    let id = call.text("bridgeId");
    if let Some(id) = id.as_ref().filter(|id| world.bridges.contains_key(*id)) {
        return Err(Answer::refuse(409, format!("Bridge with id '{id}' already exists")));
    }
    let types = match call.text("type") {
        Some(_) => call.list("type"),
        None => vec!["mixing".to_owned()],
    };
    let shown = id.clone().unwrap_or_else(|| "(null)".into());
    let id = id.unwrap_or_else(|| world.uuid());
    let Some(bridge) = Bridge::new(id.clone(), call.text("name").unwrap_or_default(), &types) else {
        return Err(Answer::refuse(500, format!("Unable to create bridge. Possible duplicate bridge id '{shown}'")));
    };
    world.bridges.insert(id.clone(), bridge);
    world.publish_bridge(&id, "BridgeCreated", json!({}));
    if let Some(given) = call.body.get("variables") {
        // Here Asterisk says the same of whatever is no text.
        let message = if given.is_object() { NO_VALUE } else { NO_STRING };
        let given = read_variables(given, NO_STRING).map_err(|_| Answer::refuse(400, message))?;
        world.bridge_mut(&id)?.variables.extend(given);
    }
    Ok(Answer::json(world.bridge(&id)?.json()))
}

/// Channels that an application has. Asterisk looks at each before it does anything to one of them.
fn channels(world: &World, ids: &[String]) -> Result<Vec<String>, Answer> {
    if ids.is_empty() {
        return Err(Answer::refuse(400, "Missing parameter channel"));
    }
    for id in ids {
        match world.channels.get(id) {
            None => return Err(Answer::refuse(400, "Channel not found")),
            Some(channel) if channel.app().is_none() => {
                return Err(Answer::refuse(422, "Channel not in Stasis application"));
            }
            Some(_) => {}
        }
    }
    Ok(ids.to_vec())
}

fn add(world: &mut World, call: &Call, bridge: &str) -> Outcome {
    let ids = channels(world, &call.list("channel"))?;
    let flag = |name| call.flag(name).unwrap_or(false);
    let manner = Manner {
        absorbs_dtmf: flag("absorbDTMF"),
        muted: flag("mute"),
        unnamed: flag("inhibitConnectedLineUpdates"),
        announcer: call.list("role").iter().any(|role| role == "announcer"),
    };
    for id in ids {
        if world.is_recorded(&Target::Channel(id.clone())) {
            return Err(Answer::refuse(409, format!("Channel {id} currently recording")));
        }
        let (bridge, manner) = (bridge.to_owned(), manner.clone());
        world.queue_and_hold(&id, move |world, id| world.enter_bridge(id, &bridge, manner));
    }
    Ok(Answer::nothing())
}

fn remove(world: &mut World, call: &Call, bridge: &str) -> Outcome {
    let ids = channels(world, &call.list("channel"))?;
    let inside = |id: &String| world.channels.get(id).and_then(|channel| channel.bridge.as_deref()) == Some(bridge);
    if !ids.iter().all(inside) {
        return Err(Answer::refuse(422, "Channel not in this bridge"));
    }
    ids.iter().for_each(|id| world.queue_and_hold(id, World::take_out));
    Ok(Answer::nothing())
}

fn not_found() -> Answer {
    Answer::refuse(404, "Provided variable was not found")
}

fn variable(world: &World, call: &Call, id: &str) -> Outcome {
    let name = call.text("variable").ok_or_else(|| Answer::refuse(400, "Variable name is required"))?;
    let found = world.bridge(id)?.variables.get(&name).ok_or_else(not_found)?;
    Ok(Answer::json(json!({ "value": found.value })))
}

fn set_variable(world: &mut World, call: &Call, id: &str) -> Outcome {
    // Asterisk 22.10.1 crashes without a name.
    let name = call.text("variable").ok_or_else(|| Answer::refuse(400, "Variable name is required"))?;
    let variables = &mut world.bridge_mut(id)?.variables;
    match call.text("value") {
        Some(value) => {
            let shown = call.flag("report_events").unwrap_or(false);
            variables.insert(name, Variable { value, shown });
        }
        None => drop(variables.remove(&name)),
    }
    Ok(Answer::nothing())
}

fn variables(world: &World, call: &Call, id: &str) -> Outcome {
    let names = match call.given("variables") {
        None => return Err(Answer::refuse(400, "At least one variable name is required")),
        Some(given) if given.is_empty() => return Err(Answer::refuse(400, "Variable names are required")),
        Some(_) => call.list("variables"),
    };
    let known = &world.bridge(id)?.variables;
    let mut found = serde_json::Map::new();
    for name in names {
        let variable = known.get(&name).ok_or_else(not_found)?;
        found.insert(name, variable.value.clone().into());
    }
    Ok(Answer::json(json!({ "variables": found })))
}

const NO_OBJECT: &str = "The 'variables' field must be a JSON object";
const NO_STRING: &str =
    "Each value in 'variables' must be a string or an object with 'value' and optional 'report_events'";
const NO_VALUE: &str = "Each object value in 'variables' must include string field 'value'";

fn set_variables(world: &mut World, call: &Call, id: &str) -> Outcome {
    let given = call.body.get("variables").ok_or_else(|| Answer::refuse(400, "The 'variables' field is required"))?;
    let given = read_variables(given, NO_OBJECT)?;
    world.bridge_mut(id)?.variables.extend(given);
    Ok(Answer::nothing())
}

/// Variables by name: a text, or an object with the text and whether events show it.
fn read_variables(given: &Value, no_object: &str) -> Result<Vec<(String, Variable)>, Answer> {
    let bad = |message: &str| Answer::refuse(400, message);
    let given = given.as_object().ok_or_else(|| bad(no_object))?;
    let read = |(name, value): (&String, &Value)| {
        let (value, shown) = match value {
            Value::String(value) => (value, false),
            Value::Object(members) => match members.get("value") {
                Some(Value::String(value)) => (value, members.get("report_events") == Some(&Value::Bool(true))),
                _ => return Err(bad(NO_VALUE)),
            },
            _ => return Err(bad(NO_STRING)),
        };
        Ok((name.clone(), Variable { value: value.clone(), shown }))
    };
    given.iter().map(read).collect()
}
