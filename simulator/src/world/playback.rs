//! Playbacks: media that an application plays to a channel or a bridge, one list after the other.

use serde_json::{json, Value};

use super::channel::{Channel, State as Call};
use super::clock::{Moment, Timer};
use super::dial::Signal;
use super::target::{Job, Target};
use super::{sounds, World};
use crate::answer::{Answer, Outcome};
use crate::table;

/// Milliseconds that `forward` and `reverse` skip, where the request does not say.
const SKIP: i64 = 3000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Queued,
    Playing,
    Paused,
    Continuing,
    Done,
    Failed,
}

impl State {
    fn as_str(self) -> &'static str {
        match self {
            State::Queued => "queued",
            State::Playing => "playing",
            State::Paused => "paused",
            State::Continuing => "continuing",
            State::Done => "done",
            State::Failed => "failed",
        }
    }
}

/// A playback. Several may have the same id, so that it is known by a key.
#[derive(Clone, Debug)]
pub struct Playback {
    id: String,
    target: Target,
    media: Vec<String>,
    index: usize,
    language: String,
    state: State,
    /// Seconds to skip at a time.
    skip: f64,
    /// Seconds of the present media that were over at `since`.
    position: f64,
    since: Moment,
    /// How long the present media is.
    length: f64,
    timer: Option<Timer>,
}

/// Media that the server cannot make anything of.
struct Unplayable;

impl Playback {
    fn json(&self) -> Value {
        let mut json = json!({
            "id": self.id,
            "media_uri": self.media[self.index],
            "target_uri": self.target.uri(),
            "language": self.language,
            "state": self.state.as_str(),
        });
        if let Some(next) = self.media.get(self.index + 1) {
            json["next_media_uri"] = next.clone().into();
        }
        json
    }
}

impl World {
    /// Plays media: `channels.play`, `bridges.play` and their like with an id.
    pub fn play(&mut self, target: Target, call: &table::Call, id: Option<String>) -> Outcome {
        for name in ["skipms", "offsetms"] {
            if call.integer(name).is_some_and(|number| number < 0) {
                return Err(Answer::refuse(400, format!("{name} cannot be negative")));
            }
        }
        let media = call.list("media");
        let channel = match &target {
            Target::Channel(id) => self.channels.get(id),
            Target::Bridge(_) => None,
        };
        let language = channel.map_or("en".to_owned(), |channel| channel.language.clone());
        // Whoever announces comes before anybody looks at what is to be announced.
        let announced = match &target {
            Target::Bridge(bridge) if !self.jobs.contains_key(&target) => self.announcer_enters(bridge),
            _ => true,
        };
        if media.is_empty() {
            return Err(self.nothing_to_play(&target, announced));
        }
        let milliseconds = |name: &str, default: i64| call.integer(name).unwrap_or(default) as f64 / 1000.0;
        let playback = Playback {
            id: id.or_else(|| call.text("playbackId")).unwrap_or_else(|| self.uuid()),
            target: target.clone(),
            media,
            index: 0,
            language: call.text("lang").unwrap_or(language),
            state: State::Queued,
            skip: milliseconds("skipms", SKIP),
            position: milliseconds("offsetms", 0),
            since: Moment::ZERO,
            length: 0.0,
            timer: None,
        };
        let json = playback.json();
        let key = self.uuid();
        self.playbacks.insert(key.clone(), playback);
        if announced {
            self.queue_job(&target, Job::Playback(key));
        } else {
            // The bridge has somebody who announces, and takes no other.
            self.change_playback(&key, State::Playing, "PlaybackStarted");
            self.change_playback(&key, State::Failed, "PlaybackFinished");
            self.playbacks.shift_remove(&key);
        }
        Ok(Answer::with(201, json))
    }

    fn nothing_to_play(&mut self, target: &Target, announced: bool) -> Answer {
        match target {
            Target::Channel(_) => Answer::refuse(500, "Failed to queue media for playback"),
            Target::Bridge(bridge) => {
                if announced && !self.jobs.contains_key(target) {
                    self.announcer_leaves(bridge);
                }
                Answer::fail(500, "Allocation failed")
            }
        }
    }

    /// Begins a playback whose turn it is.
    pub fn begin_playback(&mut self, key: &str) {
        let Some(playback) = self.playbacks.get(key) else { return };
        if playback.state == State::Done {
            return self.finish_playback(key, State::Done);
        }
        if let Target::Channel(id) = playback.target.clone() {
            self.begin_media_early(&id);
        }
        self.begin_media(key);
    }

