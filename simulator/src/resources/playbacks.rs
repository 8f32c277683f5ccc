//! `/playbacks`: what is being played.

use super::unknown;
use crate::answer::Outcome;
use crate::table::Call;
use crate::world::World;

pub fn perform(world: &mut World, call: &Call) -> Outcome {
    let id = call.path("playbackId");
    match call.operation.nickname {
        "get" => world.playback_json(id),
        "stop" => world.stop_playback(id),
        "control" => world.control_playback(id, call.text("operation").as_deref()),
        _ => unknown(call),
    }
}
