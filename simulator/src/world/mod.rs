//! The state of the simulated Asterisk: what exists, who listens, and what is going to happen.
//!
//! Everything here is done under one lock and never waits. What takes time is a timer.

pub mod apps;
pub mod bridge;
pub mod channel;
pub mod claims;
pub mod clock;
pub mod device;
pub mod dial;
pub mod endpoint;
mod hangup;
pub mod keys;
pub mod make;
pub mod members;
mod party;
mod phone;
mod plan;
pub mod playback;
pub mod recording;
pub mod sounds;
mod stasis;
pub mod stored;
pub mod system;
pub mod target;
mod variables;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use indexmap::IndexMap;
use serde_json::Value;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::OffsetDateTime;
use tokio::sync::{oneshot, Notify};

use crate::answer::Answer;
use crate::dialplan::Dialplan;
use crate::log::Log;
use crate::options::{Options, Phone};
use apps::Apps;
use bridge::Bridge;
use channel::Channel;
use claims::Offer;
use clock::{Clock, Task};
use device::Devices;
use playback::Playback;
use recording::Recordings;
use system::System;
use target::{Job, Target};

/// The entity id of every simulated Asterisk.
pub const ENTITY: &str = "02:00:00:00:00:01";

pub struct World {
    pub options: Arc<Options>,
    pub dialplan: Arc<Dialplan>,
    pub started: String,
    pub channels: IndexMap<String, Channel>,
    /// Channels that are gone, as they were last; tests ask for them.
    pub gone: IndexMap<String, Value>,
    pub apps: Apps,
    pub bridges: BTreeMap<String, Bridge>,
    /// What is done with channels and bridges, one thing after the other.
    pub jobs: HashMap<Target, VecDeque<Job>>,
    pub playbacks: IndexMap<String, Playback>,
    /// What waits for playbacks to end.
    commands: HashMap<String, Task>,
    /// What the answer to the present request waits for.
    pub held: Vec<oneshot::Receiver<()>>,
    pub recordings: Recordings,
    /// Calls that are offered to applications, by channel.
    pub offers: HashMap<String, Offer>,
    pub phones: BTreeMap<String, Phone>,
    pub devices: Devices,
    /// Old and new messages.
    pub mailboxes: BTreeMap<String, (i64, i64)>,
    pub system: System,
    pub globals: BTreeMap<String, String>,
    pub clock: Clock,
    pub log: Log,
    /// Told whenever anything may have changed that somebody waits for.
    pub changed: Arc<Notify>,
    /// Calls to telephones that no test has asked for yet: the telephone and the channel.
    pub placed: Vec<(String, String)>,
    /// How many names of a kind there are.
    names: HashMap<&'static str, u64>,
    counter: u64,
}

impl World {
    pub fn new(options: Arc<Options>, dialplan: Arc<Dialplan>) -> World {
        World {
            clock: Clock::new(options.speed),
            started: now(),
            channels: IndexMap::new(),
            gone: IndexMap::new(),
            apps: Apps::default(),
            bridges: BTreeMap::new(),
            jobs: HashMap::new(),
            playbacks: IndexMap::new(),
            commands: HashMap::new(),
            held: Vec::new(),
            recordings: Recordings::default(),
            offers: HashMap::new(),
            phones: options.phones.clone(),
            devices: Devices::default(),
            mailboxes: BTreeMap::new(),
            system: System::default(),
            globals: dialplan.globals().iter().cloned().collect(),
            log: Log::new(),
            changed: Arc::default(),
            placed: Vec::new(),
            names: HashMap::new(),
            counter: 0,
            options,
            dialplan,
        }
    }

    /// Forgets everything but the log and who waits, as a restart does.
    pub fn restart(&mut self) {
        let fresh = World::new(self.options.clone(), self.dialplan.clone());
        let mut old = std::mem::replace(self, fresh);
        for channel in old.channels.values() {
            let mut call = old.call_json(channel);
            call["hung_up"] = true.into();
            old.gone.insert(channel.id.clone(), call);
        }
        self.gone = old.gone;
        self.log = old.log;
        self.changed = old.changed;
        self.clock.take_over(old.clock);
        self.counter = old.counter;
    }

    /// The next number of a kind of names, such as those of Local channels.
    pub fn number(&mut self) -> u64 {
        self.counter += 1;
        self.counter - 1
    }

    /// Counts the names of a kind, from 0.
    pub fn count(&mut self, kind: &'static str) -> u64 {
        let count = self.names.entry(kind).or_default();
        *count += 1;
        *count - 1
    }

    /// An id as Asterisk makes them for channels: `1764000000.7`.
    pub fn channel_id(&mut self) -> String {
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        format!("{seconds}.{}", self.number())
    }

    /// An id as Asterisk makes them for bridges, playbacks and the like.
    pub fn uuid(&mut self) -> String {
        let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64);
        let mixed = (nanos ^ self.number().rotate_left(40)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let low = mixed ^ (mixed >> 29);
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            mixed >> 32,
            (mixed >> 16) & 0xffff,
            mixed & 0xfff,
            0x8000 | (low & 0x3fff),
            low & 0xffff_ffff_ffff
        )
    }

    /// Says that something has changed, to whoever waits for it.
    pub fn touch(&self) {
        self.changed.notify_waiters();
    }

    pub fn channel(&self, id: &str) -> Result<&Channel, Answer> {
        self.channels.get(id).ok_or_else(|| Answer::refuse(404, "Channel not found"))
    }
}

/// The time, as Asterisk writes it.
pub fn now() -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]+0000");
    let now = OffsetDateTime::now_utc();
    now.format(format).or_else(|_| now.format(&Rfc3339)).unwrap_or_default()
}
