//! `/endpoints`.

use serde_json::Value;

use super::unknown;
use crate::answer::{Answer, Outcome};
use crate::table::Call;
use crate::world::World;

pub fn perform(world: &mut World, call: &Call) -> Outcome {
    let name = || format!("{}/{}", call.path("tech"), call.path("resource"));
    match call.operation.id {
        "endpoints.list" => Ok(Answer::json(endpoints(world, |_| true).into())),
        "endpoints.listByTech" => {
            let technology = call.path("tech");
            let found = endpoints(world, |name| name.split('/').next() == Some(technology));
            match found.is_empty() {
                true => Err(Answer::refuse(404, format!("No Endpoints found - invalid tech {technology}"))),
                false => Ok(Answer::json(found.into())),
            }
        }
        "endpoints.get" => world.endpoint_json(&name()).map(Answer::json).ok_or_else(not_found),
        "endpoints.sendMessage" => accept(world, call, &addressee(world, call)?, &["from"]),
        "endpoints.sendMessageToEndpoint" => accept(world, call, &name(), &["from"]),
        "endpoints.refer" => accept(world, call, &addressee(world, call)?, &["from", "refer_to"]),
        "endpoints.referToEndpoint" => accept(world, call, &name(), &["from", "refer_to"]),
        _ => unknown(call),
    }
}

fn endpoints(world: &World, wanted: impl Fn(&str) -> bool) -> Vec<Value> {
    let names = world.phones.keys().filter(|name| wanted(name));
    names.filter_map(|name| world.endpoint_json(name)).collect()
}

fn not_found() -> Answer {
    Answer::refuse(404, "Endpoint not found")
}

/// The telephone that `to` means: `pjsip:alice` or `PJSIP/alice`.
fn addressee(world: &World, call: &Call) -> Result<String, Answer> {
    let to = call.text("to").ok_or_else(|| Answer::refuse(400, "To must be specified"))?;
    let (technology, resource) = to.split_once([':', '/']).ok_or_else(not_found)?;
    let resource = resource.split('@').next().unwrap_or_default();
    let is_meant = |name: &&String| {
        let parts = name.split_once('/');
        parts.is_some_and(|(own, name)| own.eq_ignore_ascii_case(technology) && name == resource)
    };
    world.phones.keys().find(is_meant).cloned().ok_or_else(not_found)
}

/// Takes a text or a referral for a telephone. What comes of it is between the test and the log of requests.
fn accept(world: &World, call: &Call, name: &str, required: &[&str]) -> Outcome {
    if !world.phones.contains_key(name) {
        return Err(not_found());
    }
    for parameter in required {
        if call.text(parameter).is_none() {
            let (first, rest) = parameter.split_at(1);
            return Err(Answer::refuse(400, format!("{}{rest} must be specified", first.to_uppercase())));
        }
    }
    Ok(Answer { status: 202, ..Answer::nothing() })
}
