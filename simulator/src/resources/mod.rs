//! The operations of ARI, by resource, on the state of the world.

use crate::answer::{Answer, Outcome};
use crate::table::Call;
use crate::world::World;

/// Carries an operation out.
pub fn perform(world: &mut World, call: &Call) -> Answer {
    let outcome = match call.operation.resource {
        _ => unknown(call),
    };
    outcome.unwrap_or_else(|refused| refused)
}

/// An operation of the table that the simulator has no code for.
pub fn unknown(call: &Call) -> Outcome {
    Err(Answer::refuse(501, format!("the simulator does not know how {} works", call.operation.id)))
}
