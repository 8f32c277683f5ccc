//! Applications: their connections, what they have subscribed to, and who is told of an event.

use indexmap::IndexMap;
use serde_json::{json, Map, Value};
use tokio::sync::mpsc::UnboundedSender;

use super::{now, World, ENTITY};
use crate::log::{Told, What};

/// What a connection is given to do.
#[derive(Clone, Debug)]
pub enum Outgoing {
    Text(String),
    /// A close frame with this code.
    Close(u16),
    /// The end without a close frame.
    Drop,
    /// The end by a RST.
    Reset,
    /// Nothing is read or written from now on, or again.
    Silent(bool),
}

/// A connection for events, of one or several applications.
#[derive(Clone, Debug)]
pub struct Socket {
    pub id: u64,
    pub apps: Vec<String>,
    pub sender: UnboundedSender<Outgoing>,
}

/// Something that events are about and that applications subscribe to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    Channel(String),
    Bridge(String),
    /// `PJSIP/alice`; `PJSIP` alone is all of a technology.
    Endpoint(String),
    Device(String),
}

impl Topic {
    pub fn channel(id: impl Into<String>) -> Topic {
        Topic::Channel(id.into())
    }

    pub fn bridge(id: impl Into<String>) -> Topic {
        Topic::Bridge(id.into())
    }
}

/// An application that is registered.
#[derive(Debug, Default)]
pub struct App {
    pub subscribe_all: bool,
    /// How often each is subscribed to; a subscription ends when it has been taken back as often.
    pub topics: IndexMap<Topic, u32>,
    pub allowed: Vec<Value>,
    pub disallowed: Vec<Value>,
    socket: Option<u64>,
}

#[derive(Debug, Default)]
pub struct Apps {
    pub by_name: IndexMap<String, App>,
    pub sockets: IndexMap<u64, Socket>,
}

impl App {
    pub fn wants(&self, topics: &[Topic]) -> bool {
        let listed = |topic: &Topic| {
            let technology = match topic {
                Topic::Endpoint(name) => name.split_once('/').map(|(technology, _)| Topic::Endpoint(technology.into())),
                _ => None,
            };
            self.topics.contains_key(topic)
                || technology.is_some_and(|technology| self.topics.contains_key(&technology))
        };
        self.subscribe_all || topics.iter().any(listed)
    }

    /// Whether the application's filter lets events of this type pass.
    fn passes(&self, kind: &str) -> bool {
        let names = |list: &[Value]| list.iter().any(|entry| entry["type"] == kind);
        !names(&self.disallowed) && (self.allowed.is_empty() || names(&self.allowed))
    }

    pub fn subscribe(&mut self, topic: Topic) {
        *self.topics.entry(topic).or_default() += 1;
    }

    /// Takes one subscription back; false if there is none.
    pub fn unsubscribe(&mut self, topic: &Topic) -> bool {
        match self.topics.get_mut(topic) {
            None => false,
            Some(1) => self.topics.shift_remove(topic).is_some(),
            Some(count) => {
                *count -= 1;
                true
            }
        }
    }

    /// The application as ARI shows it.
    pub fn json(&self, name: &str) -> Value {
        let ids =
            |pick: fn(&Topic) -> Option<&String>| self.topics.keys().filter_map(pick).cloned().collect::<Vec<_>>();
        json!({
            "name": name,
            "channel_ids": ids(|topic| if let Topic::Channel(id) = topic { Some(id) } else { None }),
            "bridge_ids": ids(|topic| if let Topic::Bridge(id) = topic { Some(id) } else { None }),
            "endpoint_ids": ids(|topic| if let Topic::Endpoint(id) = topic { Some(id) } else { None }),
            "device_names": ids(|topic| if let Topic::Device(id) = topic { Some(id) } else { None }),
            "events_allowed": self.allowed,
            "events_disallowed": self.disallowed,
        })
    }
}

