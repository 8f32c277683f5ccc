//! `/channels`: what an application does with calls.

mod create;
mod media;
mod variables;

use serde_json::{json, Value};

use super::unknown;
use crate::answer::{Answer, Outcome};
use crate::dialplan::Position;
use crate::table::Call;
use crate::world::channel::{Channel, Place, State};
use crate::world::dial::{Dialler, Signal};
use crate::world::keys::Times;
use crate::world::target::Target;
use crate::world::World;

pub fn perform(world: &mut World, call: &Call) -> Outcome {
    let id = call.path("channelId").to_owned();
    match call.operation.nickname {
        "list" => Ok(Answer::json(world.channels.values().map(Channel::json).collect())),
        "originate" | "originateWithId" => create::originate(world, call),
        "create" => create::create(world, call),
        "externalMedia" => create::external_media(world, call),
        "snoopChannel" | "snoopChannelWithId" => create::snoop(world, call),
        "getChannelVar" => variables::get(world, call, &id),
        "setChannelVar" => variables::set(world, call, &id),
        "getChannelVars" => variables::get_several(world, call, &id),
        "setChannelVars" => variables::set_several(world, call, &id),
        "get" => Ok(Answer::json(world.channel(&id)?.json())),
        "hangup" => hang_up(world, call, &id),
        "dial" => dial(world, call, &id),
        "continueInDialplan" => go_on(world, call, &id),
        "move" => move_to(world, call, &id),
        "redirect" => redirect(world, call, &id),
        "record" => {
            in_stasis(world, &id)?;
            world.start_recording(Target::Channel(id), call)
        }
        "rtpstatistics" => media::rtp_statistics(world.channel(&id)?),
        "transfer_progress" => {
            in_stasis(world, &id)?;
            media::transfer_progress(call)
        }
        _ => {
            usable(world, &id)?;
            with_media(world, call, id)
        }
    }
}

/// What needs a channel that has got as far as ringing.
fn with_media(world: &mut World, call: &Call, id: String) -> Outcome {
    match call.operation.nickname {
        "answer" => world.queue_and_hold(&id, World::answer),
        "ring" => {
            world.alter(&id, |channel| channel.ringing = true);
            world.indicate(&id, Signal::Ringing);
        }
        "ringStop" => world.alter(&id, |channel| channel.ringing = false),
        "progress" => world.indicate(&id, Signal::Progress),
        "hold" => world.alter(&id, |channel| channel.held = true),
        "unhold" => world.alter(&id, |channel| channel.held = false),
        "mute" => media::mute(world, call, &id, true)?,
        "unmute" => media::mute(world, call, &id, false)?,
        "startMoh" => {
            let class = call.text("mohClass").unwrap_or_else(|| "default".into());
            world.alter(&id, |channel| channel.moh = Some(class));
            world.begin_media_early(&id);
        }
        "stopMoh" => world.alter(&id, |channel| channel.moh = None),
        "startSilence" => world.alter(&id, |channel| channel.silence = true),
        "stopSilence" => world.alter(&id, |channel| channel.silence = false),
        "sendDTMF" => {
            let keys = call.text("dtmf").ok_or_else(|| Answer::refuse(400, "DTMF is required"))?;
            let ms = |name: &str, default: u64| call.integer(name).map_or(default, |ms| u64::try_from(ms).unwrap_or(0));
            let times = Times {
                before: ms("before", 0),
                each: ms("duration", 100),
                between: ms("between", 100),
                after: ms("after", 0),
            };
            world.queue_and_hold(&id, move |world, id| {
                world.send_keys(id, &keys, times);
            });
        }
        "play" | "playWithId" => {
            let playback = Some(call.path("playbackId")).filter(|id| !id.is_empty()).map(str::to_owned);
            return world.play(Target::Channel(id), call, playback);
        }
        _ => return unknown(call),
    }
    Ok(Answer::nothing())
}

/// The channel, if an application has it.
fn in_stasis<'a>(world: &'a World, id: &str) -> Result<&'a Channel, Answer> {
    let channel = world.channel(id)?;
    match channel.place {
        Place::Stasis { .. } if !channel.hung_up => Ok(channel),
        _ => Err(Answer::refuse(409, "Channel not in Stasis application")),
    }
}

/// The channel, if an application has it and can do something with it.
fn usable<'a>(world: &'a World, id: &str) -> Result<&'a Channel, Answer> {
    let channel = in_stasis(world, id)?;
    match channel.state {
        State::Down => Err(Answer::refuse(412, "Channel in invalid state")),
        _ => Ok(channel),
    }
}

fn hang_up(world: &mut World, call: &Call, id: &str) -> Outcome {
    world.channel(id)?;
    let cause = match (call.text("reason"), call.text("reason_code")) {
        (Some(_), Some(_)) => {
            return Err(Answer::refuse(400, "The reason and reason_code can't both be specified"));
        }
        (Some(reason), None) => {
            named_cause(&reason).ok_or_else(|| Answer::refuse(400, "Invalid reason for hangup reason provided"))?
        }
        (None, Some(code)) => {
            code.trim().parse().map_err(|_| Answer::refuse(400, "Invalid reason for hangup reason code provided"))?
        }
        (None, None) => 16,
    };
    world.hang_up(id, cause);
    Ok(Answer::nothing())
}

