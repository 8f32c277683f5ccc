//! Bridges: what they are, from their creation to their end. Who is in them is in `members`.

use std::collections::BTreeMap;

use serde_json::{json, Value};

use super::apps::Topic;
use super::members::Member;
use super::target::Target;
use super::{now, World};
use crate::answer::Answer;

#[derive(Clone, Debug)]
pub struct Bridge {
    pub id: String,
    pub name: String,
    pub created: String,
    pub holding: bool,
    /// What it was created with: it stays a conference even with two.
    pub sfu: bool,
    pub technology: &'static str,
    pub video_mode: &'static str,
    pub video_source: Option<String>,
    /// In their order, with those that only speak or listen for the bridge itself.
    pub members: Vec<Member>,
    pub variables: BTreeMap<String, Variable>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    pub value: String,
    /// Events show it with the bridge.
    pub shown: bool,
}

impl Bridge {
    /// A bridge of these types; None if they do not go together, or say nothing.
    pub fn new(id: String, name: String, types: &[String]) -> Option<Bridge> {
        let has = |kind: &str| types.iter().any(|given| given == kind);
        let sfu = has("video_sfu");
        let holding = has("holding");
        // Of what a type is no part, such as a word that Asterisk does not know, nothing is said.
        if holding && (has("mixing") || sfu) || !(holding || has("mixing") || sfu) {
            return None;
        }
        let video_mode = if sfu { "sfu" } else { ["talker", "single"][usize::from(has("video_single"))] };
        let mut bridge = Bridge {
            id,
            name,
            created: now(),
            holding,
            sfu,
            technology: "",
            video_mode,
            video_source: None,
            members: Vec::new(),
            variables: BTreeMap::new(),
        };
        bridge.technology = bridge.fitting();
        Some(bridge)
    }

    /// The technology that does it for as many members.
    pub fn fitting(&self) -> &'static str {
        match self.members.len() {
            _ if self.holding => "holding_bridge",
            _ if self.sfu => "softmix",
            0..=2 => "simple_bridge",
            _ => "softmix",
        }
    }

    /// The channels in it.
    pub fn channels(&self) -> impl Iterator<Item = &str> {
        self.members.iter().filter_map(Member::channel)
    }

    /// The bridge as ARI shows it.
    pub fn json(&self) -> Value {
        let mut channels: Vec<_> = self.channels().collect();
        channels.sort_unstable();
        let mut bridge = json!({
            "id": self.id,
            "technology": self.technology,
            "bridge_type": if self.holding { "holding" } else { "mixing" },
            "bridge_class": "stasis",
            "creator": "Stasis",
            "name": self.name,
            "channels": channels,
            "creationtime": self.created,
            "video_mode": self.video_mode,
        });
        if let Some(source) = self.video_source.as_ref().filter(|_| self.video_mode == "single") {
            bridge["video_source_id"] = json!(source);
        }
        let shown: serde_json::Map<_, _> = self
            .variables
            .iter()
            .filter(|(_, variable)| variable.shown)
            .map(|(name, variable)| (name.clone(), variable.value.clone().into()))
            .collect();
        if !shown.is_empty() {
            bridge["bridgevars"] = shown.into();
        }
        bridge
    }
}

impl World {
    pub fn bridge(&self, id: &str) -> Result<&Bridge, Answer> {
        self.bridges.get(id).ok_or_else(|| Answer::refuse(404, "Bridge not found"))
    }

    pub fn bridge_mut(&mut self, id: &str) -> Result<&mut Bridge, Answer> {
        self.bridges.get_mut(id).ok_or_else(|| Answer::refuse(404, "Bridge not found"))
    }

    /// Tells an event about a bridge; the bridge as it is now is filled in.
    pub fn publish_bridge(&mut self, id: &str, kind: &str, members: Value) {
        let Some(bridge) = self.bridges.get(id) else { return };
        let mut event = json!({ "type": kind, "bridge": bridge.json() });
        super::channel::merge(&mut event, members);
        self.publish(&[Topic::bridge(id)], event);
    }

    /// The channels that are in a bridge.
    pub fn channels_in(&self, id: &str) -> Vec<String> {
        self.bridges.get(id).into_iter().flat_map(Bridge::channels).map(str::to_owned).collect()
    }

    /// Ends a bridge: its members leave it, and who listened to it hears no more.
    pub fn destroy_bridge(&mut self, id: &str) {
        let target = Target::Bridge(id.to_owned());
        self.drop_jobs(&target);
        self.drop_recordings(&target);
        let channels = self.channels_in(id);
        // The rest has nobody left to speak to.
        if let Some(bridge) = self.bridges.get_mut(id) {
            bridge.members.retain(|member| member.channel().is_some());
        }
        for channel in channels {
            self.take_out(&channel);
        }
        self.publish_bridge(id, "BridgeDestroyed", json!({}));
        self.bridges.remove(id);
        self.forget_topic(&Topic::bridge(id));
    }

    /// Shows the video of a channel to all, or of whoever talks.
    pub fn set_video_source(&mut self, id: &str, source: Option<&str>) {
        let Some(bridge) = self.bridges.get_mut(id) else { return };
        let Some(source) = source else {
            bridge.video_mode = "talker";
            return;
        };
        bridge.video_mode = "single";
        let old = bridge.video_source.replace(source.to_owned());
        if old.as_deref() == Some(source) {
            return;
        }
        let members = old.map_or(json!({}), |old| json!({ "old_video_source_id": old }));
        self.publish_bridge(id, "BridgeVideoSourceChanged", members);
    }
}