impl World {
    /// A connection takes over its applications; who had them is told so, and hears no more of them.
    pub fn connect(&mut self, socket: Socket, subscribe_all: bool) {
        let id = socket.id;
        let names = socket.apps.clone();
        self.apps.sockets.insert(id, socket);
        for name in &names {
            let known = self.apps.by_name.get(name).and_then(|app| app.socket);
            if known.is_some_and(|known| known != id) {
                self.send(name, json!({"type": "ApplicationReplaced"}));
            }
            let app = self.apps.by_name.entry(name.clone()).or_default();
            app.socket = Some(id);
            app.subscribe_all |= subscribe_all;
            if known.is_none() {
                self.subscribe_to_own(name);
            }
        }
        self.touch();
    }

    /// A connection has ended. Its applications are gone, with what they had subscribed to.
    pub fn disconnect(&mut self, id: u64) {
        self.apps.sockets.shift_remove(&id);
        self.apps.by_name.retain(|_, app| app.socket != Some(id));
        self.touch();
    }

    /// The channels that are in an application, and the bridges those are in, are its own, whoever was connected before.
    fn subscribe_to_own(&mut self, name: &str) {
        let mut topics = Vec::new();
        for channel in self.channels.values().filter(|channel| channel.app() == Some(name)) {
            topics.push(Topic::channel(&channel.id));
            topics.extend(channel.bridge.clone().map(Topic::Bridge));
        }
        topics.into_iter().for_each(|topic| self.subscribe(name, topic));
    }

    /// Subscribes an application, if it is registered.
    pub fn subscribe(&mut self, app: &str, topic: Topic) {
        if let Some(app) = self.apps.by_name.get_mut(app) {
            app.subscribe(topic);
        }
    }

    pub fn unsubscribe(&mut self, app: &str, topic: &Topic) {
        if let Some(app) = self.apps.by_name.get_mut(app) {
            app.unsubscribe(topic);
        }
    }

    /// Whether an application is registered.
    pub fn is_registered(&self, app: &str) -> bool {
        self.apps.by_name.contains_key(app)
    }

    /// Tells an event to every application that listens to one of the topics.
    pub fn publish(&mut self, topics: &[Topic], event: Value) {
        let names: Vec<_> =
            self.apps.by_name.iter().filter(|(_, app)| app.wants(topics)).map(|(name, _)| name.clone()).collect();
        for name in names {
            self.send(&name, event.clone());
        }
    }

    /// Tells an event to one application, whatever it has subscribed to. What all events have is filled in.
    pub fn send(&mut self, name: &str, event: Value) {
        let kind = event["type"].as_str().unwrap_or_default();
        let Some(app) = self.apps.by_name.get(name) else { return };
        if !app.passes(kind) {
            return;
        }
        let event = complete(event, name);
        let socket = app.socket.and_then(|id| self.apps.sockets.get(&id));
        let delivered = socket.is_some_and(|socket| socket.sender.send(Outgoing::Text(event.to_string())).is_ok());
        self.log.add(What::Event(Told { application: name.to_owned(), event, delivered }));
        self.touch();
    }

    /// Takes a topic away from everybody, when what it stands for is gone.
    pub fn forget_topic(&mut self, topic: &Topic) {
        for app in self.apps.by_name.values_mut() {
            app.topics.shift_remove(topic);
        }
    }
}

/// Type and time first and the application last, as Asterisk writes them.
fn complete(event: Value, application: &str) -> Value {
    let Value::Object(mut members) = event else { return event };
    let mut whole = Map::new();
    whole.extend(members.shift_remove_entry("type"));
    if !members.contains_key("timestamp") {
        whole.insert("timestamp".into(), now().into());
    }
    whole.extend(members);
    whole.entry("asterisk_id").or_insert_with(|| ENTITY.into());
    whole.entry("application").or_insert_with(|| application.into());
    Value::Object(whole)
}
