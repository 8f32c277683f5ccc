//! Calls to somebody: from the first ring to the answer, or to whatever else comes of them.

use serde_json::json;

use super::channel::{Pbx, Place, State};
use super::World;
use crate::dialplan::Position;

/// A call to somebody who has not answered yet.
#[derive(Clone, Debug)]
pub struct Dialling {
    pub by: Dialler,
}

/// Who calls.
#[derive(Clone, Debug)]
pub enum Dialler {
    /// An application originates the call, and says what is to become of it.
    Originate(Then),
    /// An application has made the channel and dials it now.
    Application,
    /// The dialplan's `Dial` on another channel.
    Channel(String),
}

/// What becomes of a channel that has been answered.
#[derive(Clone, Debug)]
pub enum Then {
    Stasis { app: String, args: Vec<String> },
    Dialplan(Position),
}

/// What one end of a call tells the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    Ringing,
    Progress,
    Proceeding,
    Answer,
    Busy,
    Congestion,
}

pub const NO_ANSWER: u32 = 19;

/// What a call has come to, by the cause with which the other side ended it.
pub fn dial_status(cause: u32) -> &'static str {
    match cause {
        17 => "BUSY",
        34 => "CONGESTION",
        3 | 20 => "CHANUNAVAIL",
        _ => "NOANSWER",
    }
}

impl World {
    /// Calls what a channel is for. False if there is nothing to call; nobody is told then.
    pub fn dial(&mut self, id: &str, by: Dialler, seconds: Option<f64>) -> bool {
        let Some(channel) = self.channels.get(id) else { return false };
        let half = channel.half.clone();
        if half.is_some() && !self.dialplan.exists(&channel.at.context, &channel.at.exten, 1) {
            return false;
        }
        self.alter(id, |channel| channel.dialling = Some(Dialling { by }));
        if let Some(half) = &half {
            self.introduce(id, half);
        }
        self.publish_dial(id, "");
        match half {
            Some(half) => self.start_plan(&half, Pbx::Outer),
            None => self.ring_phone(id),
        }
        if let Some(seconds) = seconds {
            let id = id.to_owned();
            self.wait(&id, seconds, World::dial_timed_out);
        }
        true
    }

    /// The second half of a Local channel gets to know what the first one knows.
    fn introduce(&mut self, id: &str, half: &str) {
        let Some(first) = self.channels.get(id) else { return };
        let (caller, connected) = (first.caller.clone(), first.connected.clone());
        let (language, account) = (first.language.clone(), first.accountcode.clone());
        for (name, value) in first.variables.for_half() {
            self.set_variable(half, &name, &value);
        }
        self.alter(half, |half| {
            half.caller = connected;
            half.connected = caller;
            half.language = language;
            half.accountcode = account;
        });
        self.publish_snapshot(half);
    }

    /// Tells how far a call has come.
    pub fn publish_dial(&mut self, id: &str, status: &str) {
        let Some(peer) = self.channels.get(id) else { return };
        let Some(dialling) = &peer.dialling else { return };
        let mut topics = peer.topics();
        // Who dials a channel made before is given the string at the beginning only.
        let named = status.is_empty() || matches!(dialling.by, Dialler::Originate(_));
        let mut event = json!({
            "type": "Dial",
            "dialstatus": status,
            "dialstring": if named { &peer.destination } else { "" },
            "forward": "",
            "peer": peer.json(),
        });
        if let Dialler::Channel(caller) = &dialling.by {
            if let Some(caller) = self.channels.get(caller) {
                topics.extend(caller.topics());
                event["caller"] = caller.json();
            }
        }
        self.publish(&topics, event);
    }

    /// A channel tells its other end something.
    pub fn indicate(&mut self, id: &str, signal: Signal) {
        if let Some(half) = self.channels.get(id).and_then(|channel| channel.half.clone()) {
            self.after(0.0, move |world| world.receive(&half, signal));
        }
    }

    /// A channel answers.
    pub fn answer(&mut self, id: &str) {
        let Some(channel) = self.channels.get(id) else { return };
        if channel.state != State::Up && !channel.hung_up {
            self.indicate(id, Signal::Answer);
            self.set_state(id, State::Up);
        }
    }

    /// A channel is told something by its other end.
    pub fn receive(&mut self, id: &str, signal: Signal) {
        let Some(channel) = self.channels.get(id) else { return };
        let Some(Dialling { by }) = channel.dialling.clone() else { return };
        let state = channel.state;
        match signal {
            Signal::Ringing => {
                if state == State::Down {
                    self.set_state(id, State::Ringing);
                }
                self.publish_dial(id, "RINGING");
            }
            Signal::Progress => self.publish_dial(id, "PROGRESS"),
            Signal::Proceeding => self.publish_dial(id, "PROCEEDING"),
            Signal::Answer => self.answered(id, by),
            Signal::Busy => self.dial_failed(id, "BUSY"),
            Signal::Congestion => self.dial_failed(id, "CONGESTION"),
        }
        if let Some(Dialling { by: Dialler::Channel(caller) }) = self.channels.get(id).and_then(|c| c.dialling.clone())
        {
            if matches!(signal, Signal::Ringing | Signal::Progress | Signal::Proceeding) {
                self.indicate(&caller, signal);
            }
        }
    }

    fn answered(&mut self, id: &str, by: Dialler) {
        self.set_state(id, State::Up);
        self.publish_dial(id, "ANSWER");
        self.stop_waiting(id);
        self.alter(id, |channel| channel.dialling = None);
        match by {
            Dialler::Originate(Then::Stasis { app, args }) => self.start_stasis(id, &app, &args),
            Dialler::Originate(Then::Dialplan(at)) => {
                self.alter(id, |channel| channel.at = at);
                self.start_plan(id, Pbx::Outer);
            }
            Dialler::Application => {}
            Dialler::Channel(caller) => self.party_answered(&caller, id),
        }
    }

    /// Nothing comes of a call; what an originate made for it goes.
    fn dial_failed(&mut self, id: &str, status: &str) {
        self.publish_dial(id, status);
        let Some(Dialling { by }) = self.channels.get_mut(id).and_then(|channel| channel.dialling.take()) else {
            return;
        };
        match by {
            Dialler::Originate(_) => self.give_up(id, 0),
            // The application has it still, until the other end hangs up.
            Dialler::Application => self.stop_waiting(id),
            Dialler::Channel(caller) => {
                self.give_up(id, 0);
                self.party_failed(&caller, status);
            }
        }
    }

    fn dial_timed_out(&mut self, id: &str) {
        self.give_up(id, NO_ANSWER);
    }

    /// Ends a call that nobody has answered.
    pub fn give_up(&mut self, id: &str, cause: u32) {
        let Some(channel) = self.channels.get_mut(id) else { return };
        channel.cause = cause;
        channel.waiting = None;
        match channel.place {
            Place::Nowhere => self.end(id),
            // An application has it, and is to be told.
            _ => self.hang_up(id, cause),
        }
    }
}
