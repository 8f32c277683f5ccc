//! The variables of a channel, and what the dialplan's functions know of it.

use std::time::{SystemTime, UNIX_EPOCH};

use indexmap::IndexMap;

use super::channel::{Channel, Party};
use super::World;
use crate::dialplan::{Dialplan, Return, Variables};

/// The values of variables, the newest last.
#[derive(Clone, Debug, Default)]
pub struct Values(IndexMap<String, Vec<Written>>);

/// A value, with the name as it was written: `_` and `__` say that it is inherited.
#[derive(Clone, Debug)]
struct Written {
    name: String,
    value: String,
}

fn bare(name: &str) -> &str {
    name.trim_start_matches('_')
}

impl Values {
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.last().map(|written| written.value.as_str())
    }

    pub fn set(&mut self, name: &str, value: &str) {
        let mut stack = self.0.shift_remove(bare(name)).unwrap_or_default();
        stack.pop();
        self.push(name, value, stack);
    }

    fn cover(&mut self, name: &str, value: &str) {
        let stack = self.0.shift_remove(bare(name)).unwrap_or_default();
        self.push(name, value, stack);
    }

    fn push(&mut self, name: &str, value: &str, mut stack: Vec<Written>) {
        stack.push(Written { name: name.to_owned(), value: value.to_owned() });
        self.0.insert(bare(name).to_owned(), stack);
    }

    fn uncover(&mut self, name: &str) {
        if let Some(stack) = self.0.get_mut(bare(name)) {
            stack.pop();
            if stack.is_empty() {
                self.0.shift_remove(bare(name));
            }
        }
    }

    /// What the other half of a Local channel gets: all of them, the newest first.
    pub fn for_half(&self) -> Vec<(String, String)> {
        let newest = self.0.values().rev().filter_map(|stack| stack.last());
        newest.map(|written| (written.name.clone(), written.value.clone())).collect()
    }

    /// What a channel that this one dials gets: `_X` goes one channel far, `__X` all the way.
    pub fn inherited(&self) -> Vec<(String, String)> {
        let heirs = self.for_half().into_iter().filter(|(name, _)| name.starts_with('_'));
        heirs.map(|(name, value)| (if name.starts_with("__") { name } else { name[1..].to_owned() }, value)).collect()
    }
}

/// A channel as the dialplan sees it.
pub struct Scope<'a> {
    pub world: &'a mut World,
    pub id: &'a str,
    /// For a channel that is gone meanwhile.
    pub nowhere: Vec<Return>,
}

impl World {
    pub fn scope<'a>(&'a mut self, id: &'a str) -> Scope<'a> {
        Scope { world: self, id, nowhere: Vec::new() }
    }

    /// The value of a variable or function of a channel.
    pub fn evaluate(&mut self, id: &str, name: &str) -> Option<String> {
        let at = self.channels.get(id)?.at.clone();
        Dialplan::evaluate(name, &at, &mut self.scope(id))
    }

    /// Sets a variable or writes to a function, as `Set` does. False for a function that there is not.
    pub fn assign(&mut self, id: &str, name: &str, value: &str) -> bool {
        match name.strip_suffix(')').and_then(|name| name.split_once('(')) {
            Some((function, arguments)) => self.scope(id).set_function(function, arguments, value),
            None => {
                self.set_variable(id, name, value);
                true
            }
        }
    }
}

impl Scope<'_> {
    fn channel(&self) -> Option<&Channel> {
        self.world.channels.get(self.id)
    }
}

