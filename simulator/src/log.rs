//! What happened: every request and every event, for tests to look at and to wait for.

use std::collections::VecDeque;
use std::time::Instant;

use serde::Serialize;
use serde_json::{json, Map, Value};
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// How much is kept; what is older than that is forgotten.
const CAPACITY: usize = 100_000;

/// One thing that happened.
#[derive(Clone, Debug)]
pub struct Record {
    /// Counts requests and events together, from 1.
    pub seq: u64,
    /// Seconds since the simulator started.
    pub at: f64,
    pub what: What,
    /// An expectation has been met by it; it will meet no other.
    pub claimed: bool,
}

#[derive(Clone, Debug)]
pub enum What {
    Request(Asked),
    Event(Told),
}

/// A request of the application and how it was answered.
#[derive(Clone, Debug, Serialize)]
pub struct Asked {
    /// `channels.answer`; none for what is no operation.
    pub operation: Option<&'static str>,
    pub method: String,
    /// Path and query below `/ari`.
    pub target: String,
    pub arguments: Map<String, Value>,
    /// None while it is not answered, or if a fault took the answer away.
    pub status: Option<u16>,
    /// What an error said.
    pub message: Option<String>,
}

/// An event that was sent to an application. There may be many: they are kept as the text that was sent.
#[derive(Clone, Debug)]
pub struct Told {
    pub application: String,
    pub kind: String,
    pub text: Utf8Bytes,
    /// Whether the application was connected.
    pub delivered: bool,
}

impl Told {
    pub fn event(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }
}

impl Record {
    /// The record as tests get it.
    pub fn json(&self) -> Value {
        let mut json = match &self.what {
            What::Request(asked) => json!(asked),
            What::Event(told) => {
                json!({ "application": told.application, "event": told.event(), "delivered": told.delivered })
            }
        };
        json["seq"] = self.seq.into();
        json["at"] = self.at.into();
        json
    }
}

/// Everything that happened since the start, or since it was last cleared.
pub struct Log {
    began: Instant,
    next: u64,
    records: VecDeque<Record>,
}

impl Log {
    pub fn new() -> Log {
        Log { began: Instant::now(), next: 1, records: VecDeque::new() }
    }

    /// Adds a record and gives its number.
    pub fn add(&mut self, what: What) -> u64 {
        if self.records.len() == CAPACITY {
            self.records.pop_front();
        }
        let seq = self.next;
        self.next += 1;
        let at = self.began.elapsed().as_secs_f64();
        self.records.push_back(Record { seq, at, what, claimed: false });
        seq
    }

    /// Says how a request was answered.
    pub fn answered(&mut self, seq: u64, answered: u16, said: Option<String>) {
        if let Some(Record { what: What::Request(asked), .. }) = self.record(seq) {
            asked.status = Some(answered);
            asked.message = said;
        }
    }

    pub fn record(&mut self, seq: u64) -> Option<&mut Record> {
        let at = self.records.binary_search_by_key(&seq, |record| record.seq).ok()?;
        self.records.get_mut(at)
    }

    /// What happened after this number.
    pub fn after(&self, seq: u64) -> impl DoubleEndedIterator<Item = &Record> {
        let from = self.records.partition_point(|record| record.seq <= seq);
        self.records.range(from..)
    }

    /// The number of the newest record.
    pub fn last(&self) -> u64 {
        self.next - 1
    }

    pub fn clear(&mut self) {
        self.records.clear();
    }
}
