//! `/deviceStates`.

use super::unknown;
use crate::answer::{Answer, Outcome};
use crate::table::Call;
use crate::world::device::{own_name, STATES};
use crate::world::World;

pub fn perform(world: &mut World, call: &Call) -> Outcome {
    let device = call.path("deviceName");
    match call.operation.id {
        "deviceStates.list" => {
            let names = world.devices.own.keys();
            Ok(Answer::json(names.map(|name| world.device_json(&format!("Stasis:{name}"))).collect()))
        }
        "deviceStates.get" => Ok(Answer::json(world.device_json(device))),
        "deviceStates.update" => {
            let name = own(device)?;
            let given = call.text("deviceState").unwrap_or_default();
            let Some(state) = STATES.iter().find(|state| state.eq_ignore_ascii_case(&given)) else {
                return Err(Answer::refuse(500, "Unknown device"));
            };
            world.set_device(name, state);
            Ok(Answer::nothing())
        }
        "deviceStates.delete" => {
            // Nobody is told.
            world.devices.own.remove(own(device)?);
            Ok(Answer::nothing())
        }
        _ => unknown(call),
    }
}

/// The name of a device whose state an application may change.
fn own(device: &str) -> Result<&str, Answer> {
    match own_name(device) {
        None => Err(Answer::refuse(409, "Uncontrolled device specified")),
        Some("") => Err(Answer::refuse(404, "Device name is missing")),
        Some(name) => Ok(name),
    }
}
