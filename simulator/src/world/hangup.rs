//! The end of a channel, in the order in which things end.

use serde_json::{json, Value};

use super::apps::Topic;
use super::channel::{merge, Channel, Pbx, Place};
use super::dial::{dial_status, Dialler};
use super::World;
use crate::dialplan::Position;

/// What Asterisk writes beside causes.
pub fn cause_text(cause: u32) -> &'static str {
    match cause {
        1 => "Unallocated (unassigned) number",
        2 => "No route to specified transmit network",
        3 => "No route to destination",
        5 => "Misdialled Trunk Prefix",
        6 => "Channel unacceptable",
        7 => "Call awarded and being delivered in an established channel",
        8 => "Pre-empted",
        14 => "Number ported elsewhere",
        16 => "Normal Clearing",
        17 => "User busy",
        18 => "No user responding",
        19 => "User alerting, no answer",
        20 => "Subscriber absent",
        21 => "Call Rejected",
        22 => "Number changed",
        23 => "Redirected to new destination",
        26 => "Answered elsewhere",
        27 => "Destination out of order",
        28 => "Invalid number format",
        29 => "Facility rejected",
        30 => "Response to STATus ENQuiry",
        31 => "Normal, unspecified",
        34 => "Circuit/channel congestion",
        38 => "Network out of order",
        41 => "Temporary failure",
        42 => "Switching equipment congestion",
        43 => "Access information discarded",
        44 => "Requested channel not available",
        50 => "Facility not subscribed",
        52 => "Outgoing call barred",
        54 => "Incoming call barred",
        57 => "Bearer capability not authorized",
        58 => "Bearer capability not available",
        65 => "Bearer capability not implemented",
        66 => "Channel not implemented",
        69 => "Facility not implemented",
        81 => "Invalid call reference value",
        88 => "Incompatible destination",
        95 => "Invalid message unspecified",
        96 => "Mandatory information element is missing",
        97 => "Message type nonexist.",
        98 => "Wrong message",
        99 => "Info. element nonexist or not implemented",
        100 => "Invalid information element contents",
        101 => "Message not compatible with call state",
        102 => "Recover on timer expiry",
        103 => "Mandatory IE length error",
        111 => "Protocol error, unspecified",
        127 => "Interworking, unspecified",
        _ => "Unknown",
    }
}

/// So many channels that are gone are remembered.
const REMEMBERED: usize = 10_000;

/// In a soft request the cause is none: it says who asks. The numbers are Asterisk's.
const ASKED_FOR: u32 = 32;
const PLAN_OVER: u32 = 16;

impl World {
    /// Hangs a channel up because somebody at this end wants so.
    pub fn hang_up(&mut self, id: &str, cause: u32) {
        let Some(channel) = self.channels.get_mut(id).filter(|channel| !channel.hung_up) else { return };
        channel.cause = cause;
        self.publish_channel(id, "ChannelHangupRequest", json!({ "cause": ASKED_FOR, "soft": true }));
        self.end_dialling(id);
        self.end(id);
    }

    /// A call that nobody has answered is over. An application that has dialled a channel of its own is not told.
    fn end_dialling(&mut self, id: &str) {
        let Some(channel) = self.channels.get(id) else { return };
        let Some(dialling) = channel.dialling.clone() else { return };
        let status = dial_status(channel.cause);
        if !matches!(dialling.by, Dialler::Application) {
            self.publish_dial(id, status);
        }
        self.alter(id, |channel| channel.dialling = None);
        if let Dialler::Channel(caller) = dialling.by {
            self.party_failed(&caller, status);
        }
    }

    /// Hangs a channel up because the other end has hung up.
    pub fn far_end_gone(&mut self, id: &str, cause: u32, tech_cause: u32) {
        let Some(channel) = self.channels.get_mut(id).filter(|channel| !channel.hung_up) else { return };
        if cause != 0 {
            channel.cause = cause;
        }
        // A half that nobody has called yet goes without a word.
        if channel.place == Place::Nowhere && channel.dialling.is_none() && channel.half.is_some() {
            return self.end(id);
        }
        channel.tech_cause = tech_cause;
        self.publish_channel(id, "ChannelHangupRequest", with_tech(json!({ "cause": cause }), tech_cause));
        self.end_dialling(id);
        self.end(id);
    }

