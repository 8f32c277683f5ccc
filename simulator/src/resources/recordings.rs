//! `/recordings`.

use crate::answer::{Answer, Outcome};
use crate::table::Call;
use crate::world::recording::is_inside;
use crate::world::stored::Stored;
use crate::world::World;

use super::unknown;

pub fn perform(world: &mut World, call: &Call) -> Outcome {
    let name = call.path("recordingName");
    match call.operation.id {
        "recordings.listStored" => {
            let stored = world.recordings.stored.iter();
            Ok(Answer::json(stored.map(|(name, stored)| stored.json(name)).collect()))
        }
        "recordings.getStored" => Ok(Answer::json(stored(world, name)?.json(name))),
        "recordings.getStoredFile" => {
            let stored = stored(world, name)?;
            Ok(Answer::file(stored.format.content_type, stored.file()))
        }
        "recordings.deleteStored" => {
            stored(world, name)?;
            world.recordings.stored.remove(name);
            Ok(Answer::nothing())
        }
        "recordings.copyStored" => copy(world, call, name),
        "recordings.getLive" => {
            let live = world.recordings.live.get(name).ok_or_else(not_found)?;
            Ok(Answer::json(live.json()))
        }
        "recordings.cancel" => end(world, name, false),
        "recordings.stop" => end(world, name, true),
        "recordings.pause" => world.pause_recording(name, true),
        "recordings.unpause" => world.pause_recording(name, false),
        // Nobody hears whether a silent recording is mute.
        "recordings.mute" | "recordings.unmute" => world.live_in_session(name).map(|_| Answer::nothing()),
        _ => unknown(call),
    }
}

fn not_found() -> Answer {
    Answer::refuse(404, "Recording not found")
}

fn stored<'a>(world: &'a World, name: &str) -> Result<&'a Stored, Answer> {
    world.recordings.stored.get(name).ok_or_else(not_found)
}

fn copy(world: &mut World, call: &Call, name: &str) -> Outcome {
    let Some(to) = call.text("destinationRecordingName") else {
        return Err(Answer::refuse(400, "Invalid destination recording name"));
    };
    let copied = stored(world, name)?.clone();
    if !is_inside(&to) {
        return Err(Answer::refuse(403, "Destination file path is forbidden"));
    }
    if world.recordings.stored.contains_key(&to) {
        return Err(Answer::refuse(409, "A recording with the same name already exists on the system"));
    }
    let answer = Answer::json(copied.json(&to));
    world.recordings.stored.insert(to, copied);
    Ok(answer)
}

/// Asterisk notes what is to become of a recording that waits for its turn, and makes it all the same.
fn end(world: &mut World, name: &str, keep: bool) -> Outcome {
    let live = world.recordings.live.get_mut(name).ok_or_else(not_found)?;
    match live.state {
        "recording" | "paused" => world.finish_recording(name, keep),
        _ => live.state = if keep { "done" } else { "canceled" },
    }
    Ok(Answer::nothing())
}
