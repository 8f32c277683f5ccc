//! A channel: what it is, and the steps that every call is made of.

use std::time::Instant;

use indexmap::IndexMap;
use serde_json::{json, Value};

use super::apps::Topic;
use super::clock::Timer;
use super::{now, World};
use crate::dialplan::Position;

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
    pub variables: IndexMap<String, String>,
    pub place: Place,
    pub bridge: Option<String>,
    /// The other half of a Local channel.
    pub half: Option<String>,
    /// The telephone at its end: `PJSIP/alice`.
    pub phone: Option<String>,
    /// What it waits for in the dialplan or while it is dialled; called off when it goes elsewhere.
    pub waiting: Option<Timer>,
    pub muted_in: bool,
    pub muted_out: bool,
    /// The class of the music it hears.
    pub moh: Option<String>,
    pub silence: bool,
    pub ringing: bool,
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
            at: Position { context: "default".into(), exten: "s".into(), priority: 1 },
            app_name: String::new(),
            app_data: String::new(),
            variables: IndexMap::new(),
            place: Place::Nowhere,
            bridge: None,
            half: None,
            phone: None,
            waiting: None,
            muted_in: false,
            muted_out: false,
            moh: None,
            silence: false,
            ringing: false,
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

    /// The channel as ARI shows it.
    pub fn json(&self) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "state": self.state.as_str(),
            "protocol_id": self.protocol_id,
            "caller": self.caller.json(),
            "connected": self.connected.json(),
            "accountcode": self.accountcode,
            "dialplan": {
                "context": self.at.context,
                "exten": self.at.exten,
                "priority": self.at.priority,
                "app_name": self.app_name,
                "app_data": self.app_data,
            },
            "creationtime": self.created,
            "language": self.language,
        })
    }

    /// What events about it are about.
    pub fn topics(&self) -> Vec<Topic> {
        let mut topics = vec![Topic::channel(&self.id)];
        topics.extend(self.phone.clone().map(Topic::Endpoint));
        topics
    }
}

impl World {
    /// Tells an event about a channel; the channel as it is now is filled in.
    pub fn publish_channel(&mut self, id: &str, kind: &str, members: Value) {
        let Some(channel) = self.channels.get(id) else { return };
        let mut event = json!({ "type": kind });
        merge(&mut event, members);
        event["channel"] = channel.json();
        let topics = channel.topics();
        self.publish(&topics, event);
    }

    pub fn set_state(&mut self, id: &str, state: State) {
        let Some(channel) = self.channels.get_mut(id) else { return };
        if channel.state != state {
            channel.state = state;
            self.publish_channel(id, "ChannelStateChange", json!({}));
        }
    }

    /// Sets a variable and says so.
    pub fn set_variable(&mut self, id: &str, name: &str, value: &str) {
        let Some(channel) = self.channels.get_mut(id) else { return };
        // Heirs are known by what they have inherited, not by how.
        channel.variables.insert(name.trim_start_matches('_').to_owned(), value.to_owned());
        self.publish_channel(id, "ChannelVarset", json!({ "variable": name, "value": value }));
    }

    /// Says which line of the dialplan a channel carries out.
    pub fn set_application(&mut self, id: &str, name: &str, data: &str) {
        let Some(channel) = self.channels.get_mut(id) else { return };
        channel.app_name = name.to_owned();
        channel.app_data = data.to_owned();
    }

    /// Gives a channel to an application.
    pub fn enter_stasis(&mut self, id: &str, app: &str, args: &[String]) {
        self.set_variable(id, "STASISSTATUS", "");
        let Some(channel) = self.channels.get_mut(id) else { return };
        channel.place = Place::Stasis { app: app.to_owned() };
        let event = json!({ "type": "StasisStart", "args": args, "channel": channel.json() });
        self.send(app, event);
        self.subscribe(app, Topic::channel(id));
    }

    /// Takes a channel from its application.
    pub fn leave_stasis(&mut self, id: &str) {
        let Some(channel) = self.channels.get_mut(id) else { return };
        let Place::Stasis { app } = std::mem::replace(&mut channel.place, Place::Nowhere) else { return };
        let event = json!({ "type": "StasisEnd", "channel": channel.json() });
        self.send(&app, event);
        self.unsubscribe(&app, &Topic::channel(id));
    }

    /// Calls off what a channel waits for.
    pub fn stop_waiting(&mut self, id: &str) {
        if let Some(timer) = self.channels.get_mut(id).and_then(|channel| channel.waiting.take()) {
            self.cancel(timer);
        }
    }
}

/// Adds the members of one object to another.
pub fn merge(into: &mut Value, members: Value) {
    if let (Value::Object(into), Value::Object(members)) = (into, members) {
        into.extend(members);
    }
}
