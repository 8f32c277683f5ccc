//! A channel: what it is, and what is told of it.
//!
//! Events show a channel as it was last published, not as it is: Asterisk does so, and the position in the dialplan often
//! is another by then. [`World::publish_snapshot`] tells what has changed since.

use std::time::Instant;

use serde_json::{json, Map, Value};

use super::apps::Topic;
use super::clock::Timer;
use super::dial::Dialling;
use super::keys::Wanted;
use super::variables::Values;
use super::{now, World};
use crate::dialplan::{Position, Return};

/// How far a call has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Down,
    /// It calls, and rings at the other end.
    Ring,
    /// It is called, and rings.
    Ringing,
    Up,
    Busy,
}

impl State {
    pub const ALL: [State; 5] = [State::Down, State::Ring, State::Ringing, State::Up, State::Busy];

    pub fn as_str(self) -> &'static str {
        match self {
            State::Down => "Down",
            State::Ring => "Ring",
            State::Ringing => "Ringing",
            State::Up => "Up",
            State::Busy => "Busy",
        }
    }
}

/// Somebody at an end of a call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Party {
    pub name: String,
    pub number: String,
}

impl Party {
    /// `"Ann" <123>`, `Ann <123>` or `123`.
    pub fn parse(text: &str) -> Party {
        let unquote = |text: &str| text.trim().trim_matches('"').to_owned();
        match text.split_once('<') {
            Some((name, number)) => {
                Party { name: unquote(name), number: unquote(number.trim_end().trim_end_matches('>')) }
            }
            None if text.trim().starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '*' | '#')) => {
                Party { name: String::new(), number: unquote(text) }
            }
            None => Party { name: unquote(text), number: String::new() },
        }
    }

    pub fn json(&self) -> Value {
        json!({ "name": self.name, "number": self.number })
    }
}

/// Who has a channel.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// Nobody yet: it was made and not dialled, or the telephone that it calls has not answered.
    Nowhere,
    /// The dialplan, at `Channel::at`.
    Dialplan,
    /// An application.
    Stasis { app: String },
}

/// What runs the dialplan for a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pbx {
    None,
    /// The channel began in the dialplan and ends there, with its extension `h`.
    Outer,
    /// An application that nobody called from the dialplan has sent the channel there.
    Inner,
}

/// The part of a channel whose changes are events.
#[derive(Clone, Debug, PartialEq)]
struct Shown {
    state: State,
    caller: Party,
    connected: Party,
    at: Position,
    app_name: String,
    app_data: String,
}

/// A channel.
#[derive(Clone, Debug)]
pub struct Channel {
    pub id: String,
    pub name: String,
    pub protocol_id: String,
    pub state: State,
    pub caller: Party,
    pub connected: Party,
    pub accountcode: String,
    pub language: String,
    pub created: String,
    /// Where it is in the dialplan, or would go on.
    pub at: Position,
    pub app_name: String,
    pub app_data: String,
    /// What `app_name` and `app_data` are again when a line of the dialplan is over.
    pub beneath: (String, String),
    shown: Option<Shown>,
    pub variables: Values,
    /// Names of the variables that the channel shows in every event.
    pub reported: Vec<String>,
    pub returns: Vec<Return>,
    pub place: Place,
    pub pbx: Pbx,
    pub bridge: Option<String>,
    /// The other half of a Local channel.
    pub half: Option<String>,
    /// The telephone at its end: `PJSIP/alice`.
    pub phone: Option<String>,
    /// The channel that it talks to by the dialplan's `Dial`.
    pub partner: Option<String>,
    /// The channel that it listens to.
    pub snoops_on: Option<String>,
    /// What stands after the technology in the name of what it calls: `100@default`.
    pub destination: String,
    pub dialling: Option<Dialling>,
    /// What it waits for in the dialplan or while it is dialled; called off when it goes elsewhere.
    pub waiting: Option<Timer>,
    /// The keys that the dialplan waits for.
    pub wanted: Option<Wanted>,
    pub muted_in: bool,
    pub muted_out: bool,
    /// The class of the music it hears.
    pub moh: Option<String>,
    pub silence: bool,
    pub ringing: bool,
    pub held: bool,
    pub talk_detect: bool,
    /// Media that was played to it to the end.
    pub heard: Vec<String>,
    /// What the dialplan plays to it.
    pub hears: Vec<String>,
    /// Why it ended, or is going to end.
    pub cause: u32,
    pub tech_cause: u32,
    /// It is on its way out.
    pub hung_up: bool,
    pub since: Instant,
}

impl Channel {
    /// A channel that nobody has yet.
    pub fn new(id: String, name: String) -> Channel {
        Channel {
            id,
            name,
            protocol_id: String::new(),
            state: State::Down,
            caller: Party::default(),
            connected: Party::default(),
            accountcode: String::new(),
            language: "en".into(),
            created: now(),
            at: Position::new("default", "s", 1),
            app_name: String::new(),
            app_data: String::new(),
            beneath: Default::default(),
            shown: None,
            variables: Values::default(),
            reported: Vec::new(),
            returns: Vec::new(),
            place: Place::Nowhere,
            pbx: Pbx::None,
            bridge: None,
            half: None,
            phone: None,
            partner: None,
            snoops_on: None,
            destination: String::new(),
            dialling: None,
            waiting: None,
            wanted: None,
            muted_in: false,
            muted_out: false,
            moh: None,
            silence: false,
            ringing: false,
            held: false,
            talk_detect: false,
            heard: Vec::new(),
            hears: Vec::new(),
            cause: 0,
            tech_cause: 0,
            hung_up: false,
            since: Instant::now(),
        }
    }

    /// The application that has it.
    pub fn app(&self) -> Option<&str> {
        match &self.place {
            Place::Stasis { app } => Some(app),
            _ => None,
        }
    }