    /// Media for a call that is not answered yet: the other end is told that there is something to hear.
    pub fn begin_media_early(&mut self, id: &str) {
        if self.channels.get(id).is_some_and(|channel| channel.state != Call::Up) {
            self.indicate(id, Signal::Progress);
        }
    }

    fn begin_media(&mut self, key: &str) {
        self.change_playback(key, State::Playing, "PlaybackStarted");
        let Some(playback) = self.playbacks.get(key) else { return };
        let length = match self.length_or_nothing(&playback.media[playback.index]) {
            Ok(length) => length,
            Err(Unplayable) => return self.next_media(key),
        };
        let now = self.clock.now();
        let Some(playback) = self.playbacks.get_mut(key) else { return };
        playback.since = now;
        // What does not exist cannot be played from somewhere in its middle.
        playback.length = length.unwrap_or(0.0);
        match length {
            Some(length) if playback.position <= length => self.run_playback(key),
            Some(_) => self.media_over(key, true),
            None => self.media_over(key, false),
        }
    }

    /// Lets the present media go on to its end.
    fn run_playback(&mut self, key: &str) {
        let Some(playback) = self.playbacks.get(key) else { return };
        let (rest, owned) = (playback.length - playback.position, key.to_owned());
        let timer = self.after(rest, move |world| world.media_over(&owned, true));
        let now = self.clock.now();
        if let Some(playback) = self.playbacks.get_mut(key) {
            playback.since = now;
            playback.timer = Some(timer);
        }
    }

    fn stop_clock(&mut self, key: &str) {
        let Some(playback) = self.playbacks.get_mut(key) else { return };
        if let Some(timer) = playback.timer.take() {
            playback.position += self.clock.since(playback.since);
            self.cancel(timer);
        }
    }

    /// The present media is over, played or not; the next one begins, if there is one.
    fn media_over(&mut self, key: &str, played: bool) {
        let Some(playback) = self.playbacks.get_mut(key) else { return };
        playback.timer = None;
        let (target, media) = (playback.target.clone(), playback.media[playback.index].clone());
        if played {
            self.was_heard(&target, &media);
        }
        let Some(playback) = self.playbacks.get_mut(key) else { return };
        if playback.index + 1 == playback.media.len() {
            let end = if played { State::Done } else { State::Failed };
            return self.finish_playback(key, end);
        }
        self.change_playback(key, State::Continuing, "PlaybackContinuing");
        self.next_media(key);
    }

    /// On to the next media of the list; after what cannot be played this is not told, and not that the list is over.
    fn next_media(&mut self, key: &str) {
        match self.playbacks.get_mut(key) {
            Some(playback) if playback.index + 1 < playback.media.len() => {
                playback.index += 1;
                playback.position = 0.0;
                self.begin_media(key);
            }
            _ => self.forget_playback(key),
        }
    }

    fn was_heard(&mut self, target: &Target, media: &str) {
        let ears = match target {
            Target::Channel(id) => vec![id.clone()],
            Target::Bridge(bridge) => self.channels_in(bridge),
        };
        for id in ears {
            self.alter(&id, |channel| channel.heard.push(media.to_owned()));
        }
    }

    fn finish_playback(&mut self, key: &str, end: State) {
        self.stop_clock(key);
        self.change_playback(key, end, "PlaybackFinished");
        self.forget_playback(key);
    }

    fn forget_playback(&mut self, key: &str) {
        let Some(playback) = self.playbacks.shift_remove(key) else { return };
        self.end_job(&playback.target, &Job::Playback(key.to_owned()));
        if let Target::Bridge(bridge) = &playback.target {
            if !self.jobs.contains_key(&playback.target) {
                self.announcer_leaves(bridge);
            }
        }
    }

    fn change_playback(&mut self, key: &str, state: State, kind: &str) {
        let Some(playback) = self.playbacks.get_mut(key) else { return };
        playback.state = state;
        let event = json!({ "type": kind, "playback": playback.json() });
        let topic = playback.target.topic();
        self.publish(&[topic], event);
    }

    /// The target of a playback goes away before it is over.
    pub fn drop_playback(&mut self, key: &str) {
        if self.playbacks.get(key).is_some_and(|playback| playback.state == State::Queued) {
            self.change_playback(key, State::Playing, "PlaybackStarted");
        }
        self.finish_playback(key, State::Failed);
    }

