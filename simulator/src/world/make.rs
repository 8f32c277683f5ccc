//! New channels: the halves of a Local channel, channels to and from telephones, and those of the server itself.

use super::channel::{Channel, Party, Pbx, Place, State};
use super::World;
use crate::answer::Answer;
use crate::dialplan::Position;

/// The longest id of a channel that Asterisk takes.
const LONGEST_ID: usize = 149;

/// Ids that a request asks for.
#[derive(Default)]
pub struct Ids {
    pub id: Option<String>,
    /// That of the other half of a Local channel.
    pub other: Option<String>,
}

impl Ids {
    pub fn check_length(&self) -> Result<(), Answer> {
        match self.id.iter().chain(&self.other).any(|id| id.len() > LONGEST_ID) {
            true => Err(Answer::refuse(400, format!("Uniqueid length exceeds maximum of {LONGEST_ID}"))),
            false => Ok(()),
        }
    }

    /// Refuses ids that are taken.
    pub fn check_new(&self, world: &World) -> Result<(), Answer> {
        let twice = self.id.is_some() && self.id == self.other;
        match twice || self.id.iter().chain(&self.other).any(|id| world.channels.contains_key(id)) {
            true => Err(Answer::refuse(409, "Channel with given unique ID already exists")),
            false => Ok(()),
        }
    }
}

/// Asterisk's words for a destination that no channel can be made for.
fn no_channel() -> Answer {
    Answer::fail(500, "Allocation failed")
}

impl World {
    /// Makes a channel to a destination, not called yet, that shows this application. Gives its id.
    pub fn make(&mut self, technology: &str, resource: &str, ids: Ids, app: (&str, &str)) -> Result<String, Answer> {
        let id = match technology {
            "Local" => self.make_local(resource, ids),
            _ => self.make_to_phone(technology, resource, ids)?,
        };
        if !app.0.is_empty() {
            self.set_application(&id, app.0, app.1);
            self.alter(&id, |channel| channel.beneath = (app.0.to_owned(), app.1.to_owned()));
        }
        Ok(id)
    }

    fn make_local(&mut self, resource: &str, ids: Ids) -> String {
        let address = resource.split('/').next().unwrap_or_default();
        let (exten, context) = address.split_once('@').unwrap_or((address, "default"));
        let name = format!("Local/{exten}@{context}-{:08x}", self.count("Local"));
        let first = ids.id.unwrap_or_else(|| self.channel_id());
        let second = ids.other.unwrap_or_else(|| self.channel_id());
        for (id, half, end) in [(&first, &second, 1), (&second, &first, 2)] {
            let mut channel = Channel::new(id.clone(), format!("{name};{end}"));
            channel.at = Position::new(context, exten, 1);
            channel.half = Some(half.clone());
            channel.destination = resource.to_owned();
            if end == 2 {
                channel.state = State::Ring;
            }
            self.add(channel);
        }
        first
    }

    fn make_to_phone(&mut self, technology: &str, resource: &str, ids: Ids) -> Result<String, Answer> {
        let name = format!("{technology}/{resource}");
        match self.phones.get(&name) {
            Some(phone) if phone.state == "online" => {}
            _ => return Err(no_channel()),
        }
        let mut channel = self.phone_channel(&name, ids.id);
        channel.destination = resource.to_owned();
        Ok(self.add(channel))
    }

    fn phone_channel(&mut self, phone: &str, id: Option<String>) -> Channel {
        let id = id.unwrap_or_else(|| self.channel_id());
        let mut channel = Channel::new(id, format!("{phone}-{:08x}", self.count("telephones")));
        channel.protocol_id = self.uuid();
        channel.phone = Some(phone.to_owned());
        channel
    }

    /// A call that comes in from a telephone, and rings.
    pub fn make_incoming(&mut self, phone: &str, id: Option<String>, caller: Party, at: Position) -> String {
        let mut channel = self.phone_channel(phone, id);
        channel.state = State::Ring;
        channel.caller = caller;
        channel.at = at;
        self.add(channel)
    }

    /// Adds a channel, and says that it is there.
    pub fn add(&mut self, channel: Channel) -> String {
        let id = channel.id.clone();
        self.channels.insert(id.clone(), channel);
        self.publish_snapshot(&id);
        id
    }

    /// Gives a channel to the dialplan, at its position.
    pub fn start_plan(&mut self, id: &str, pbx: Pbx) {
        self.alter(id, |channel| {
            channel.place = Place::Dialplan;
            channel.pbx = pbx;
        });
        self.wait(id, 0.0, World::run_plan);
    }

    /// Sets who a channel says that it is and whom it talks to.
    pub fn set_caller(&mut self, id: &str, caller: &Party) {
        self.alter(id, |channel| channel.caller = caller.clone());
        self.publish_snapshot(id);
        self.alter(id, |channel| channel.connected = caller.clone());
        self.publish_snapshot(id);
    }
}
