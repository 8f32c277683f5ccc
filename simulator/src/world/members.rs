//! Who is in a bridge: entering and leaving, and what the members come to know of each other.

use serde_json::json;

use super::apps::Topic;
use super::bridge::Bridge;
use super::channel::Party;
use super::World;

/// How a channel takes part in a bridge.
#[derive(Clone, Debug, Default)]
pub struct Manner {
    /// What it presses is for nobody in the bridge.
    pub absorbs_dtmf: bool,
    pub muted: bool,
    /// When it comes nobody is told who is connected to whom.
    pub unnamed: bool,
    /// In a holding bridge: it speaks to those who wait.
    pub announcer: bool,
}

#[derive(Clone, Debug)]
pub struct Member {
    who: Who,
    manner: Manner,
}

#[derive(Clone, Debug)]
enum Who {
    Channel(String),
    /// Something of the bridge's own that plays or records, by the name of its channel.
    Own(String),
}

impl Member {
    /// The channel, if it is one that ARI shows.
    pub fn channel(&self) -> Option<&str> {
        match &self.who {
            Who::Channel(id) => Some(id),
            Who::Own(_) => None,
        }
    }

    fn is_own(&self, name: &str) -> bool {
        matches!(&self.who, Who::Own(own) if own == name)
    }
}

/// The most names that a channel is told of.
const PEERS: usize = 10;

/// How the names of those begin that play music on hold.
pub const MUSIC: &str = "Announcer/ARI_MOH-";

impl World {
    /// Puts a channel into a bridge, out of another one if need be.
    pub fn enter_bridge(&mut self, channel: &str, bridge: &str, manner: Manner) {
        // The bridge may be gone by the time the channel is free for it.
        if !self.bridges.contains_key(bridge) {
            return;
        }
        self.take_out(channel);
        let app = self.channels.get(channel).and_then(|channel| channel.app()).map(str::to_owned);
        if let Some(app) = app {
            self.subscribe(&app, Topic::bridge(bridge));
        }
        let Some(found) = self.bridges.get_mut(bridge) else { return };
        let too_many = manner.announcer && found.has_announcer();
        let unnamed = manner.unnamed;
        found.members.push(Member { who: Who::Channel(channel.to_owned()), manner });
        self.alter(channel, |channel| channel.bridge = Some(bridge.to_owned()));
        self.publish_passage(channel, bridge, "ChannelEnteredBridge");
        if too_many {
            return self.take_out(channel);
        }
        self.reorder(bridge);
        self.tell_peers(bridge);
        if !unnamed {
            self.connect_lines(bridge);
        }
    }

    /// Takes a channel out of its bridge because it goes elsewhere: its application listens to the bridge all the same.
    pub fn leave_bridge(&mut self, channel: &str) {
        let Some(bridge) = self.channels.get_mut(channel).and_then(|channel| channel.bridge.take()) else { return };
        let peers = self.channels.get(channel).and_then(|channel| channel.variables.get("BRIDGEPEER"));
        if peers.is_some_and(|peers| !peers.is_empty()) {
            self.set_variable(channel, "BRIDGEPEER", "");
        }
        if let Some(found) = self.bridges.get_mut(&bridge) {
            found.members.retain(|member| member.channel() != Some(channel));
            found.technology = found.fitting();
        }
        self.lose_video_source(channel, &bridge);
        self.publish_passage(channel, &bridge, "ChannelLeftBridge");
        self.tell_peers(&bridge);
        self.connect_lines(&bridge);
    }

    /// Takes a channel out of its bridge, and with it one subscription of its application.
    pub fn take_out(&mut self, channel: &str) {
        let Some(found) = self.channels.get(channel) else { return };
        let (app, bridge) = (found.app().map(str::to_owned), found.bridge.clone());
        self.leave_bridge(channel);
        if let (Some(app), Some(bridge)) = (app, bridge) {
            self.unsubscribe(&app, &Topic::Bridge(bridge));
        }
    }

    fn publish_passage(&mut self, channel: &str, bridge: &str, kind: &str) {
        let Some(channel) = self.channels.get(channel) else { return };
        let channel = channel.json();
        self.publish_bridge(bridge, kind, json!({ "channel": channel }));
    }

    /// What Asterisk makes of a source of video that leaves: with a fixed one it notices when the bridge is empty.
    fn lose_video_source(&mut self, channel: &str, bridge: &str) {
        let Some(found) = self.bridges.get_mut(bridge) else { return };
        let lost = match found.video_mode {
            "single" => found.channels().next().is_none(),
            _ => found.video_source.as_deref() == Some(channel),
        };
        if let Some(old) = found.video_source.take_if(|_| lost) {
            self.publish_bridge(bridge, "BridgeVideoSourceChanged", json!({ "old_video_source_id": old }));
        }
    }

    /// A bridge that comes to need another technology has the newest member in front from then on.
    fn reorder(&mut self, bridge: &str) {
        let Some(found) = self.bridges.get_mut(bridge) else { return };
        let fitting = found.fitting();
        if found.technology != fitting {
            found.technology = fitting;
            found.members.rotate_right(1);
        }
    }

