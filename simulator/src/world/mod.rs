//! The state of the simulated Asterisk: what exists, who listens, and what is going to happen.
//!
//! Everything here is done under one lock and never waits. What takes time is a timer.

pub mod apps;
pub mod channel;
pub mod clock;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use indexmap::IndexMap;
use serde_json::Value;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::OffsetDateTime;
use tokio::sync::Notify;

use crate::answer::Answer;
use crate::dialplan::Dialplan;
use crate::log::Log;
use crate::options::Options;
use apps::Apps;
use channel::Channel;
use clock::Clock;

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
    pub globals: BTreeMap<String, String>,
    pub clock: Clock,
    pub log: Log,
    /// Told whenever anything may have changed that somebody waits for.
    pub changed: Arc<Notify>,
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
            globals: BTreeMap::new(),
            log: Log::new(),
            changed: Arc::default(),
            counter: 0,
            options,
            dialplan,
        }
    }

    /// Forgets everything but the log and who waits, as a restart does.
    pub fn restart(&mut self) {
        let fresh = World::new(self.options.clone(), self.dialplan.clone());
        let old = std::mem::replace(self, fresh);
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
