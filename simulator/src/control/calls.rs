//! Calls from the telephone's side: `/calls` and `/phones`.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{json, Map, Value};
use tokio::sync::oneshot;

use super::{nothing, parse, unmet, Nothing, Refused, Said};
use crate::dialplan::Position;
use crate::expect::{patience, seconds};
use crate::options::{check_phone, OnCall};
use crate::shared::Shared;
use crate::world::channel::{Channel, Party, Pbx, State};
use crate::world::dial::Signal;
use crate::world::keys::Times;
use crate::world::World;

/// Where calls come from that nobody gives a telephone for.
const TRUNK: &str = "PJSIP/trunk";

pub async fn command(shared: &Arc<Shared>, method: &str, path: &[&str], body: Value) -> Said {
    match (method, path) {
        ("GET", ["calls"]) => {
            let world = shared.world();
            Ok(world.channels.values().map(|channel| world.call_json(channel)).collect())
        }
        ("POST", ["calls"]) => place(shared, parse(body)?).await,
        ("POST", ["calls", "expect"]) => expect_placed(shared, parse(body)?).await,
        ("GET", ["calls", id]) => {
            let world = shared.world();
            shown(&world, id).ok_or_else(|| no_call(id))
        }
        ("POST", ["calls", id, "press"]) => press(shared, id, parse(body)?).await,
        ("POST", ["calls", id, "expect"]) => expect(shared, id, body).await,
        ("POST", ["calls", id, what]) => {
            let said = act(&mut shared.world(), id, what, body);
            shared.world().settle();
            said
        }
        ("GET", ["phones"]) => Ok(json!(shared.world().phones)),
        ("PUT", ["phones", technology, resource]) => phone(shared, &format!("{technology}/{resource}"), parse(body)?),
        ("PUT", ["phones", name]) => check_phone(name).map(|()| Value::Null).map_err(Refused::from),
        _ => Err(nothing(method, path)),
    }
}

fn no_call(id: &str) -> Refused {
    Refused::new(404, format!("there is no call {id:?}, and there was none"))
}

fn no_phone(world: &World, name: &str) -> Refused {
    let known = world.phones.keys().cloned().collect::<Vec<_>>().join(", ");
    Refused::new(404, format!("there is no telephone {name:?} (there are: {known})"))
}

fn shown(world: &World, id: &str) -> Option<Value> {
    world.channels.get(id).map(|channel| world.call_json(channel)).or_else(|| world.gone.get(id).cloned())
}

