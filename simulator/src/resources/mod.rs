//! The operations of ARI, by resource, on the state of the world.

mod applications;
mod asterisk;
mod bridges;
mod channels;
mod device_states;
mod endpoints;
mod events;
mod mailboxes;
mod playbacks;
mod recordings;
mod sounds;

use crate::answer::{Answer, Outcome};
use crate::table::Call;
use crate::world::World;

/// Carries an operation out.
pub fn perform(world: &mut World, call: &Call) -> Answer {
    let outcome = match call.operation.resource {
        "applications" => applications::perform(world, call),
        "asterisk" => asterisk::perform(world, call),
        "bridges" => bridges::perform(world, call),
        "channels" => channels::perform(world, call),
        "deviceStates" => device_states::perform(world, call),
        "endpoints" => endpoints::perform(world, call),
        "events" => events::perform(world, call),
        "mailboxes" => mailboxes::perform(world, call),
        "playbacks" => playbacks::perform(world, call),
        "recordings" => recordings::perform(world, call),
        "sounds" => sounds::perform(world, call),
        _ => unknown(call),
    };
    world.tell_devices();
    outcome.unwrap_or_else(|refused| refused)
}

/// An operation of the table that the simulator has no code for.
pub fn unknown(call: &Call) -> Outcome {
    Err(Answer::refuse(501, format!("the simulator does not know how {} works", call.operation.id)))
}
