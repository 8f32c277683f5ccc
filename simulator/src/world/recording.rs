//! Recordings that are being made.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde_json::{json, Value};

use super::clock::{Moment, Timer};
use super::stored::{Format, Stored};
use super::target::{Job, Target};
use super::World;
use crate::answer::{Answer, Outcome};
use crate::table::Call;

/// Seconds that are left of a silence that ended a recording.
const SILENCE_LEFT: f64 = 0.2;

#[derive(Default)]
pub struct Recordings {
    pub live: IndexMap<String, Live>,
    pub stored: BTreeMap<String, Stored>,
}

/// A recording that waits for its turn, or is being made.
pub struct Live {
    pub name: String,
    pub target: Target,
    pub format: Format,
    pub state: &'static str,
    rules: Rules,
    /// The bridge's own member that records it.
    recorder: Option<String>,
    /// Since when it records without a pause, and what it had recorded until then, in seconds.
    since: Option<Moment>,
    recorded: f64,
    /// Since when nobody has talked, and how long the silences before that were.
    silent: Option<Moment>,
    silence: f64,
    timers: Vec<Timer>,
    silence_timer: Option<Timer>,
}

/// What a recording is asked to keep to.
#[derive(Clone, Debug, Default)]
struct Rules {
    max_duration: i64,
    max_silence: i64,
    /// `any`, or the key; empty for none.
    terminate_on: String,
    if_exists: String,
}

impl Rules {
    fn read(call: &Call) -> Result<Rules, Answer> {
        let bad = |message: &str| Err(Answer::refuse(400, message));
        let seconds = |name| call.integer(name).unwrap_or(0);
        let rules = Rules {
            max_duration: seconds("maxDurationSeconds"),
            max_silence: seconds("maxSilenceSeconds"),
            terminate_on: call.text("terminateOn").filter(|on| on != "none").unwrap_or_default(),
            if_exists: call.text("ifExists").unwrap_or_else(|| "fail".into()),
        };
        match () {
            () if rules.max_duration < 0 => bad("max_duration_seconds cannot be negative"),
            () if rules.max_silence < 0 => bad("max_silence_seconds cannot be negative"),
            () if !["fail", "overwrite", "append"].contains(&&*rules.if_exists) => bad("ifExists invalid"),
            () if !["", "any", "*", "#"].contains(&&*rules.terminate_on) => bad("terminateOn invalid"),
            () => Ok(rules),
        }
    }
}

impl Live {
    fn has_begun(&self) -> bool {
        matches!(self.state, "recording" | "paused")
    }

    /// The recording as ARI shows it.
    pub fn json(&self) -> Value {
        json!({
            "name": self.name,
            "format": self.format.name,
            "state": self.state,
            "target_uri": self.target.uri(),
        })
    }
}

/// A name that is no way out of the folder of recordings.
pub fn is_inside(name: &str) -> bool {
    !name.starts_with('/') && name.split('/').all(|part| part != "..")
}

impl World {
    /// `channels.record` and `bridges.record`, once it is known that the target is there.
    pub fn start_recording(&mut self, target: Target, call: &Call) -> Outcome {
        let Some(format) = call.text("format").and_then(|name| Format::named(&name)) else {
            return Err(Answer::refuse(422, "specified format is unknown on this system"));
        };
        let recorder = match &target {
            Target::Bridge(id) => self.own_enters(id, "Recorder/ARI", false),
            Target::Channel(_) => None,
        };
        let outcome = self.add_recording(&target, call, format, recorder.clone());
        if let (Err(_), Target::Bridge(id), Some(recorder)) = (&outcome, &target, &recorder) {
            self.own_leaves(id, recorder);
        }
        outcome
    }

    fn add_recording(&mut self, target: &Target, call: &Call, format: Format, recorder: Option<String>) -> Outcome {
        let rules = Rules::read(call)?;
        let Some(name) = call.text("name").filter(|name| is_inside(name)) else {
            return Err(Answer::refuse(500, "Error parsing request"));
        };
        let exists = self.recordings.live.contains_key(&name)
            || rules.if_exists == "fail" && self.recordings.stored.contains_key(&name);
        if exists {
            let message = format!("Recording '{name}' already exists and can not be overwritten");
            return Err(Answer::refuse(409, message));
        }
        let live = Live {
            name: name.clone(),
            target: target.clone(),
            format,
            state: "queued",
            rules,
            recorder,
            since: None,
            recorded: 0.0,
            silent: None,
            silence: 0.0,
            timers: Vec::new(),
            silence_timer: None,
        };
        let answer = Answer::with(201, live.json()).header("Location", format!("/ari/recordings/live/{name}"));
        self.recordings.live.insert(name.clone(), live);
        match target {
            // Each recording of a bridge has a recorder to itself; a channel does one thing after the other.
            Target::Bridge(_) => self.begin_recording(&name),
            Target::Channel(_) => self.queue_job(target, Job::Recording(name)),
        }
        Ok(answer)
    }

