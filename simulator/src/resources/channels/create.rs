//! New channels: originated, created, for media from outside, or listening to others.

use serde_json::json;

use super::{arguments, given_variables, priority, set_variables};
use crate::answer::{Answer, Outcome};
use crate::dialplan::Position;
use crate::table::Call;
use crate::world::apps::Topic;
use crate::world::channel::{Channel, Party, State};
use crate::world::dial::{Dialler, Signal, Then};
use crate::world::make::Ids;
use crate::world::World;

/// Seconds after which Asterisk gives an originated call up.
const PATIENCE: i64 = 30;
const LINE: (&str, &str) = ("AppDial2", "(Outgoing Line)");

/// The formats that an Asterisk has by itself.
const FORMATS: &[&str] = &[
    "adpcm", "alaw", "amr", "amrwb", "codec2", "g719", "g722", "g723", "g726", "g726aal2", "g729", "gsm", "ilbc",
    "lpc10", "opus", "siren14", "siren7", "silk8", "silk12", "silk16", "silk24", "slin", "slin12", "slin16", "slin24",
    "slin32", "slin44", "slin48", "slin96", "slin192", "speex", "speex16", "speex32", "testlaw", "ulaw", "h261",
    "h263", "h263p", "h264", "h265", "mpeg4", "vp8", "vp9", "jpeg", "png", "red", "t140", "t38", "none",
];

fn destination(call: &Call) -> Result<(String, String), Answer> {
    let endpoint = call.text("endpoint").ok_or_else(|| Answer::refuse(400, "Endpoint must be specified"))?;
    if call.text("originator").is_some() && call.text("formats").is_some() {
        return Err(Answer::refuse(400, "Originator and formats can't both be specified"));
    }
    match endpoint.split_once('/') {
        Some((technology, resource)) if !resource.is_empty() => Ok((technology.to_owned(), resource.to_owned())),
        _ => Err(Answer::refuse(400, "Invalid endpoint specified")),
    }
}

fn check_media(world: &World, call: &Call) -> Result<(), Answer> {
    if let Some(originator) = call.text("originator") {
        if world.channel_named(&originator).is_none() {
            return Err(Answer::refuse(400, "Provided originator channel was not found"));
        }
    }
    match call.list("formats").iter().find(|format| !FORMATS.contains(&format.as_str())) {
        Some(format) => Err(Answer::refuse(400, format!("Provided format ({format}) was not found"))),
        None => Ok(()),
    }
}

fn ids(call: &Call) -> Ids {
    let id = call.text("channelId");
    // A given id names the other half, too.
    let other = call.text("otherChannelId").or_else(|| Some(format!("{};2", id.as_ref()?)));
    Ids { id, other }
}

pub fn originate(world: &mut World, call: &Call) -> Outcome {
    let variables = given_variables(call)?;
    let ids = ids(call);
    ids.check_length()?;
    let (technology, resource) = destination(call)?;
    let app = call.text("app");
    let then = match (&app, call.text("extension")) {
        (Some(app), _) => Then::Stasis { app: app.clone(), args: arguments(call) },
        (None, Some(exten)) => {
            let context = call.text("context").unwrap_or_else(|| "default".into());
            let priority = priority(world, call, &context, &exten)?;
            Then::Dialplan(Position::new(&context, &exten, priority))
        }
        (None, None) => return Err(Answer::refuse(400, "Application or extension must be specified")),
    };
    check_media(world, call)?;
    ids.check_new(world)?;
    let id = world.make(&technology, &resource, ids, LINE)?;
    set_variables(world, &id, variables);
    if let Some(caller) = call.text("callerId") {
        world.set_caller(&id, &Party::parse(&caller));
    }
    let seconds = match call.integer("timeout").unwrap_or(PATIENCE) {
        0 => Some(PATIENCE as f64),
        seconds if seconds < 0 => None,
        seconds => Some(seconds as f64),
    };
    let answer = Answer::json(world.channel(&id)?.json());
    if let Some(app) = app {
        let half = world.channel(&id)?.half.clone();
        for channel in std::iter::once(id.clone()).chain(half) {
            world.subscribe(&app, Topic::channel(channel));
        }
    }
    start(world, id, then, seconds);
    Ok(answer)
}

fn start(world: &mut World, id: String, then: Then, seconds: Option<f64>) {
    world.after(0.0, move |world| {
        if !world.dial(&id, Dialler::Originate(then), seconds) {
            world.end(&id);
        }
    });
}

pub fn create(world: &mut World, call: &Call) -> Outcome {
    let variables = given_variables(call)?;
    let ids = ids(call);
    ids.check_length()?;
    let (technology, resource) = destination(call)?;
    check_media(world, call)?;
    ids.check_new(world)?;
    let id = world.make(&technology, &resource, ids, ("", ""))?;
    let (app, args) = (call.text("app").unwrap_or_default(), arguments(call));
    world.subscribe(&app, Topic::channel(&id));
    set_variables(world, &id, variables);
    let answer = Answer::json(world.channel(&id)?.json());
    world.after(0.0, move |world| world.start_stasis(&id, &app, &args));
    Ok(answer)
}

