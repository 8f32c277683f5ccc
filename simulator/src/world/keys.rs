//! Keys: pressed at one end of a call, heard at the other, waited for by the dialplan.

use serde_json::json;

use super::channel::Place;
use super::World;

/// Seconds that the dialplan waits for the first key, and for each further one.
pub const FIRST: f64 = 10.0;
const NEXT: f64 = 5.0;
/// A `w` among the keys is a pause of so many milliseconds.
const PAUSE: u64 = 500;

/// Seconds until a key has gone through a bridge, so that one that goes round takes its time.
const FRAME: f64 = 0.02;

/// What the dialplan makes of keys.
#[derive(Clone, Debug, PartialEq)]
pub enum Wanted {
    /// An extension to go to.
    Exten { digits: String },
    /// The value of a variable.
    Read { variable: String, digits: String, most: u32, attempts: u32, seconds: Option<f64> },
    /// Keys are sent back; the pound key ends it.
    Echo,
    /// The pound key ends it.
    Pound,
}

impl Wanted {
    pub fn exten() -> Wanted {
        Wanted::Exten { digits: String::new() }
    }

    pub fn read(variable: String, most: u32, attempts: u32, seconds: Option<f64>) -> Wanted {
        // Asterisk has no place for more.
        let most = if most == 0 { 255 } else { most.min(255) };
        Wanted::Read { variable, digits: String::new(), most, attempts, seconds }
    }
}

/// Milliseconds around and between keys.
#[derive(Clone, Copy)]
pub struct Times {
    pub before: u64,
    pub each: u64,
    pub between: u64,
    pub after: u64,
}

fn is_key(key: char) -> bool {
    key.is_ascii_digit() || matches!(key, '*' | '#' | 'A'..='D' | 'a'..='d')
}

impl World {
    /// A channel sends keys to its other end. Gives the seconds that this takes.
    pub fn send_keys(&mut self, id: &str, keys: &str, times: Times) -> f64 {
        let half = self.channels.get(id).and_then(|channel| channel.half.clone());
        self.keys(half, keys, times)
    }

    /// Somebody at the other end of a channel presses keys. Gives the seconds that this takes.
    pub fn press_keys(&mut self, id: &str, keys: &str, times: Times) -> f64 {
        self.keys(Some(id.to_owned()), keys, times)
    }

    fn keys(&mut self, to: Option<String>, keys: &str, times: Times) -> f64 {
        let mut at = times.before;
        for key in keys.chars() {
            match key {
                'w' => at += PAUSE,
                key if is_key(key) => {
                    at += times.each;
                    if let Some(to) = to.clone() {
                        let key = key.to_ascii_uppercase();
                        self.after(at as f64 / 1000.0, move |world| world.receive_key(&to, key, times.each));
                    }
                    at += times.between;
                }
                _ => {}
            }
        }
        (at + times.after) as f64 / 1000.0
    }

    /// A key comes in on a channel.
    pub fn receive_key(&mut self, id: &str, key: char, ms: u64) {
        let Some(channel) = self.channels.get(id).filter(|channel| !channel.hung_up) else { return };
        let (place, partner) = (channel.place.clone(), channel.partner.clone());
        self.publish_channel(id, "ChannelDtmfReceived", json!({ "digit": key.to_string(), "duration_ms": ms }));
        self.recording_key(id, key);
        let hear: Vec<_> = self.bridge_hears(id).into_iter().chain(partner).collect();
        for other in hear {
            if let Some(half) = self.channels.get(&other).and_then(|other| other.half.clone()) {
                self.after(FRAME, move |world| world.receive_key(&half, key, ms));
            }
        }
        if place == Place::Dialplan {
            self.key_in_plan(id, key, ms);
        }
    }

    /// The dialplan waits for keys, so long for the first.
    pub fn want(&mut self, id: &str, wanted: Wanted, seconds: f64) {
        self.wait(id, seconds, World::no_key);
        self.alter(id, |channel| channel.wanted = Some(wanted));
    }

    /// A prompt is over; from now on the time for keys counts.
    pub fn prompt_over(&mut self, id: &str) {
        self.alter(id, |channel| channel.hears.clear());
        let seconds = match self.channels.get(id).and_then(|channel| channel.wanted.as_ref()) {
            Some(Wanted::Read { seconds, .. }) => seconds.unwrap_or(FIRST),
            _ => FIRST,
        };
        self.wait(id, seconds, World::no_key);
    }

    fn key_in_plan(&mut self, id: &str, key: char, ms: u64) {
        let Some(wanted) = self.channels.get(id).and_then(|channel| channel.wanted.clone()) else { return };
        match wanted {
            Wanted::Exten { mut digits } => {
                digits.push(key);
                self.exten_digits(id, digits);
            }
            Wanted::Read { variable, mut digits, most, attempts, seconds } => {
                if key != '#' {
                    digits.push(key);
                }
                if key == '#' || digits.len() as u32 >= most {
                    return self.read_over(id, &variable, &digits, "OK");
                }
                self.alter(id, |channel| channel.hears.clear());
                self.want(id, Wanted::Read { variable, digits, most, attempts, seconds }, seconds.unwrap_or(NEXT));
            }
            Wanted::Echo if key == '#' => self.next_line(id),
            Wanted::Echo => {
                let times = Times { before: 0, each: ms, between: 0, after: 0 };
                self.send_keys(id, &key.to_string(), times);
            }
            Wanted::Pound if key == '#' => self.next_line(id),
            Wanted::Pound => {}
        }
    }

    /// Digits of an extension: it is gone to as soon as no longer one can be meant.
    fn exten_digits(&mut self, id: &str, digits: String) {
        let Some(channel) = self.channels.get(id) else { return };
        let context = channel.at.context.clone();
        if self.dialplan.more_may_match(&context, &digits) {
            self.alter(id, |channel| channel.hears.clear());
            return self.want(id, Wanted::Exten { digits }, NEXT);
        }
        self.dialled(id, &digits);
    }

    fn dialled(&mut self, id: &str, digits: &str) {
        let Some(channel) = self.channels.get(id) else { return };
        let context = channel.at.context.clone();
        if self.dialplan.exists(&context, digits, 1) {
            self.go_to_exten(id, digits);
        } else if self.dialplan.exists(&context, "i", 1) {
            self.set_variable(id, "INVALID_EXTEN", digits);
            self.go_to_exten(id, "i");
        } else {
            self.plan_over(id);
        }
    }

    /// The time for a key is over.
    fn no_key(&mut self, id: &str) {
        let Some(channel) = self.channels.get(id) else { return };
        let context = channel.at.context.clone();
        match channel.wanted.clone() {
            Some(Wanted::Exten { digits }) if !digits.is_empty() => self.dialled(id, &digits),
            Some(Wanted::Exten { .. }) if self.dialplan.exists(&context, "t", 1) => self.go_to_exten(id, "t"),
            Some(Wanted::Read { variable, digits, .. }) => {
                let status = if digits.is_empty() { "TIMEOUT" } else { "OK" };
                self.read_over(id, &variable, &digits, status);
            }
            _ => self.next_line(id),
        }
    }

    fn read_over(&mut self, id: &str, variable: &str, digits: &str, status: &str) {
        self.stop_waiting(id);
        self.set_variable(id, variable, digits);
        self.set_variable(id, "READSTATUS", status);
        self.next_line(id);
    }

    /// The channel of a name, or of an id.
    pub fn channel_named(&self, name: &str) -> Option<String> {
        self.channels
            .values()
            .find(|channel| channel.name == name || channel.id == name)
            .map(|channel| channel.id.clone())
    }
}
