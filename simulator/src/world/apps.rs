//! Applications: their connections, what they have subscribed to, and who is told of an event.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde_json::{json, Map, Value};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::Sender;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::{now, World, ENTITY};
use crate::log::{Told, What};

/// What a connection is given to do.
#[derive(Clone, Debug)]
pub enum Outgoing {
    Text(Utf8Bytes),
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
    /// Its applications listen to everything.
    pub subscribe_all: bool,
    /// What is sent on it is lost.
    pub silent: bool,
    pub sender: Sender<Outgoing>,
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

    fn name(&self) -> &str {
        match self {
            Topic::Channel(name) | Topic::Bridge(name) | Topic::Endpoint(name) | Topic::Device(name) => name,
        }
    }

    /// Everything of the same kind, by the name that Asterisk shows for it.
    fn all(&self) -> Topic {
        match self {
            Topic::Channel(_) => Topic::channel("__AST_CHANNEL_ALL_TOPIC"),
            Topic::Bridge(_) => Topic::bridge("__AST_BRIDGE_ALL_TOPIC"),
            Topic::Endpoint(_) => Topic::Endpoint("__AST_ENDPOINT_ALL_TOPIC".into()),
            Topic::Device(_) => Topic::Device("__AST_DEVICE_STATE_ALL_TOPIC".into()),
        }
    }

    pub fn is_all(&self) -> bool {
        *self == self.all()
    }

    /// Without a name a topic stands for everything of its kind.
    pub fn all_if_empty(self) -> Topic {
        match self.name() {
            "" => self.all(),
            _ => self,
        }
    }
}

/// An application that is registered.
#[derive(Debug, Default)]
pub struct App {
    /// How often each is subscribed to; a subscription ends when it has been taken back as often.
    pub topics: IndexMap<Topic, u32>,
    pub allowed: Vec<Value>,
    pub disallowed: Vec<Value>,
    socket: Option<u64>,
}

#[derive(Debug, Default)]
pub struct Apps {
    /// Those that are connected, or were and are still subscribed to a channel, a bridge or an endpoint.
    pub by_name: BTreeMap<String, App>,
    /// The devices that applications were subscribed to that are gone.
    devices: BTreeMap<String, IndexMap<Topic, u32>>,
    pub sockets: IndexMap<u64, Socket>,
}

impl App {
    pub fn is_connected(&self) -> bool {
        self.socket.is_some()
    }

    fn subscribe_to_all(&mut self) {
        let empty = String::new;
        for kind in [Topic::Channel(empty()), Topic::Bridge(empty()), Topic::Endpoint(empty()), Topic::Device(empty())]
        {
            self.subscribe(kind.all());
        }
    }

    /// How often an event comes: who has subscribed to one of a kind and then to all of it hears everything twice.
    fn copies(&self, topics: &[Topic]) -> usize {
        let copies = |topic: &Topic| {
            let technology = match topic {
                Topic::Endpoint(name) => name.split_once('/').map(|(technology, _)| Topic::Endpoint(technology.into())),
                _ => None,
            };
            let one = self.topics.contains_key(topic)
                || technology.is_some_and(|technology| self.topics.contains_key(&technology));
            usize::from(one) + usize::from(self.topics.contains_key(&topic.all()))
        };
        topics.iter().map(copies).max().unwrap_or(0)
    }

    /// Whether the application's filter lets events of this type pass.
    fn passes(&self, kind: &str) -> bool {
        let names = |list: &[Value]| list.iter().any(|entry| entry["type"] == kind);
        !names(&self.disallowed) && (self.allowed.is_empty() || names(&self.allowed))
    }

    /// Who has subscribed to all of a kind needs nothing more of it.
    pub fn subscribe(&mut self, topic: Topic) {
        if !self.topics.contains_key(&topic.all()) {
            *self.topics.entry(topic).or_default() += 1;
        }
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
        let ids = |is_wanted: fn(&&Topic) -> bool| {
            let mut ids: Vec<_> = self.topics.keys().filter(is_wanted).map(Topic::name).collect();
            ids.sort_unstable();
            ids
        };
        json!({
            "name": name,
            "channel_ids": ids(|topic| matches!(topic, Topic::Channel(_))),
            "bridge_ids": ids(|topic| matches!(topic, Topic::Bridge(_))),
            "endpoint_ids": ids(|topic| matches!(topic, Topic::Endpoint(_))),
            "device_names": ids(|topic| matches!(topic, Topic::Device(_))),
            "events_allowed": self.allowed,
            "events_disallowed": self.disallowed,
        })
    }
}

impl Apps {
    /// The names of applications that are connected.
    pub fn connected(&self) -> impl Iterator<Item = &str> {
        self.by_name.iter().filter(|(_, app)| app.is_connected()).map(|(name, _)| name.as_str())
    }
}

