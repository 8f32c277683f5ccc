//! Telephones: what they do when they are called, and what a test lets them do.

use serde_json::json;

use super::channel::{Channel, State};
use super::dial::Signal;
use super::World;
use crate::options::OnCall;

/// So many calls wait for a test to ask for them.
const PLACED: usize = 10_000;

/// The SIP status that goes with a cause.
fn sip_status(cause: u32) -> u32 {
    match cause {
        1 | 3 => 404,
        17 => 486,
        18..=20 => 480,
        21 => 603,
        27 => 502,
        34 | 38 | 41 | 42 => 503,
        _ => 500,
    }
}

impl World {
    /// A telephone is called.
    pub(super) fn ring_phone(&mut self, id: &str) {
        let Some(channel) = self.channels.get(id) else { return };
        let Some(phone_name) = channel.phone.clone() else { return };
        let Some(phone) = self.phones.get(&phone_name).cloned() else { return };
        let after = phone.after;
        if self.placed.len() == PLACED {
            self.placed.remove(0);
        }
        self.placed.push((phone_name, id.to_owned()));
        match phone.on_call {
            OnCall::Ring => self.phone_does(id, after, |world, id| world.receive(id, Signal::Ringing)),
            OnCall::Answer => {
                self.phone_does(id, 0.0, |world, id| world.receive(id, Signal::Ringing));
                self.phone_does(id, after, |world, id| world.receive(id, Signal::Answer));
            }
            OnCall::Busy => self.phone_does(id, after, |world, id| world.phone_rejects(id, 17)),
            OnCall::Decline => {
                self.phone_does(id, 0.0, |world, id| world.receive(id, Signal::Ringing));
                self.phone_does(id, after, |world, id| world.phone_rejects(id, 21));
            }
            OnCall::Silent => {}
        }
    }

    /// Does something after some simulated seconds, if the call is still waiting for its answer then.
    fn phone_does(&mut self, id: &str, seconds: f64, then: impl FnOnce(&mut World, &str) + Send + 'static) {
        let Some(name) = self.channels.get(id).map(|channel| channel.name.clone()) else { return };
        let id = id.to_owned();
        self.after(seconds, move |world| {
            // Another channel may have the id by then, but never the name.
            if world.channels.get(&id).is_some_and(|channel| channel.name == name && channel.dialling.is_some()) {
                then(world, &id);
            }
        });
    }

    /// The first call to a telephone that was not taken before.
    pub fn take_placed(&mut self, phone: &str) -> Option<String> {
        let at = self.placed.iter().position(|(called, _)| called == phone)?;
        Some(self.placed.remove(at).1)
    }

    pub fn phone_rejects(&mut self, id: &str, cause: u32) {
        self.far_end_gone(id, cause, sip_status(cause));
    }

    /// The telephone puts the call on hold, or takes it back.
    pub fn phone_holds(&mut self, id: &str, held: bool, class: Option<String>) {
        self.alter(id, |channel| channel.held = held);
        match (held, class) {
            (true, Some(class)) => self.publish_channel(id, "ChannelHold", json!({ "musicclass": class })),
            (true, None) => self.publish_channel(id, "ChannelHold", json!({})),
            (false, _) => self.publish_channel(id, "ChannelUnhold", json!({})),
        }
    }

    /// Somebody speaks into the telephone for so many seconds. Who wants to know is told.
    pub fn phone_talks(&mut self, id: &str, seconds: f64) {
        let detected = |channel: &Channel| channel.talk_detect && channel.state == State::Up;
        let told = self.channels.get(id).is_some_and(detected);
        self.recording_heard(id, true);
        if told {
            self.publish_channel(id, "ChannelTalkingStarted", json!({}));
        }
        let id = id.to_owned();
        self.after(seconds, move |world| {
            world.recording_heard(&id, false);
            if told {
                let duration = (seconds * 1000.0).round() as u64;
                world.publish_channel(&id, "ChannelTalkingFinished", json!({ "duration": duration }));
            }
        });
    }
}
