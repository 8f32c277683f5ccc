//! The states of devices: those that applications set, and those of telephones, which come of their calls.

use std::collections::BTreeMap;

use serde_json::{json, Value};

use super::apps::Topic;
use super::channel::State;
use super::World;

/// States that an application may set.
pub const STATES: [&str; 8] =
    ["NOT_INUSE", "INUSE", "BUSY", "INVALID", "UNAVAILABLE", "RINGING", "RINGINUSE", "ONHOLD"];

#[derive(Default)]
pub struct Devices {
    /// Set by applications, by the name after `Stasis:`.
    pub own: BTreeMap<String, &'static str>,
    /// Of telephones, as they were told last.
    told: BTreeMap<String, &'static str>,
}

/// The name of a device that belongs to applications.
pub fn own_name(device: &str) -> Option<&str> {
    let (scheme, name) = device.split_once(':')?;
    scheme.eq_ignore_ascii_case("Stasis").then_some(name)
}

impl World {
    /// The state of any device, in the words of events.
    pub fn device_state(&self, device: &str) -> String {
        let state = match own_name(device) {
            Some(name) => self.devices.own.get(name).copied().unwrap_or("UNKNOWN"),
            None => self.phone_device_state(device).unwrap_or("INVALID"),
        };
        state.to_owned()
    }

    fn phone_device_state(&self, name: &str) -> Option<&'static str> {
        let phone = self.phones.get(name)?;
        let states: Vec<_> = self
            .channels
            .values()
            .filter(|channel| channel.phone.as_deref() == Some(name))
            .map(|channel| (channel.state, channel.held))
            .collect();
        let rings = states.iter().any(|(state, _)| *state == State::Ringing);
        let talks = states.iter().any(|(state, _)| *state != State::Ringing && *state != State::Down);
        let held = talks && states.iter().all(|(_, held)| *held);
        Some(match (phone.state.as_str(), rings, talks) {
            ("online", true, true) => "RINGINUSE",
            ("online", true, false) => "RINGING",
            ("online", false, true) if held => "ONHOLD",
            ("online", false, true) => "INUSE",
            ("online", false, false) => "NOT_INUSE",
            _ => "UNAVAILABLE",
        })
    }

    pub fn device_json(&self, device: &str) -> Value {
        json!({ "name": device, "state": self.device_state(device) })
    }

    /// An application sets the state of a device; who listens is told if it is another.
    pub fn set_device(&mut self, name: &str, state: &'static str) {
        if self.devices.own.insert(name.to_owned(), state) != Some(state) {
            self.publish_device(&format!("Stasis:{name}"));
        }
    }

    fn publish_device(&mut self, device: &str) {
        let event = json!({ "type": "DeviceStateChanged", "device_state": self.device_json(device) });
        self.publish(&[Topic::Device(device.to_owned())], event);
    }

    /// Tells which telephones are in another state than they were when this was last asked.
    pub fn tell_devices(&mut self) {
        let state = |name: &String| Some((name.clone(), self.phone_device_state(name)?));
        let states: Vec<_> = self.phones.keys().filter_map(state).collect();
        for (name, state) in states {
            let before = self.devices.told.insert(name.clone(), state);
            if before.is_some_and(|before| before != state) {
                self.publish_device(&name);
            }
        }
    }
}
