//! Ways into an application and out of it.

use serde_json::json;

use super::apps::Topic;
use super::channel::{Pbx, Place};
use super::target::Target;
use super::World;
use crate::dialplan::Position;

impl World {
    /// Gives a channel that nobody has to an application; without the application the channel ends.
    pub fn start_stasis(&mut self, id: &str, app: &str, args: &[String]) {
        let data = std::iter::once(app).chain(args.iter().map(String::as_str)).collect::<Vec<_>>().join(",");
        self.set_application(id, "Stasis", &data);
        if !self.try_stasis(id, app, args) {
            self.end(id);
        }
    }

    /// Gives a channel to an application, if it is registered.
    pub fn try_stasis(&mut self, id: &str, app: &str, args: &[String]) -> bool {
        if self.is_registered(app) {
            self.enter_stasis(id, app, args);
            return true;
        }
        self.set_variable(id, "STASISSTATUS", "");
        self.set_variable(id, "STASISSTATUS", "FAILED");
        false
    }

    /// Gives a channel to an application.
    pub fn enter_stasis(&mut self, id: &str, app: &str, args: &[String]) {
        self.set_variable(id, "STASISSTATUS", "");
        self.begin_stasis(id, app, args);
    }

    fn begin_stasis(&mut self, id: &str, app: &str, args: &[String]) {
        let Some(channel) = self.channels.get_mut(id) else { return };
        channel.place = Place::Stasis { app: app.to_owned() };
        let event = json!({ "type": "StasisStart", "args": args, "channel": channel.json() });
        self.send(app, event);
        self.subscribe(app, Topic::channel(id));
    }

    /// An application has claimed a channel that was offered to several.
    pub fn claimed(&mut self, id: &str, app: &str, args: &[String]) {
        self.stop_waiting(id);
        self.enter_stasis(id, app, args);
    }

    /// Takes a channel from its application, with all that the application did with it.
    pub fn leave_stasis(&mut self, id: &str) {
        self.drop_jobs(&Target::Channel(id.to_owned()));
        // Whoever leaves a bridge has a cause from then on.
        self.alter(id, |channel| {
            if channel.bridge.is_some() && channel.cause == 0 {
                channel.cause = 16;
            }
        });
        self.leave_bridge(id);
        self.end_stasis(id);
    }

    fn end_stasis(&mut self, id: &str) {
        let Some(channel) = self.channels.get_mut(id) else { return };
        let Place::Stasis { app } = std::mem::replace(&mut channel.place, Place::Nowhere) else { return };
        let event = json!({ "type": "StasisEnd", "channel": channel.json() });
        self.send(&app, event);
        self.unsubscribe(&app, &Topic::channel(id));
    }

    /// Sends a channel on in the dialplan: to a position, or to where it came from.
    pub fn go_on(&mut self, id: &str, to: Option<Position>) {
        self.leave_stasis(id);
        let Some(channel) = self.channels.get_mut(id) else { return };
        let outer = channel.pbx == Pbx::Outer;
        match to {
            Some(to) => channel.at = to,
            None if outer => channel.at.advance(),
            None => {}
        }
        if outer {
            self.set_variable(id, "STASISSTATUS", "SUCCESS");
        }
        self.start_plan(id, if outer { Pbx::Outer } else { Pbx::Inner });
    }

    /// Gives a channel from one application to another.
    pub fn move_to(&mut self, id: &str, app: &str, args: &[String]) {
        let Some(channel) = self.channels.get(id) else { return };
        let Place::Stasis { app: old } = channel.place.clone() else { return };
        if !self.is_registered(app) {
            let channel = channel.json();
            let failed =
                json!({ "type": "ApplicationMoveFailed", "destination": app, "args": args, "channel": channel });
            return self.send(&old, failed);
        }
        self.end_stasis(id);
        self.begin_stasis(id, app, args);
    }
}
