//! The dialplan's `Dial`: the channels that it calls, and the talk that comes of it.

use super::channel::Place;
use super::dial::Dialler;
use super::make::Ids;
use super::World;

/// A dialplan that dials itself would make channels for ever.
const MOST_CHANNELS: usize = 2_000;
const DEEPEST: usize = 20;

impl World {
    /// Calls one of the targets of `Dial`.
    pub fn dial_party(&mut self, caller: &str, target: &str) {
        let Some((technology, resource)) = target.split_once('/') else { return };
        if self.channels.len() >= MOST_CHANNELS || self.dialled_deep(caller) >= DEEPEST {
            return;
        }
        let Ok(callee) = self.make(technology, resource, Ids::default(), ("AppDial", "(Outgoing Line)")) else {
            return;
        };
        let Some(channel) = self.channels.get(caller) else { return };
        let (party, at, inherited) = (channel.caller.clone(), channel.at.clone(), channel.variables.inherited());
        self.alter(&callee, |channel| {
            channel.connected = party;
            channel.at.context = at.context;
        });
        for (name, value) in inherited {
            self.set_variable(&callee, &name, &value);
        }
        self.publish_snapshot(&callee);
        if !self.dial(&callee, Dialler::Channel(caller.to_owned()), None) {
            self.end(&callee);
        }
    }

    /// How many calls of `Dial` have led to this one, each by a Local channel.
    fn dialled_deep(&self, caller: &str) -> usize {
        let before = |id: String| {
            let half = self.channels.get(self.channels.get(&id)?.half.as_ref()?)?;
            match &half.dialling.as_ref()?.by {
                Dialler::Channel(before) => Some(before.clone()),
                _ => None,
            }
        };
        std::iter::successors(before(caller.to_owned()), |id| before(id.clone())).take(DEEPEST).count()
    }

    /// The first of them has answered: the others are let go.
    pub(super) fn party_answered(&mut self, caller: &str, callee: &str) {
        for other in self.dialled_by(caller) {
            self.dismiss(&other, 26);
        }
        let name = self.channels.get(callee).map_or(String::new(), |callee| callee.name.clone());
        self.stop_waiting(caller);
        self.answer(caller);
        self.set_variable(caller, "DIALEDPEERNAME", &name);
        self.set_variable(caller, "DIALSTATUS", "ANSWER");
        self.alter(caller, |channel| channel.partner = Some(callee.to_owned()));
        self.alter(callee, |channel| channel.partner = Some(caller.to_owned()));
    }

    /// One of them is not wanted any more.
    pub(super) fn dismiss(&mut self, callee: &str, cause: u32) {
        self.alter(callee, |channel| channel.dialling = None);
        self.give_up(callee, cause);
    }

    /// One of them does not answer; if it was the last one the caller's dialplan goes on.
    pub(super) fn party_failed(&mut self, caller: &str, status: &str) {
        let waits = self.channels.get(caller).is_some_and(|channel| !channel.hung_up);
        if waits && self.dialled_by(caller).is_empty() {
            self.set_variable(caller, "DIALSTATUS", status);
            self.next_line(caller);
        }
    }

    /// The other side of a talk is gone: a caller goes on in the dialplan, a callee has no more to do.
    pub(super) fn partner_gone(&mut self, id: &str) {
        let Some(channel) = self.channels.get_mut(id) else { return };
        channel.partner = None;
        if channel.hung_up {
            return;
        }
        match channel.place {
            Place::Dialplan => self.next_line(id),
            _ => {
                channel.cause = 16;
                self.end(id);
            }
        }
    }
}