fn named_cause(reason: &str) -> Option<u32> {
    Some(match reason {
        "normal" => 16,
        "busy" => 17,
        "congestion" => 34,
        "no_answer" => 19,
        "timeout" => 102,
        "rejected" => 21,
        "unallocated" => 1,
        "normal_unspecified" => 31,
        "number_incomplete" => 28,
        "codec_mismatch" => 58,
        "interworking" => 127,
        "failure" => 38,
        "answered_elsewhere" => 26,
        _ => return None,
    })
}

fn dial(world: &mut World, call: &Call, id: &str) -> Outcome {
    let channel = in_stasis(world, id)?;
    if channel.state != State::Down || channel.dialling.is_some() {
        return Err(Answer::refuse(409, "Channel is not in the 'Down' state"));
    }
    let seconds = call.integer("timeout").filter(|seconds| *seconds > 0).map(|seconds| seconds as f64);
    if !world.dial(id, Dialler::Application, seconds) {
        world.alter(id, |channel| channel.cause = 16);
        world.end(id);
    }
    Ok(Answer::nothing())
}

/// The line that a label, or else a number, stands for.
fn priority(world: &World, call: &Call, context: &str, exten: &str) -> Result<u32, Answer> {
    match call.text("label") {
        Some(label) => {
            let number = label.parse().ok().or_else(|| world.dialplan.label(context, exten, &label));
            number.ok_or_else(|| Answer::refuse(404, "Requested label can not be found"))
        }
        None => {
            let number = call.integer("priority").and_then(|number| u32::try_from(number).ok());
            Ok(number.filter(|number| *number > 0).unwrap_or(1))
        }
    }
}

fn go_on(world: &mut World, call: &Call, id: &str) -> Outcome {
    let at = usable(world, id)?.at.clone();
    let given = ["context", "extension", "label", "priority"].iter().any(|name| call.text(name).is_some());
    let to = if given {
        let context = call.text("context").unwrap_or(at.context);
        let exten = call.text("extension").unwrap_or(at.exten);
        Some(Position::new(&context, &exten, priority(world, call, &context, &exten)?))
    } else {
        None
    };
    world.queue_command(id, |world, id| world.go_on(id, to));
    Ok(Answer::nothing())
}

fn move_to(world: &mut World, call: &Call, id: &str) -> Outcome {
    in_stasis(world, id)?;
    // The real one does not survive this.
    let app = call.text("app").ok_or_else(|| Answer::refuse(400, "Application name is required"))?;
    let args = arguments(call);
    world.queue_command(id, move |world, id| world.move_to(id, &app, &args));
    Ok(Answer::nothing())
}

fn redirect(world: &mut World, call: &Call, id: &str) -> Outcome {
    let channel = usable(world, id)?;
    let endpoint =
        call.text("endpoint").ok_or_else(|| Answer::refuse(400, "Required parameter 'endpoint' not provided."))?;
    let Some((technology, _)) = endpoint.split_once('/') else {
        return Err(Answer::refuse(422, format!("Endpoint parameter '{endpoint}' does not contain tech/resource")));
    };
    if technology != channel.technology() {
        let own = channel.technology();
        let message = format!("Endpoint technology '{technology}' does not match channel technology '{own}'");
        return Err(Answer::refuse(422, message));
    }
    Ok(Answer::nothing())
}

/// `appArgs`, cut at its commas.
fn arguments(call: &Call) -> Vec<String> {
    call.text("appArgs").map_or(Vec::new(), |args| args.split(',').map(str::to_owned).collect())
}

/// A variable that a request sets: its value, and whether events are to show it.
type Given = (String, String, bool);

/// The member `variables` of the body; what is no object is nothing.
fn given_variables(call: &Call) -> Result<Vec<Given>, Answer> {
    let Some(Value::Object(members)) = call.body.get("variables") else { return Ok(Vec::new()) };
    let one = |(name, value): (&String, &Value)| {
        let (text, shown) = match value {
            Value::String(text) => (text.clone(), false),
            Value::Object(fields) => {
                (fields.get("value")?.as_str()?.to_owned(), fields.get("report_events") == Some(&json!(true)))
            }
            _ => return None,
        };
        Some((name.clone(), text, shown))
    };
    members.iter().map(one).collect::<Option<_>>().ok_or_else(|| {
        let wanted = "a string or an object with 'value' and optional 'report_events'";
        Answer::refuse(400, format!("Each value in 'variables' must be {wanted}"))
    })
}

fn set_variables(world: &mut World, id: &str, variables: Vec<Given>) {
    for (name, value, shown) in variables {
        if shown {
            report(world, id, &name);
        }
        world.assign(id, &name, &value);
    }
}

/// From now on events show a variable with the channel.
fn report(world: &mut World, id: &str, name: &str) {
    world.alter(id, |channel| {
        if !channel.reported.iter().any(|known| known == name) {
            channel.reported.push(name.to_owned());
        }
    });
}
