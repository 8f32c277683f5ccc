//! What is said of and done with the voice of a channel.

use serde_json::json;

use crate::answer::{Answer, Outcome};
use crate::table::Call;
use crate::world::channel::Channel;
use crate::world::World;

pub fn mute(world: &mut World, call: &Call, id: &str, muted: bool) -> Result<(), Answer> {
    let direction = call.text("direction").ok_or_else(|| Answer::refuse(400, "Direction is required"))?;
    let (coming, going) = match direction.as_str() {
        "in" => (true, false),
        "out" => (false, true),
        "both" => (true, true),
        _ => return Err(Answer::refuse(400, "Invalid direction specified")),
    };
    world.alter(id, |channel| {
        channel.muted_in = if coming { muted } else { channel.muted_in };
        channel.muted_out = if going { muted } else { channel.muted_out };
    });
    Ok(())
}

pub fn transfer_progress(call: &Call) -> Outcome {
    let states = call.text("states").ok_or_else(|| Answer::refuse(400, "states must not be empty"))?;
    match states.as_str() {
        "channel_progress" | "channel_answered" | "channel_unavailable" | "channel_declined" => Ok(Answer::nothing()),
        _ => Err(Answer::refuse(400, "Invalid states value")),
    }
}

/// The figures of a line without faults, on which 50 packets a second went both ways since it was set up.
pub fn rtp_statistics(channel: &Channel) -> Outcome {
    match channel.technology() {
        "UnicastRTP" => return Err(Answer::refuse(404, "RTP info not found")),
        _ if channel.phone.is_none() => return Err(Answer::refuse(403, "Unsupported channel type")),
        _ => {}
    }
    let seconds = channel.since.elapsed().as_secs();
    let (packets, octets) = (seconds * 50, seconds * 8000);
    Ok(Answer::json(json!({
        "txcount": packets, "rxcount": packets,
        "txjitter": 0.0, "rxjitter": 0.0,
        "remote_maxjitter": 0.0, "remote_minjitter": 0.0, "remote_normdevjitter": 0.0, "remote_stdevjitter": 0.0,
        "local_maxjitter": 0.0, "local_minjitter": 0.0, "local_normdevjitter": 0.0, "local_stdevjitter": 0.0,
        "txploss": 0, "rxploss": 0,
        "remote_maxrxploss": 0.0, "remote_minrxploss": 0.0, "remote_normdevrxploss": 0.0, "remote_stdevrxploss": 0.0,
        "local_maxrxploss": 0.0, "local_minrxploss": 0.0, "local_normdevrxploss": 0.0, "local_stdevrxploss": 0.0,
        "rtt": 0.02, "maxrtt": 0.02, "minrtt": 0.02, "normdevrtt": 0.02, "stdevrtt": 0.0,
        "local_ssrc": 1_234_567_890, "remote_ssrc": 987_654_321,
        "txoctetcount": octets, "rxoctetcount": octets,
        "channel_uniqueid": channel.id,
    })))
}