    /// Ends all that is played to a target and recorded from it, and all that waits.
    pub fn drop_jobs(&mut self, target: &Target) {
        for job in self.take_jobs(target) {
            match job {
                Job::Playback(key) => self.drop_playback(&key),
                Job::Recording(name) => self.drop_recording(&name),
                Job::Command(key) => drop(self.commands.remove(&key)),
            }
        }
    }

    /// What a channel hears just now.
    pub fn playing_to(&self, channel: &Channel) -> Vec<String> {
        let to_it = |target: &Target| match target {
            Target::Channel(id) => *id == channel.id,
            Target::Bridge(id) => channel.bridge.as_ref() == Some(id),
        };
        let playing = |playback: &&Playback| playback.state == State::Playing && to_it(&playback.target);
        let played = self.playbacks.values().filter(playing).map(|playback| playback.media[playback.index].clone());
        channel.hears.iter().cloned().chain(played).collect()
    }

    fn playback_key(&self, id: &str) -> Result<String, Answer> {
        let of_id = |(_, playback): &(&String, &Playback)| playback.id == id;
        let found = self.playbacks.iter().find(of_id).map(|(key, _)| key.clone());
        found.ok_or_else(|| Answer::refuse(404, "Playback not found"))
    }

    pub fn playback_json(&self, id: &str) -> Outcome {
        let key = self.playback_key(id)?;
        Ok(Answer::json(self.playbacks[&key].json()))
    }

    pub fn stop_playback(&mut self, id: &str) -> Outcome {
        let key = self.playback_key(id)?;
        match self.playbacks[&key].state {
            // It is told to be over when its turn comes.
            State::Queued | State::Done => self.set_playback_state(&key, State::Done),
            _ => self.finish_playback(&key, State::Done),
        }
        Ok(Answer::nothing())
    }

    pub fn control_playback(&mut self, id: &str, operation: Option<&str>) -> Outcome {
        let operation = operation.ok_or_else(|| Answer::refuse(400, "Missing operation"))?;
        if !matches!(operation, "restart" | "pause" | "unpause" | "reverse" | "forward") {
            return Err(Answer::refuse(400, format!("Invalid operation {operation}")));
        }
        let key = self.playback_key(id)?;
        let state = self.playbacks[&key].state;
        match (state, operation) {
            (State::Playing, "unpause") | (State::Paused, "pause") => {}
            (State::Playing, "pause") => {
                self.stop_clock(&key);
                self.set_playback_state(&key, State::Paused);
            }
            (State::Paused, "unpause") => {
                self.change_playback(&key, State::Playing, "PlaybackStarted");
                self.run_playback(&key);
            }
            (State::Playing, _) => self.skip(&key, operation),
            (State::Queued, "restart") => {}
            _ => return Err(Answer::refuse(409, format!("Can only {operation} while media is playing"))),
        }
        Ok(Answer::nothing())
    }

    fn set_playback_state(&mut self, key: &str, state: State) {
        if let Some(playback) = self.playbacks.get_mut(key) {
            playback.state = state;
        }
    }

    fn skip(&mut self, key: &str, operation: &str) {
        self.stop_clock(key);
        if let Some(playback) = self.playbacks.get_mut(key) {
            let by = match operation {
                "forward" => playback.skip,
                "reverse" => -playback.skip,
                _ => -playback.position,
            };
            playback.position = (playback.position + by).clamp(0.0, playback.length);
        }
        self.run_playback(key);
    }

    /// How many seconds media take; none if it does not exist.
    pub fn length(&self, uri: &str) -> Option<f64> {
        self.length_or_nothing(uri).unwrap_or(None)
    }

    fn length_or_nothing(&self, uri: &str) -> Result<Option<f64>, Unplayable> {
        let (scheme, rest) = uri.split_once(':').ok_or(Unplayable)?;
        let each = |seconds: f64| Some(seconds * rest.chars().filter(|c| !c.is_whitespace()).count() as f64);
        Ok(match scheme {
            "sound" => sounds::seconds(&self.options, rest),
            "digits" => each(0.6),
            "characters" | "phonetic" => each(0.8),
            "number" => {
                rest.parse::<i64>().map_err(|_| Unplayable)?;
                Some(0.7 * rest.len() as f64)
            }
            // A tone goes on until it is stopped.
            "tone" => Some(f64::INFINITY),
            "recording" => Some(self.recorded_seconds(rest).ok_or(Unplayable)?),
            _ => return Err(Unplayable),
        })
    }
}