    /// A recording's turn has come.
    pub fn begin_recording(&mut self, name: &str) {
        let Some(live) = self.recordings.live.get(name) else { return };
        if let Target::Channel(id) = &live.target {
            if self.channels.get(id).is_some_and(|channel| channel.bridge.is_some()) {
                return self.fail_recording(name, "Cannot record channel while in bridge");
            }
        }
        let quiet = !self.is_noisy(&live.target);
        let now = self.clock.now();
        let Some(live) = self.recordings.live.get_mut(name) else { return };
        live.state = "recording";
        live.since = Some(now);
        live.silent = live.since.filter(|_| quiet);
        let (rules, format) = (live.rules.clone(), live.format);
        let stored = self.recordings.stored.entry(name.to_owned()).or_insert_with(|| Stored::new(format));
        if rules.if_exists != "append" {
            *stored = Stored::new(format);
        }
        self.publish_recording(name, "RecordingStarted");
        if rules.max_duration > 0 {
            let ended = name.to_owned();
            let timer = self.after(rules.max_duration as f64, move |world| {
                world.finish_recording(&ended, true);
            });
            if let Some(live) = self.recordings.live.get_mut(name) {
                live.timers.push(timer);
            }
        }
        if quiet {
            self.await_silence(name);
        }
    }

    fn await_silence(&mut self, name: &str) {
        let Some(seconds) = self.recordings.live.get(name).map(|live| live.rules.max_silence) else { return };
        if seconds == 0 {
            return;
        }
        let ended = name.to_owned();
        let timer = self.after(seconds as f64, move |world| {
            world.finish_recording(&ended, true);
            // The silence itself is cut off, but for its beginning.
            if let Some(stored) = world.recordings.stored.get_mut(&ended) {
                stored.seconds = (stored.seconds - seconds as f64).max(0.0) + SILENCE_LEFT;
            }
        });
        if let Some(live) = self.recordings.live.get_mut(name) {
            live.silence_timer = Some(timer);
        }
    }

    /// Whether sound comes from a channel all the time: its other half plays a tone.
    fn is_noisy(&self, target: &Target) -> bool {
        let Target::Channel(id) = target else { return false };
        let half = self.channels.get(id).and_then(|channel| channel.half.as_ref());
        half.and_then(|half| self.channels.get(half)).is_some_and(|half| half.app_name == "Milliwatt")
    }

    /// Somebody begins to talk, or stops.
    pub fn recording_heard(&mut self, channel: &str, talking: bool) {
        let bridge = self.channels.get(channel).and_then(|found| found.bridge.clone()).filter(|_| self.speaks(channel));
        let hears = |target: &Target| match target {
            Target::Channel(id) => id == channel,
            Target::Bridge(id) => bridge.as_ref() == Some(id),
        };
        let live = self.recordings.live.values().filter(|live| live.since.is_some() && hears(&live.target));
        let names: Vec<_> = live.map(|live| live.name.clone()).collect();
        for name in names {
            let Some(live) = self.recordings.live.get_mut(&name) else { continue };
            let timer = live.silence_timer.take();
            live.silence += live.silent.take().map_or(0.0, |since| self.clock.since(since));
            live.silent = (!talking).then(|| self.clock.now());
            timer.into_iter().for_each(|timer| self.cancel(timer));
            if !talking {
                self.await_silence(&name);
            }
        }
    }

    /// A key was pressed: recordings that wait for it end.
    pub fn recording_key(&mut self, channel: &str, key: char) {
        let is_over = |live: &&Live| {
            let on = &live.rules.terminate_on;
            live.target == Target::Channel(channel.to_owned())
                && live.has_begun()
                && (on == "any" || on.starts_with(key))
        };
        let over: Vec<_> = self.recordings.live.values().filter(is_over).map(|live| live.name.clone()).collect();
        for name in over {
            self.finish_recording(&name, true);
        }
    }