    /// `Local` of `Local/100@default-00000000;1`.
    pub fn technology(&self) -> &str {
        self.name.split_once('/').map_or("", |(technology, _)| technology)
    }

    /// The channel as ARI shows it.
    pub fn json(&self) -> Value {
        let live = self.live();
        let shown = self.shown.as_ref().unwrap_or(&live);
        let mut json = json!({
            "id": self.id,
            "name": self.name,
            "state": shown.state.as_str(),
            "protocol_id": self.protocol_id,
            "caller": shown.caller.json(),
            "connected": shown.connected.json(),
            "accountcode": self.accountcode,
            "dialplan": {
                "context": shown.at.context,
                "exten": shown.at.exten,
                "priority": shown.at.priority,
                "app_name": shown.app_name,
                "app_data": shown.app_data,
            },
            "creationtime": self.created,
            "language": self.language,
        });
        if !self.reported.is_empty() {
            let value = |name: &String| (name.clone(), self.variables.get(name).unwrap_or_default().into());
            json["channelvars"] = self.reported.iter().map(value).collect::<Map<_, _>>().into();
        }
        json
    }

    fn live(&self) -> Shown {
        Shown {
            state: self.state,
            caller: self.caller.clone(),
            connected: self.connected.clone(),
            at: self.at.clone(),
            app_name: self.app_name.clone(),
            app_data: self.app_data.clone(),
        }
    }

    /// What events about it are about.
    pub fn topics(&self) -> Vec<Topic> {
        let mut topics = vec![Topic::channel(&self.id)];
        topics.extend(self.phone.clone().map(Topic::Endpoint));
        topics
    }
}

impl World {
    /// Tells an event about a channel; the channel as it was last published is filled in.
    pub fn publish_channel(&mut self, id: &str, kind: &str, members: Value) {
        let Some(channel) = self.channels.get(id) else { return };
        let listeners = self.listeners(&channel.topics());
        if listeners.is_empty() {
            return;
        }
        let mut event = json!({ "type": kind });
        merge(&mut event, members);
        event["channel"] = channel.json();
        self.tell_all(listeners, event);
    }

    /// Publishes a channel as it is now, and tells what has changed.
    pub fn publish_snapshot(&mut self, id: &str) {
        self.publish_change(id, None);
    }

    /// Publishes a channel for the last time.
    pub(super) fn publish_end(&mut self, id: &str, causes: Value) {
        self.publish_change(id, Some(causes));
    }

    fn publish_change(&mut self, id: &str, end: Option<Value>) {
        let Some(channel) = self.channels.get_mut(id) else { return };
        let new = channel.live();
        let Some(old) = channel.shown.replace(new.clone()) else {
            return self.publish_channel(id, "ChannelCreated", json!({}));
        };
        if let Some(causes) = end {
            self.publish_channel(id, "ChannelDestroyed", causes);
        } else if old.state != new.state {
            self.publish_channel(id, "ChannelStateChange", json!({}));
        }
        // Another application at the same place is no news.
        if !new.app_name.is_empty() && (old.at != new.at || old.app_name.is_empty()) {
            let line = json!({ "dialplan_app": new.app_name, "dialplan_app_data": new.app_data });
            self.publish_channel(id, "ChannelDialplan", line);
        }
        if old.caller != new.caller {
            let shown = json!({
                "caller_presentation": 0,
                "caller_presentation_txt": "Presentation Allowed, Not Screened",
            });
            self.publish_channel(id, "ChannelCallerId", shown);
        }
        if old.connected != new.connected {
            self.publish_channel(id, "ChannelConnectedLine", json!({}));
        }
    }

    pub fn set_state(&mut self, id: &str, state: State) {
        let Some(channel) = self.channels.get_mut(id) else { return };
        if channel.state != state {
            channel.state = state;
            self.publish_snapshot(id);
        }
    }

    /// Sets a variable and says so.
    pub fn set_variable(&mut self, id: &str, name: &str, value: &str) {
        let Some(channel) = self.channels.get_mut(id) else { return };
        channel.variables.set(name, value);
        self.publish_channel(id, "ChannelVarset", json!({ "variable": name, "value": value }));
    }

    /// Says which line of the dialplan a channel carries out.
    pub fn set_application(&mut self, id: &str, name: &str, data: &str) {
        let Some(channel) = self.channels.get_mut(id) else { return };
        channel.app_name = name.to_owned();
        channel.app_data = data.to_owned();
        self.publish_snapshot(id);
    }

    /// Calls off what a channel waits for.
    pub fn stop_waiting(&mut self, id: &str) {
        let Some(channel) = self.channels.get_mut(id) else { return };
        channel.wanted = None;
        channel.hears.clear();
        if let Some(timer) = channel.waiting.take() {
            self.cancel(timer);
        }
    }

    /// Does something with a channel after some simulated seconds, unless it goes elsewhere before.
    pub fn wait(&mut self, id: &str, seconds: f64, then: impl FnOnce(&mut World, &str) + Send + 'static) {
        let owned = id.to_owned();
        let timer = self.after(seconds, move |world| then(world, &owned));
        match self.channels.get_mut(id) {
            Some(channel) => {
                if let Some(before) = channel.waiting.replace(timer) {
                    self.cancel(before);
                }
            }
            None => self.cancel(timer),
        }
    }

    /// Changes a channel, if it is there.
    pub fn alter(&mut self, id: &str, change: impl FnOnce(&mut Channel)) {
        if let Some(channel) = self.channels.get_mut(id) {
            change(channel);
        }
    }
}

/// Adds the members of one object to another.
pub fn merge(into: &mut Value, members: Value) {
    if let (Value::Object(into), Value::Object(members)) = (into, members) {
        into.extend(members);
    }
}
