//! The variables of a channel, as an application reads and sets them.

use serde_json::{json, Map};

use super::{given_variables, in_stasis, report, set_variables};
use crate::answer::{Answer, Outcome};
use crate::table::Call;
use crate::world::World;

fn provided(world: &World, id: &str) -> Result<(), Answer> {
    match world.channels.contains_key(id) {
        true => Ok(()),
        false => Err(Answer::refuse(404, "Provided channel was not found")),
    }
}

fn read(world: &mut World, id: &str, name: &str) -> Result<String, Answer> {
    world.evaluate(id, name).ok_or_else(|| match name.ends_with(')') {
        true => Answer::refuse(500, "Unable to read provided function"),
        false => Answer::refuse(404, "Provided variable was not found"),
    })
}

fn name(call: &Call) -> Result<String, Answer> {
    call.text("variable").ok_or_else(|| Answer::refuse(400, "Variable name is required"))
}

pub fn get(world: &mut World, call: &Call, id: &str) -> Outcome {
    let name = name(call)?;
    provided(world, id)?;
    Ok(Answer::json(json!({ "value": read(world, id, &name)? })))
}

pub fn set(world: &mut World, call: &Call, id: &str) -> Outcome {
    let name = name(call)?;
    in_stasis(world, id)?;
    if let Some(value) = call.given("value") {
        if call.flag("report_events") == Some(true) {
            report(world, id, &name);
        }
        world.assign(id, &name, &value);
    }
    Ok(Answer::nothing())
}

pub fn get_several(world: &mut World, call: &Call, id: &str) -> Outcome {
    let names = call.list("variables");
    if names.is_empty() {
        return Err(Answer::refuse(400, "At least one variable name is required"));
    }
    provided(world, id)?;
    let mut values = Map::new();
    for name in names {
        let value = world.evaluate(id, &name);
        let value = value.ok_or_else(|| Answer::refuse(404, "Provided variable was not found"))?;
        values.insert(name, value.into());
    }
    Ok(Answer::json(json!({ "variables": values })))
}

pub fn set_several(world: &mut World, call: &Call, id: &str) -> Outcome {
    if !call.body.get("variables").is_some_and(|variables| variables.is_object()) {
        return Err(Answer::refuse(400, "The 'variables' field is required"));
    }
    let variables = given_variables(call)?;
    provided(world, id)?;
    in_stasis(world, id)?;
    set_variables(world, id, variables);
    Ok(Answer::nothing())
}