    /// Ends a recording that has begun, and stores it or not.
    pub fn finish_recording(&mut self, name: &str, keep: bool) {
        let Some(mut live) = self.recordings.live.shift_remove(name) else { return };
        self.free(&mut live);
        live.state = "done";
        live.recorded += live.since.map_or(0.0, |since| self.clock.since(since));
        if live.rules.max_duration > 0 {
            live.recorded = live.recorded.min(live.rules.max_duration as f64);
        }
        let whole = |seconds: f64| seconds.max(0.0) as i64;
        let mut recording = live.json();
        recording["duration"] = json!(whole(live.recorded));
        if live.rules.max_silence > 0 {
            recording["talking_duration"] = json!(whole(live.recorded - live.silence));
            recording["silence_duration"] = json!(whole(live.silence));
        }
        if keep {
            if let Some(stored) = self.recordings.stored.get_mut(name) {
                stored.seconds += live.recorded;
            }
        } else {
            self.recordings.stored.remove(name);
        }
        self.publish(&[live.target.topic()], json!({ "type": "RecordingFinished", "recording": recording }));
        self.end_recording(&live);
    }

    fn fail_recording(&mut self, name: &str, cause: &str) {
        let Some(mut live) = self.recordings.live.shift_remove(name) else { return };
        self.free(&mut live);
        live.state = "failed";
        let mut recording = live.json();
        recording["cause"] = json!(cause);
        self.publish(&[live.target.topic()], json!({ "type": "RecordingFailed", "recording": recording }));
        self.end_recording(&live);
    }

    /// Whoever waits for the target is next.
    fn end_recording(&mut self, live: &Live) {
        match (&live.target, &live.recorder) {
            (Target::Bridge(id), Some(recorder)) => self.own_leaves(id, recorder),
            (target, _) => self.end_job(target, &Job::Recording(live.name.clone())),
        }
    }

    fn free(&mut self, live: &mut Live) {
        for timer in live.timers.drain(..).chain(live.silence_timer.take()) {
            self.cancel(timer);
        }
    }

    /// The target goes away. What it would have recorded yet begins and ends in the same moment.
    pub fn drop_recordings(&mut self, target: &Target) {
        let names: Vec<_> =
            self.recordings.live.values().filter(|live| live.target == *target).map(|live| live.name.clone()).collect();
        for name in names {
            self.drop_recording(&name);
        }
    }

    pub fn drop_recording(&mut self, name: &str) {
        if self.recordings.live.get(name).is_some_and(|live| !live.has_begun()) {
            self.begin_recording(name);
        }
        self.finish_recording(name, true);
    }

    /// Pauses, or goes on. A recording that has not begun is none yet.
    pub fn pause_recording(&mut self, name: &str, pause: bool) -> Outcome {
        let now = self.clock.now();
        let live = self.live_in_session(name)?;
        let since = live.since;
        match pause {
            true => live.since = None,
            false => live.since = Some(since.unwrap_or(now)),
        }
        live.state = if pause { "paused" } else { "recording" };
        if let Some(since) = since.filter(|_| pause) {
            let recorded = self.clock.since(since);
            self.live_in_session(name)?.recorded += recorded;
        }
        Ok(Answer::nothing())
    }

    /// A live recording that has begun.
    pub fn live_in_session(&mut self, name: &str) -> Result<&mut Live, Answer> {
        match self.recordings.live.get_mut(name) {
            None => Err(Answer::refuse(404, "Recording not found")),
            Some(live) if live.has_begun() => Ok(live),
            Some(_) => Err(Answer::refuse(409, "Recording not in session")),
        }
    }

    fn publish_recording(&mut self, name: &str, kind: &str) {
        let Some(live) = self.recordings.live.get(name) else { return };
        let (topic, event) = (live.target.topic(), json!({ "type": kind, "recording": live.json() }));
        self.publish(&[topic], event);
    }

    /// Whether something of a target is being recorded.
    pub fn is_recorded(&self, target: &Target) -> bool {
        self.recordings.live.values().any(|live| live.target == *target && live.has_begun())
    }

    /// How long a recording is that can be played.
    pub fn recorded_seconds(&self, name: &str) -> Option<f64> {
        self.recordings.stored.get(name).map(|stored| stored.seconds)
    }
}