impl World {
    /// A connection takes over its applications; who had them is told so, and hears no more of them.
    pub fn connect(&mut self, socket: Socket) {
        let (id, subscribe_all) = (socket.id, socket.subscribe_all);
        let names = socket.apps.clone();
        self.apps.sockets.insert(id, socket);
        for name in &names {
            let known = self.apps.by_name.get(name).and_then(|app| app.socket);
            if known.is_some_and(|known| known != id) {
                self.send(name, json!({"type": "ApplicationReplaced"}));
            }
            if !self.apps.by_name.contains_key(name) {
                let topics = self.apps.devices.remove(name).unwrap_or_default();
                let mut app = App { topics, ..App::default() };
                if subscribe_all {
                    app.subscribe_to_all();
                }
                self.apps.by_name.insert(name.clone(), app);
            }
            if let Some(app) = self.apps.by_name.get_mut(name) {
                app.socket = Some(id);
            }
        }
        self.touch();
    }

    /// Gives a connection something to do. One that ends is nobody's from now on. False if it has ended already.
    pub fn tell_socket(&mut self, id: u64, outgoing: &Outgoing) -> bool {
        let Some(socket) = self.apps.sockets.get_mut(&id) else { return false };
        let told = socket.sender.try_send(outgoing.clone()).is_ok();
        match outgoing {
            Outgoing::Silent(silent) => socket.silent = *silent,
            _ => self.disconnect(id),
        }
        told
    }

    /// A connection has ended. Its applications go, unless there is a channel, a bridge or an endpoint that they listen to;
    /// then they wait with their filters to be connected again. What was subscribed to as a whole is over.
    pub fn disconnect(&mut self, id: u64) {
        self.apps.sockets.shift_remove(&id);
        let gone: Vec<_> =
            self.apps.by_name.iter().filter(|(_, app)| app.socket == Some(id)).map(|(name, _)| name.clone()).collect();
        for name in gone {
            let Some(app) = self.apps.by_name.get_mut(&name) else { continue };
            app.socket = None;
            app.topics.retain(|topic, _| !topic.is_all());
        }
        self.forget_apps();
        self.touch();
    }

    /// Forgets the applications that nobody serves and nothing is left of but devices.
    fn forget_apps(&mut self) {
        let is_gone =
            |app: &App| app.socket.is_none() && app.topics.keys().all(|topic| matches!(topic, Topic::Device(_)));
        let gone = self.apps.by_name.iter().filter(|(_, app)| is_gone(app)).map(|(name, _)| name.clone());
        for name in gone.collect::<Vec<_>>() {
            if let Some(app) = self.apps.by_name.remove(&name).filter(|app| !app.topics.is_empty()) {
                self.apps.devices.insert(name, app.topics);
            }
        }
    }

    /// Subscribes an application, if it is known.
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

    /// Whether an application is there and connected.
    pub fn is_registered(&self, app: &str) -> bool {
        self.apps.by_name.get(app).is_some_and(App::is_connected)
    }

    /// Tells an event to every application that listens to one of the topics.
    pub fn publish(&mut self, topics: &[Topic], event: Value) {
        self.tell_all(self.listeners(topics), event);
    }

    /// Who listens to one of the topics, and how often an event comes there.
    pub fn listeners(&self, topics: &[Topic]) -> Vec<(String, usize)> {
        let copies = self.apps.by_name.iter().map(|(name, app)| (name, app.copies(topics)));
        copies.filter(|(_, copies)| *copies > 0).map(|(name, copies)| (name.clone(), copies)).collect()
    }

    /// Tells an event to those who listen.
    pub fn tell_all(&mut self, listeners: Vec<(String, usize)>, event: Value) {
        for (name, copies) in listeners {
            (0..copies).for_each(|_| self.send(&name, event.clone()));
        }
    }

    /// Tells an event to one application, whatever it has subscribed to. What all events have is filled in.
    pub fn send(&mut self, name: &str, event: Value) {
        let kind = event["type"].as_str().unwrap_or_default();
        let Some(app) = self.apps.by_name.get(name) else { return };
        if !app.passes(kind) {
            return;
        }
        let (application, kind) = (name.to_owned(), kind.to_owned());
        let text = Utf8Bytes::from(complete(event, name).to_string());
        let socket = app.socket.and_then(|id| self.apps.sockets.get(&id)).filter(|socket| !socket.silent);
        let sent = socket.map(|socket| (socket.id, socket.sender.try_send(Outgoing::Text(text.clone()))));
        let delivered = matches!(sent, Some((_, Ok(()))));
        self.log.add(What::Event(Told { application, kind, text, delivered }));
        if let Some((id, Err(TrySendError::Full(_)))) = sent {
            // As Asterisk does with who does not read.
            tracing::warn!("the connection of {name:?} does not read its events, and is given up");
            self.disconnect(id);
        }
        self.touch();
    }

    /// Takes a topic away from everybody, when what it stands for is gone.
    pub fn forget_topic(&mut self, topic: &Topic) {
        for app in self.apps.by_name.values_mut() {
            app.topics.shift_remove(topic);
        }
        self.forget_apps();
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