impl Variables for Scope<'_> {
    fn get(&self, name: &str) -> Option<String> {
        let Some(channel) = self.channel() else { return self.world.globals.get(name).cloned() };
        let epoch = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        match name {
            "CHANNEL" => Some(channel.name.clone()),
            "UNIQUEID" => Some(channel.id.clone()),
            "HANGUPCAUSE" => Some(channel.cause.to_string()),
            "EPOCH" => Some(epoch().to_string()),
            "SYSTEMNAME" => Some(String::new()),
            _ => match channel.variables.get(name) {
                Some(value) => Some(value.to_owned()),
                None => self.world.globals.get(name).cloned(),
            },
        }
    }

    fn set(&mut self, name: &str, value: &str) {
        self.world.set_variable(self.id, name, value);
    }

    fn cover(&mut self, name: &str, value: &str) {
        self.world.alter(self.id, |channel| channel.variables.cover(name, value));
        let told = serde_json::json!({ "variable": format!("LOCAL({name})"), "value": value });
        self.world.publish_channel(self.id, "ChannelVarset", told);
    }

    fn uncover(&mut self, name: &str) {
        self.world.alter(self.id, |channel| channel.variables.uncover(name));
        self.world.publish_channel(self.id, "ChannelVarset", serde_json::json!({ "variable": name, "value": "" }));
    }

    fn returns(&mut self) -> &mut Vec<Return> {
        match self.world.channels.get_mut(self.id) {
            Some(channel) => &mut channel.returns,
            None => &mut self.nowhere,
        }
    }

    fn function(&self, name: &str, arguments: &str) -> Option<String> {
        let channel = self.channel()?;
        let item = arguments.split(',').next().unwrap_or_default().trim();
        match name {
            "CALLERID" => party(&channel.caller, item).or_else(|| match item {
                "DNID" | "dnid" => Some(channel.at.exten.clone()),
                "pres" => Some("allowed_not_screened".into()),
                _ => None,
            }),
            "CONNECTEDLINE" => party(&channel.connected, item),
            "CHANNEL" => about(channel, item),
            "GLOBAL" => Some(self.world.globals.get(item).cloned().unwrap_or_default()),
            "DEVICE_STATE" => Some(self.world.device_state(item)),
            _ => None,
        }
    }

    fn set_function(&mut self, name: &str, arguments: &str, value: &str) -> bool {
        let item = arguments.split(',').next().unwrap_or_default().trim();
        match name {
            "CALLERID" => self.world.change_caller(self.id, item, value),
            "CONNECTEDLINE" => {
                let mut known = true;
                self.world.alter(self.id, |channel| known = set_party(&mut channel.connected, item, value));
                self.world.publish_snapshot(self.id);
                known
            }
            "CHANNEL" => self.world.change_channel(self.id, item, value),
            "GLOBAL" => {
                self.world.globals.insert(item.to_owned(), value.to_owned());
                true
            }
            "TALK_DETECT" => {
                self.world.alter(self.id, |channel| channel.talk_detect = item == "set");
                matches!(item, "set" | "remove")
            }
            _ => false,
        }
    }
}

impl World {
    fn change_caller(&mut self, id: &str, item: &str, value: &str) -> bool {
        let mut known = true;
        self.alter(id, |channel| known = set_party(&mut channel.caller, item, value));
        self.publish_snapshot(id);
        known
    }

    fn change_channel(&mut self, id: &str, item: &str, value: &str) -> bool {
        let Some(channel) = self.channels.get_mut(id) else { return false };
        match item {
            "language" => {
                channel.language = value.to_owned();
                // The halves of a Local channel speak the same language.
                if let Some(half) = channel.half.clone() {
                    self.alter(&half, |half| half.language = value.to_owned());
                }
            }
            "accountcode" => channel.accountcode = value.to_owned(),
            "musicclass" => channel.variables.set("CHANNEL(musicclass)", value),
            "hangup_handler_push" | "hangup_handler_wipe" | "tonezone" | "parkinglot" | "userfield" | "amaflags" => {}
            _ => return false,
        }
        true
    }
}

fn party(party: &Party, item: &str) -> Option<String> {
    Some(match item.to_ascii_lowercase().as_str() {
        "num" | "number" => party.number.clone(),
        "name" => party.name.clone(),
        "all" => format!("\"{}\" <{}>", party.name, party.number),
        "ani" => party.number.clone(),
        _ => return None,
    })
}

fn set_party(party: &mut Party, item: &str, value: &str) -> bool {
    match item.to_ascii_lowercase().as_str() {
        "num" | "number" | "ani" => party.number = value.to_owned(),
        "name" => party.name = value.to_owned(),
        "all" => *party = Party::parse(value),
        "pres" | "name-pres" | "num-pres" => {}
        _ => return false,
    }
    true
}

fn about(channel: &Channel, item: &str) -> Option<String> {
    Some(match item {
        "state" => channel.state.as_str().to_owned(),
        "name" => channel.name.clone(),
        "language" => channel.language.clone(),
        "uniqueid" | "linkedid" => channel.id.clone(),
        "channeltype" => channel.technology().to_owned(),
        "accountcode" => channel.accountcode.clone(),
        "musicclass" => channel.variables.get("CHANNEL(musicclass)").unwrap_or("default").to_owned(),
        "exten" => channel.at.exten.clone(),
        "context" => channel.at.context.clone(),
        "audionativeformat" | "audioreadformat" | "audiowriteformat" => "ulaw".into(),
        "hangupsource" | "parkinglot" | "userfield" | "amaflags" | "tonezone" => String::new(),
        _ => return None,
    })
}