    /// Ends what a channel does, and then the channel.
    pub fn end(&mut self, id: &str) {
        let Some(channel) = self.channels.get_mut(id).filter(|channel| !channel.hung_up) else { return };
        channel.hung_up = true;
        let (place, pbx) = (channel.place.clone(), channel.pbx);
        self.stop_waiting(id);
        self.part(id);
        if matches!(place, Place::Stasis { .. }) {
            self.leave_stasis(id);
            self.set_variable(id, "STASISSTATUS", "SUCCESS");
        }
        match pbx {
            Pbx::Outer => self.finish_plan(id),
            Pbx::Inner => {
                if place == Place::Dialplan {
                    self.set_variable(id, "STASISSTATUS", "SUCCESS");
                }
                self.destroy(id);
            }
            Pbx::None => self.destroy(id),
        }
    }

    /// The dialplan is over for a channel, as far as it began there: `h` is left, if there is one.
    fn finish_plan(&mut self, id: &str) {
        self.publish_channel(id, "ChannelHangupRequest", json!({ "cause": PLAN_OVER, "soft": true }));
        let Some(channel) = self.channels.get_mut(id) else { return };
        if !self.dialplan.exists(&channel.at.context, "h", 1) {
            return self.destroy(id);
        }
        channel.at = Position::new(&channel.at.context, "h", 1);
        channel.place = Place::Dialplan;
        self.run_plan(id);
    }

    /// The last line is done.
    pub fn plan_over(&mut self, id: &str) {
        match self.channels.get(id) {
            Some(channel) if channel.hung_up => self.destroy(id),
            Some(_) => self.end(id),
            None => {}
        }
    }

    /// Ends what a channel has with others.
    fn part(&mut self, id: &str) {
        for callee in self.dialled_by(id) {
            self.dismiss(&callee, 0);
        }
        let Some(channel) = self.channels.get_mut(id) else { return };
        channel.dialling = None;
        if let Some(partner) = channel.partner.take() {
            self.partner_gone(&partner);
        }
    }

    /// The channels that the dialplan's `Dial` on this channel calls.
    pub fn dialled_by(&self, id: &str) -> Vec<String> {
        let by = |channel: &&Channel| matches!(&channel.dialling, Some(dialling) if matches!(&dialling.by, Dialler::Channel(caller) if caller == id));
        self.channels.values().filter(by).map(|channel| channel.id.clone()).collect()
    }

    /// A channel is gone.
    fn destroy(&mut self, id: &str) {
        self.stop_waiting(id);
        let Some(channel) = self.channels.get_mut(id) else { return };
        (channel.app_name, channel.app_data) = channel.beneath.clone();
        let (cause, tech_cause) = (channel.cause, channel.tech_cause);
        let causes = with_tech(json!({ "cause": cause, "cause_txt": cause_text(cause) }), tech_cause);
        self.publish_end(id, causes);
        let Some(channel) = self.channels.shift_remove(id) else { return };
        self.forget_topic(&Topic::channel(id));
        let shown = self.call_json(&channel);
        if self.gone.len() == REMEMBERED {
            self.gone.shift_remove_index(0);
        }
        self.gone.insert(id.to_owned(), shown);
        if let Some(half) = channel.half {
            self.after(0.0, move |world| world.far_end_gone(&half, cause, 0));
        }
        let listens = |other: &&Channel| other.snoops_on.as_deref() == Some(id);
        let snoops: Vec<_> = self.channels.values().filter(listens).map(|snoop| snoop.id.clone()).collect();
        for snoop in snoops {
            self.after(0.0, move |world| world.end(&snoop));
        }
    }

    /// A channel as the control interface shows it.
    pub fn call_json(&self, channel: &Channel) -> Value {
        json!({
            "id": channel.id,
            "name": channel.name,
            "state": channel.state.as_str(),
            "hung_up": !self.channels.contains_key(&channel.id),
            "cause": channel.cause,
            "cause_txt": cause_text(channel.cause),
            "application": channel.app(),
            "bridge": channel.bridge,
            "playing": self.playing_to(channel),
            "heard": channel.heard,
            "moh": channel.moh.as_deref().or_else(|| channel.bridge.as_ref().and_then(|bridge| self.music_in(bridge))),
            "silence": channel.silence,
            "ringing": channel.ringing,
            "held": channel.held,
            "muted_in": channel.muted_in,
            "muted_out": channel.muted_out,
            "channel": channel.json(),
        })
    }
}

fn with_tech(mut causes: Value, tech_cause: u32) -> Value {
    if tech_cause != 0 {
        merge(&mut causes, json!({ "tech_cause": tech_cause }));
    }
    causes
}
