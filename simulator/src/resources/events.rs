//! `/events`, but for the WebSocket itself.

use serde_json::{json, Map, Value};

use super::{applications, unknown};
use crate::answer::{Answer, Outcome};
use crate::table::Call;
use crate::world::apps::Topic;
use crate::world::World;

pub fn perform(world: &mut World, call: &Call) -> Outcome {
    match call.operation.id {
        "events.userEvent" => user_event(world, call),
        "events.claimChannel" => {
            let required =
                |name| call.text(name).ok_or_else(|| Answer::refuse(400, format!("{name} parameter is required")));
            let (channel, app) = (required("channelId")?, required("application")?);
            world.claim(&channel, &app)
        }
        _ => unknown(call),
    }
}

fn user_event(world: &mut World, call: &Call) -> Outcome {
    let app = call.text("application").ok_or_else(|| Answer::refuse(400, "Missing parameter application"))?;
    if !world.is_registered(&app) {
        return Err(Answer::refuse(404, "Application not found"));
    }
    let name = call.path("eventName");
    let mut event = json!({ "type": "ChannelUserevent", "eventname": name });
    let mut said = match call.body.get("variables") {
        None => Map::new(),
        Some(Value::Object(variables)) => variables.clone(),
        Some(_) => return Err(Answer::refuse(500, "Error processing request")),
    };
    said.insert("eventname".into(), name.into());
    event["userevent"] = said.into();
    for source in call.list("source") {
        let (member, shown) = match applications::scheme(&source)? {
            Topic::Channel(id) => ("channel", world.channels.get(&id).map(|channel| channel.json())),
            Topic::Bridge(id) => ("bridge", world.bridges.get(&id).map(|bridge| bridge.json())),
            Topic::Endpoint(name) => ("endpoint", world.endpoint_json(&name)),
            Topic::Device(_) => return Err(Answer::refuse(400, "Invalid event source URI scheme")),
        };
        // Of several of a kind the event has the last.
        event[member] = shown.ok_or_else(|| Answer::refuse(422, "Event source was not found"))?;
    }
    world.send(&app, event);
    Ok(Answer::nothing())
}
