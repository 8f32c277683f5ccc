//! Calls that the dialplan offers to several applications: the first to claim one has it.

use regex::Regex;
use serde_json::json;

use super::channel::Place;
use super::World;
use crate::answer::{Answer, Outcome};

/// Milliseconds that a call is offered, where the dialplan does not say.
const PATIENCE: f64 = 500.0;

/// A call that is offered, or was.
#[derive(Clone, Debug)]
pub struct Offer {
    apps: Vec<String>,
    args: Vec<String>,
    /// The applications are told who has it.
    told: bool,
    claimed: bool,
}

impl World {
    /// `StasisBroadcast(milliseconds, expression for applications, arguments with colons, tell who has it)`.
    pub fn broadcast(&mut self, id: &str, arguments: &[String]) {
        let argument = |at: usize| arguments.get(at).map(String::as_str).unwrap_or_default();
        let wanted = Some(argument(1)).filter(|wanted| !wanted.is_empty()).map(Regex::new).and_then(Result::ok);
        let is_wanted = |app: &String| wanted.as_ref().is_none_or(|wanted| wanted.is_match(app));
        let connected = self.apps.by_name.iter().filter(|(_, app)| app.is_connected());
        let apps = connected.map(|(name, _)| name.clone()).filter(is_wanted).collect();
        let args = argument(2).split(':').filter(|argument| !argument.is_empty()).map(str::to_owned).collect();
        let offer = Offer { apps, args, told: argument(3).eq_ignore_ascii_case("yes"), claimed: false };
        self.set_variable(id, "STASISSTATUS", "");
        let Some(channel) = self.channels.get(id) else { return };
        let event = json!({
            "type": "CallBroadcast",
            "channel": channel.json(),
            "caller": channel.caller.number,
            "called": channel.at.exten,
        });
        for app in &offer.apps {
            self.send(app, event.clone());
        }
        self.offers.insert(id.to_owned(), offer);
        let milliseconds = argument(0).parse().unwrap_or(PATIENCE);
        self.wait(id, milliseconds / 1000.0, |world, id| world.give_up_offer(id, "TIMEOUT"));
    }

    /// Nobody has it: the dialplan goes on.
    fn give_up_offer(&mut self, id: &str, status: &str) {
        self.offers.remove(id);
        self.set_variable(id, "STASISSTATUS", status);
        self.next_line(id);
    }

    /// An application wants a call that is offered.
    pub fn claim(&mut self, id: &str, app: &str) -> Outcome {
        let here = |place: &Place| matches!(place, Place::Dialplan | Place::Stasis { .. });
        if !self.channels.get(id).is_some_and(|channel| here(&channel.place)) {
            self.offers.remove(id);
        }
        let Some(offer) = self.offers.get_mut(id) else {
            return Err(Answer::refuse(404, "Channel not found or not in broadcast state"));
        };
        if std::mem::replace(&mut offer.claimed, true) {
            return Err(Answer::refuse(409, "Channel has already been claimed by another application"));
        }
        let offer = offer.clone();
        if let Some(channel) = self.channels.get(id).filter(|_| offer.told) {
            let event = json!({ "type": "CallClaimed", "channel": channel.json(), "winner_app": app });
            for app in &offer.apps {
                self.send(app, event.clone());
            }
        }
        self.stop_waiting(id);
        match self.is_registered(app) {
            true => self.claimed(id, app, &offer.args),
            false => self.give_up_offer(id, "FAILED"),
        }
        Ok(Answer::nothing())
    }
}