    /// Tells the members of a bridge of each other.
    fn tell_peers(&mut self, bridge: &str) {
        let Some(found) = self.bridges.get(bridge) else { return };
        if found.holding || found.members.len() < 2 {
            return;
        }
        let name = |member: &Member| match &member.who {
            Who::Channel(id) => self.channels.get(id).map(|channel| channel.name.clone()).unwrap_or_default(),
            Who::Own(name) => name.clone(),
        };
        let names: Vec<_> = found.members.iter().map(name).collect();
        let mut told = Vec::new();
        for (at, member) in found.members.iter().enumerate() {
            let Some(channel) = member.channel() else { continue };
            let others = names.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, name)| name.as_str());
            told.push((channel.to_owned(), others.take(PEERS).collect::<Vec<_>>().join(",")));
        }
        for (channel, peers) in told {
            self.set_variable(&channel, "BRIDGEPEER", &peers);
        }
    }

    /// Two in a bridge are connected to each other.
    fn connect_lines(&mut self, bridge: &str) {
        let Some(Bridge { members, holding: false, .. }) = self.bridges.get(bridge) else { return };
        let [one, other] = members.as_slice() else { return };
        let mut told = Vec::new();
        for (from, to) in [(one, other), (other, one)] {
            let Some(to) = to.channel() else { continue };
            let party = from.channel().and_then(|from| self.channels.get(from)).map(|from| from.caller.clone());
            told.push((to.to_owned(), party.unwrap_or_default()));
        }
        for (channel, party) in told {
            self.connect_line(&channel, party);
        }
    }

    /// Says who is at the other end.
    pub fn connect_line(&mut self, channel: &str, party: Party) {
        self.alter(channel, |channel| channel.connected = party);
        self.publish_snapshot(channel);
    }

    /// Whom a channel's keys get to.
    pub fn bridge_hears(&self, channel: &str) -> Vec<String> {
        let bridge = self.channels.get(channel).and_then(|channel| channel.bridge.as_ref());
        let Some(bridge) = bridge.and_then(|id| self.bridges.get(id)).filter(|bridge| !bridge.holding) else {
            return Vec::new();
        };
        let is_heard = |member: &Member| member.channel() == Some(channel) && !member.manner.absorbs_dtmf;
        match bridge.members.iter().any(is_heard) {
            true => bridge.channels().filter(|other| *other != channel).map(str::to_owned).collect(),
            false => Vec::new(),
        }
    }

    /// Whether what a channel says is heard in its bridge.
    pub fn speaks(&self, channel: &str) -> bool {
        let bridge = self.channels.get(channel).and_then(|channel| channel.bridge.as_ref());
        let members = bridge.and_then(|id| self.bridges.get(id)).into_iter().flat_map(|bridge| &bridge.members);
        members.into_iter().any(|member| member.channel() == Some(channel) && !member.manner.muted)
    }

    /// Something of the bridge's own joins it, such as `Announcer/ARI`, and gets a name. None if it is not let in.
    pub fn own_enters(&mut self, bridge: &str, kind: &str, announcer: bool) -> Option<String> {
        let name = format!("{kind}-{:08x};2", self.number());
        let found = self.bridges.get_mut(bridge)?;
        if announcer && found.has_announcer() {
            return None;
        }
        found.members.push(Member { who: Who::Own(name.clone()), manner: Manner { announcer, ..Manner::default() } });
        self.reorder(bridge);
        self.tell_peers(bridge);
        self.connect_lines(bridge);
        Some(name)
    }

    pub fn own_leaves(&mut self, bridge: &str, name: &str) {
        let Some(found) = self.bridges.get_mut(bridge) else { return };
        let before = found.members.len();
        found.members.retain(|member| !member.is_own(name));
        if found.members.len() < before {
            found.technology = found.fitting();
            self.tell_peers(bridge);
            self.connect_lines(bridge);
        }
    }

    /// What the bridge plays joins it. False if it is not let in, or is there already.
    pub fn announcer_enters(&mut self, bridge: &str) -> bool {
        self.own_enters(bridge, "Announcer/ARI", true).is_some()
    }

    pub fn announcer_leaves(&mut self, bridge: &str) {
        if let Some(name) = self.own(bridge, "Announcer/ARI-") {
            self.own_leaves(bridge, &name);
        }
    }

    /// The name of the bridge's own member of a kind.
    pub fn own(&self, bridge: &str, kind: &str) -> Option<String> {
        let names = self.bridges.get(bridge)?.members.iter().map(|member| &member.who);
        names.into_iter().find_map(|who| match who {
            Who::Own(name) if name.starts_with(kind) => Some(name.clone()),
            _ => None,
        })
    }

    /// The class of the music that is played in a bridge.
    pub fn music_in(&self, bridge: &str) -> Option<&'static str> {
        self.own(bridge, MUSIC).map(|_| "default")
    }
}

impl Bridge {
    fn has_announcer(&self) -> bool {
        self.holding && self.members.iter().any(|member| member.manner.announcer)
    }
}