/// The channel of a call that is not over.
fn alive<'a>(world: &'a World, id: &str) -> Result<&'a Channel, Refused> {
    match world.channels.get(id) {
        Some(channel) if !channel.hung_up => Ok(channel),
        Some(_) => Err(Refused::new(409, format!("the call {id:?} is being hung up"))),
        None => match world.gone.get(id) {
            Some(gone) => {
                let (cause, text) = (&gone["cause"], gone["cause_txt"].as_str().unwrap_or_default());
                Err(Refused::new(409, format!("the call {id:?} has been hung up (cause {cause}, {text})")))
            }
            None => Err(no_call(id)),
        },
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Incoming {
    exten: Option<String>,
    context: Option<String>,
    app: Option<String>,
    #[serde(default)]
    args: Vec<String>,
    endpoint: Option<String>,
    #[serde(default)]
    caller: Caller,
    #[serde(default)]
    variables: Map<String, Value>,
    id: Option<String>,
    #[serde(default = "patience")]
    within: f64,
}

/// Who calls: `Ann <123>`, or name and number.
#[derive(Deserialize)]
#[serde(untagged, expecting = "the caller is a text such as \"Ann <123>\", or an object of name and number")]
enum Caller {
    Text(String),
    Parts(Parts),
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Parts {
    name: String,
    number: String,
}

impl Default for Caller {
    fn default() -> Self {
        Caller::Text(String::new())
    }
}

/// The text that a value stands for; a number is one, too.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

async fn place(shared: &Arc<Shared>, call: Incoming) -> Said {
    seconds(call.within)?;
    if call.id.as_deref() == Some("") {
        return Err("the id of a call cannot be empty".to_owned().into());
    }
    let context = call.context.clone().unwrap_or_else(|| "default".into());
    if let Some((name, value)) = call.variables.iter().find(|(_, value)| text(value).is_none()) {
        return Err(format!("the variable {name} is {value}, but variables are text").into());
    }
    let app = match (&call.exten, &call.app) {
        (Some(_), Some(_)) | (None, None) => {
            return Err("a call goes to an extension (`exten`) or to an application (`app`)".to_owned().into());
        }
        (None, Some(app)) => Some(app.clone()),
        (Some(exten), None) => {
            let mut world = shared.world();
            if !world.dialplan.exists(&context, exten, 1) {
                let message = format!("the dialplan has no extension {exten:?} in the context {context:?}");
                return Err(Refused::new(409, message));
            }
            world.first_application(&context, exten)
        }
    };
    if let Some(app) = &app {
        let connected = || shared.world().is_registered(app).then_some(());
        if shared.wait_for(call.within, connected).await.is_none() {
            let there = shared.world().apps.connected().collect::<Vec<_>>().join(", ");
            let others = if there.is_empty() { "no application is".to_owned() } else { format!("connected: {there}") };
            let message = format!("the application {app:?} was not connected within {} s ({others})", call.within);
            return Err(Refused::new(409, message));
        }
    }
    let id = begin(&mut shared.world(), call, &context)?;
    shared.world().settle();
    let world = shared.world();
    shown(&world, &id).ok_or_else(|| no_call(&id))
}

fn begin(world: &mut World, call: Incoming, context: &str) -> Result<String, Refused> {
    if let Some(id) = call.id.as_ref().filter(|id| world.channels.contains_key(*id)) {
        return Err(Refused::new(409, format!("there is a call {id:?} already")));
    }
    let phone = call.endpoint.as_deref().unwrap_or(TRUNK);
    if phone != TRUNK && !world.phones.contains_key(phone) {
        return Err(no_phone(world, phone));
    }
    let caller = match call.caller {
        Caller::Text(text) => Party::parse(&text),
        Caller::Parts(Parts { name, number }) => Party { name, number },
    };
    let at = Position::new(context, call.exten.as_deref().unwrap_or("s"), 1);
    let id = world.make_incoming(phone, call.id, caller, at);
    for (name, value) in &call.variables {
        world.assign(&id, name, &text(value).unwrap_or_default());
    }
    match call.app {
        Some(app) => world.start_stasis(&id, &app, &call.args),
        None => world.start_plan(&id, Pbx::Outer),
    }
    Ok(id)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Press {
    keys: String,
    #[serde(default = "tenth")]
    duration: u64,
    #[serde(default = "tenth")]
    gap: u64,
}

/// Milliseconds of a key or a gap: an hour.
const LONGEST: u64 = 3_600_000;

/// Milliseconds.
fn tenth() -> u64 {
    100
}

async fn press(shared: &Arc<Shared>, id: &str, Press { keys, duration, gap }: Press) -> Said {
    if let Some(key) = keys.chars().find(|key| !key.is_ascii_digit() && !"*#ABCDabcd".contains(*key)) {
        return Err(format!("{key:?} is no key; 0 to 9, *, # and A to D are").into());
    }
    if duration.max(gap) > LONGEST {
        return Err(format!("a key or a gap may last {LONGEST} ms, not {}", duration.max(gap)).into());
    }
    let times = Times { before: 0, each: duration, between: gap, after: 0 };
    let (pressed, all) = oneshot::channel();
    {
        let mut world = shared.world();
        alive(&world, id)?;
        // Just before the last key: what the application does because of it is not looked at.
        let count = keys.chars().count() as u64;
        let last = (count * duration + count.saturating_sub(1) * gap) as f64 / 1000.0;
        let owned = id.to_owned();
        world.after(last, move |world| {
            let _ = pressed.send(alive(world, &owned).is_ok());
        });
        world.press_keys(id, &keys, times);
    }
    // A restart forgets that keys were being pressed.
    let all = all.await.unwrap_or(false);
    shared.world().settle();
    if !all {
        return Err(Refused::new(409, format!("the call {id:?} was hung up before all of {keys:?} was pressed")));
    }
    Ok(Value::Null)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cause {
    cause: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hold {
    music_class: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Talk {
    seconds: f64,
}

fn act(world: &mut World, id: &str, what: &str, body: Value) -> Said {
    let dialled = alive(world, id)?.dialling.is_some();
    match what {
        "hangup" => world.far_end_gone(id, parse::<Cause>(body)?.cause.unwrap_or(16), 0),
        "hold" => world.phone_holds(id, true, parse::<Hold>(body)?.music_class),
        "unhold" => {
            parse::<Nothing>(body)?;
            world.phone_holds(id, false, None);
        }
        "talk" => {
            let Talk { seconds: length } = parse(body)?;
            seconds(length)?;
            world.phone_talks(id, length);
        }
        "answer" | "reject" | "ring" if !dialled => {
            let state = alive(world, id)?.state.as_str();
            return Err(Refused::new(409, format!("the call {id:?} is not waiting for an answer, it is {state}")));
        }
        "answer" => {
            parse::<Nothing>(body)?;
            world.receive(id, Signal::Answer);
        }
        "reject" => world.phone_rejects(id, parse::<Cause>(body)?.cause.unwrap_or(21)),
        "ring" => {
            parse::<Nothing>(body)?;
            world.receive(id, Signal::Ringing);
        }
        _ => return Err(nothing("POST", &["calls", id, what])),
    }
    Ok(Value::Null)
}

/// What a call is to be like; what is left out does not matter.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct So {
    state: Option<String>,
    hung_up: Option<bool>,
    /// None as it was not given, or as JSON's null.
    #[serde(default, deserialize_with = "present")]
    application: Option<Value>,
    /// Its id, or whether it is in one at all.
    #[serde(default, deserialize_with = "present")]
    bridge: Option<Value>,
    /// The class of the music on hold that it hears, or whether it hears any.
    #[serde(default, deserialize_with = "present")]
    moh: Option<Value>,
    heard: Option<String>,
    playing: Option<String>,
    #[serde(default = "patience")]
    within: f64,
}

fn present<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(from).map(Some)
}

impl So {
    /// What is not so yet.
    fn differences(&self, call: &Value) -> Vec<String> {
        let mut found = Vec::new();
        // The state of a call that is over is its last one; who expects a state means a call that is there.
        let hung_up = self.hung_up.or(self.state.is_some().then_some(false)).map(Value::from);
        let state = self.state.clone().map(Value::from);
        let all = [
            ("hung_up", &hung_up),
            ("state", &state),
            ("application", &self.application),
            ("bridge", &self.bridge),
            ("moh", &self.moh),
        ];
        for (name, wanted) in all {
            match (wanted, &call[name]) {
                (None, _) => {}
                (Some(Value::Bool(any)), Value::Null | Value::String(_)) if *any != call[name].is_null() => {}
                (Some(wanted), is) if wanted == is => {}
                (Some(wanted), is) => found.push(format!("{name} is {is}, not {wanted}")),
            }
        }
        for (name, wanted) in [("heard", &self.heard), ("playing", &self.playing)] {
            let has =
                |wanted: &&String| call[name].as_array().is_some_and(|media| media.iter().any(|one| one == *wanted));
            if let Some(wanted) = wanted.as_ref().filter(|wanted| !has(wanted)) {
                found.push(format!("{wanted} is not among {name}: {}", call[name]));
            }
        }
        found
    }
}

async fn expect(shared: &Arc<Shared>, id: &str, body: Value) -> Said {
    let so: So = parse(body)?;
    seconds(so.within)?;
    if let Some(state) = so.state.as_deref().filter(|state| !State::ALL.iter().any(|known| known.as_str() == *state)) {
        let known = State::ALL.map(State::as_str).join(", ");
        return Err(format!("{state:?} is no state of a channel; there are {known}").into());
    }
    shown(&shared.world(), id).ok_or_else(|| no_call(id))?;
    // With a call that is over nothing is going to change.
    let settled = || {
        let call = shown(&shared.world(), id)?;
        let differences = so.differences(&call);
        match differences.is_empty() {
            true => Some(Ok(call)),
            false if call["hung_up"] == true => Some(Err((call, differences))),
            false => None,
        }
    };
    let (call, differences) = match shared.wait_for(so.within, settled).await {
        Some(Ok(call)) => return Ok(call),
        Some(Err(over)) => over,
        None => {
            let call = shown(&shared.world(), id).ok_or_else(|| no_call(id))?;
            let differences = so.differences(&call);
            (call, differences)
        }
    };
    let how = differences.join("; ");
    Err(unmet(match call["hung_up"] == true {
        true => {
            let (cause, text) = (&call["cause"], call["cause_txt"].as_str().unwrap_or_default());
            format!("the call {id:?} has been hung up (cause {cause}, {text}), and is not as expected: {how}")
        }
        false => format!("after {} s the call {id:?} is not as expected: {how}", so.within),
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Placed {
    endpoint: String,
    #[serde(default = "patience")]
    within: f64,
}

/// Waits for a call to a telephone that no other expectation has taken.
async fn expect_placed(shared: &Arc<Shared>, Placed { endpoint, within }: Placed) -> Said {
    seconds(within)?;
    check_phone(&endpoint)?;
    if !shared.world().phones.contains_key(&endpoint) {
        return Err(no_phone(&shared.world(), &endpoint));
    }
    let taken = || {
        let mut world = shared.world();
        let id = world.take_placed(&endpoint)?;
        shown(&world, &id)
    };
    if let Some(call) = shared.wait_for(within, taken).await {
        return Ok(call);
    }
    let world = shared.world();
    let names: Vec<_> = world.channels.values().map(|channel| channel.name.as_str()).collect();
    let there =
        if names.is_empty() { "there are no channels".into() } else { format!("channels: {}", names.join(", ")) };
    Err(unmet(format!("{endpoint} was not called within {within} s ({there})")))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Changes {
    on_call: Option<OnCall>,
    after: Option<f64>,
    state: Option<String>,
}

fn phone(shared: &Shared, name: &str, changes: Changes) -> Said {
    check_phone(name)?;
    changes.after.map(seconds).transpose()?;
    if let Some(state) = changes.state.as_deref().filter(|state| !["online", "offline", "unknown"].contains(state)) {
        return Err(format!("{state:?} is no state of a telephone; online, offline and unknown are").into());
    }
    let mut world = shared.world();
    let phone = world.phones.entry(name.to_owned()).or_default();
    phone.on_call = changes.on_call.unwrap_or(phone.on_call);
    phone.after = changes.after.unwrap_or(phone.after);
    if let Some(state) = changes.state {
        world.phone_state(name, &state);
    }
    Ok(json!(world.phones.get(name)))
}