pub fn external_media(world: &mut World, call: &Call) -> Outcome {
    let refuse = |message: &str| Err(Answer::refuse(400, message));
    let Some(app) = call.text("app") else { return refuse("app cannot be empty") };
    let word = |name: &str, default: &str| call.text(name).unwrap_or_else(|| default.into());
    let (encapsulation, transport) = (word("encapsulation", "rtp"), word("transport", "udp"));
    let Some(host) = call.text("external_host") else {
        return refuse("external_host is required for all but websocket server connections");
    };
    if transport != "websocket" && !host.contains(':') {
        return refuse("external_host must be <host>:<port> for all transports other than websocket");
    }
    let Some(format) = call.text("format") else { return refuse("format cannot be empty") };
    match (encapsulation.as_str(), transport.as_str()) {
        ("rtp", "udp") => {}
        ("rtp", _) => return refuse("transport must be 'udp' for rtp encapsulation"),
        ("audiosocket", transport) if transport != "tcp" => {
            return refuse("transport must be 'tcp' for audiosocket encapsulation");
        }
        ("audiosocket", _) | ("none", "websocket") => {
            return Err(Answer::refuse(501, format!("the simulator has no media: {encapsulation} over {transport}")));
        }
        _ => return Err(Answer::refuse(501, "The encapsulation and/or transport is not supported")),
    }
    let ids = ids(call);
    if ids.check_new(world).is_err() || !FORMATS.contains(&format.as_str()) {
        return Err(Answer::refuse(500, "An internal error prevented this request from being handled"));
    }
    let variables = given_variables(call)?;
    let id = ids.id.unwrap_or_else(|| world.channel_id());
    // As in Asterisk, where the name has the address of the thing.
    let name = format!("UnicastRTP/{host}-0x{:012x}", 0x7f00_0000_0000 + 0x1000 * world.count("UnicastRTP"));
    let mut channel = Channel::new(id.clone(), name);
    channel.destination = format!("{host}/c({format})");
    world.add(channel);
    world.set_application(&id, LINE.0, LINE.1);
    world.alter(&id, |channel| channel.beneath = (LINE.0.into(), LINE.1.into()));
    let port = 10_000 + 2 * (world.count("RTP port") % 5_000);
    let own = json!({ "UNICASTRTP_LOCAL_ADDRESS": "127.0.0.1", "UNICASTRTP_LOCAL_PORT": port.to_string() });
    for (name, value) in own.as_object().into_iter().flatten() {
        world.set_variable(&id, name, value.as_str().unwrap_or_default());
    }
    set_variables(world, &id, variables);
    let mut shown = world.channel(&id)?.json();
    shown["channelvars"] = own;
    world.subscribe(&app, Topic::channel(&id));
    let args = call.text("data").map_or(Vec::new(), |data| data.split(',').map(str::to_owned).collect());
    start(world, id.clone(), Then::Stasis { app, args }, None);
    // The far end is only an address: it is there at once.
    world.after(0.0, move |world| world.receive(&id, Signal::Answer));
    Ok(Answer::json(shown))
}

pub fn snoop(world: &mut World, call: &Call) -> Outcome {
    let mut directions = 0;
    for name in ["spy", "whisper"] {
        match call.text(name).as_deref() {
            None | Some("none") => {}
            Some("in" | "out" | "both") => directions += 1,
            Some(_) => return Err(Answer::refuse(400, format!("Invalid direction specified for {name}"))),
        }
    }
    if directions == 0 {
        return Err(Answer::refuse(400, "Direction must be specified for at least spy or whisper"));
    }
    let app = call.text("app").ok_or_else(|| Answer::refuse(400, "Application name is required"))?;
    let on = call.path("channelId").to_owned();
    if !world.channels.contains_key(&on) {
        return Err(Answer::refuse(404, "Provided channel was not found"));
    }
    let ids = Ids { id: call.text("snoopId"), other: None };
    if ids.check_new(world).is_err() {
        return Err(Answer::refuse(500, "Snoop channel could not be created"));
    }
    let id = ids.id.unwrap_or_else(|| world.channel_id());
    let mut channel = Channel::new(id.clone(), format!("Snoop/{on}-{:08x}", world.count("Snoop")));
    channel.state = State::Up;
    channel.snoops_on = Some(on);
    world.add(channel);
    let answer = Answer::json(world.channel(&id)?.json());
    let args = arguments(call);
    world.after(0.0, move |world| world.start_stasis(&id, &app, &args));
    Ok(answer)
}
