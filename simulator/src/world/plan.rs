//! Carries out the dialplan: line by line, what takes time in simulated time.

use serde_json::json;

use super::channel::{Place, State};
use super::dial::Signal;
use super::keys::Wanted;
use super::{sounds, World};
use crate::dialplan::{Action, Position, Step};

/// So many lines are done at a time; then others have their turn.
const SLICE: usize = 200;
/// How long (in real seconds) they have it.
const BREATH: f64 = 0.0005;

/// What an action leaves to do.
enum Then {
    /// The next line.
    Next,
    /// Nothing: it goes on by itself.
    Wait,
    /// The dialplan is over.
    Over,
}

impl World {
    /// Carries lines out until one takes time.
    pub fn run_plan(&mut self, id: &str) {
        let plan = self.dialplan.clone();
        for _ in 0..SLICE {
            let Some(channel) = self.channels.get(id).filter(|channel| channel.place == Place::Dialplan) else {
                return;
            };
            let (mut at, hung_up) = (channel.at.clone(), channel.hung_up);
            let Some(line) = plan.line(&at, &mut self.scope(id)) else {
                if hung_up || !plan.invalid(&mut at, &mut self.scope(id)) {
                    return self.plan_over(id);
                }
                self.alter(id, |channel| channel.at = at);
                continue;
            };
            self.set_application(id, &line.application, &line.data);
            let then = match plan.run(&line, &mut at, &mut self.scope(id)) {
                Step::Next => {
                    self.alter(id, |channel| channel.at = at);
                    continue;
                }
                Step::Act(_, action) if hung_up && takes_time(&action) => Then::Over,
                Step::Act(shown, action) => {
                    if shown != line {
                        self.alter(id, |channel| {
                            (channel.app_name, channel.app_data) = (shown.application, shown.data)
                        });
                    }
                    self.act(id, action)
                }
                Step::Failed(why) => {
                    tracing::warn!("the dialplan: {why}");
                    Then::Over
                }
            };
            match then {
                Then::Next => self.alter(id, |channel| channel.at.advance()),
                Then::Wait => return,
                Then::Over => return self.plan_over(id),
            }
        }
        let breath = BREATH * self.clock.speed();
        self.wait(id, breath, World::run_plan);
    }

    /// The application that a call to an extension comes to, unless something is heard or waited for before.
    pub fn first_application(&mut self, context: &str, exten: &str) -> Option<String> {
        let plan = self.dialplan.clone();
        let mut at = Position::new(context, exten, 1);
        loop {
            let line = plan.line(&at, &mut self.scope(""))?;
            match line.application.to_ascii_lowercase().as_str() {
                "noop" | "verbose" | "log" | "set" | "mset" | "answer" | "ringing" | "progress" | "proceeding" => {
                    at.advance()
                }
                "stasis" => return line.data.split(',').next().map(|app| app.trim().to_owned()),
                _ => return None,
            }
        }
    }

    /// The action of a line is over: on to the next one.
    pub fn next_line(&mut self, id: &str) {
        let Some(channel) = self.channels.get_mut(id).filter(|channel| channel.place == Place::Dialplan) else {
            return;
        };
        channel.at.advance();
        self.stop_waiting(id);
        self.run_plan(id);
    }

    /// Goes on with the first line of another extension.
    pub fn go_to_exten(&mut self, id: &str, exten: &str) {
        self.stop_waiting(id);
        self.alter(id, |channel| {
            channel.at.exten = exten.to_owned();
            channel.at.priority = 1;
        });
        self.run_plan(id);
    }

    fn act(&mut self, id: &str, action: Action) -> Then {
        match action {
            Action::Answer { delay_ms } => {
                self.answer(id);
                if delay_ms == 0 {
                    return Then::Next;
                }
                self.wait(id, delay_ms as f64 / 1000.0, World::next_line);
            }
            Action::Ringing => return self.tell(id, Signal::Ringing),
            Action::Progress => return self.tell(id, Signal::Progress),
            Action::Proceeding => return self.tell(id, Signal::Proceeding),
            Action::Busy { seconds } => self.refuse(id, Signal::Busy, 17, seconds),
            Action::Congestion { seconds } => self.refuse(id, Signal::Congestion, 34, seconds),
            Action::Wait { seconds } => self.wait(id, seconds, World::next_line),
            Action::WaitExten { seconds } => self.want(id, Wanted::exten(), seconds.unwrap_or(super::keys::FIRST)),
            Action::Playback { files, options } => self.play_files(id, files, &options, false),
            Action::Background { files, options } => self.play_files(id, files, &options, true),
            Action::Say { scheme, text } => {
                self.answer(id);
                self.hear(id, vec![format!("{scheme}:{text}")], World::next_line);
            }
            Action::SendDtmf { digits, between_ms, each_ms, channel } => {
                let to = channel.and_then(|name| self.channel_named(&name)).unwrap_or_else(|| id.to_owned());
                let times = super::keys::Times { before: 0, each: each_ms, between: between_ms, after: 0 };
                let seconds = self.send_keys(&to, &digits, times);
                self.wait(id, seconds, World::next_line);
            }
            Action::Stasis { app, args } => {
                if !self.try_stasis(id, &app, &args) {
                    return Then::Next;
                }
            }
            Action::StasisBroadcast { arguments } => self.broadcast(id, &arguments),
            Action::Hangup { cause } => {
                self.alter(id, |channel| channel.cause = cause.unwrap_or(16));
                return Then::Over;
            }
            Action::Echo => self.alter(id, |channel| channel.wanted = Some(Wanted::Echo)),
            Action::Milliwatt => {}
            Action::MusicOnHold { class, seconds } => {
                self.alter(id, |channel| channel.moh = Some(class));
                if let Some(seconds) = seconds {
                    self.wait(id, seconds, |world, id| {
                        world.alter(id, |channel| channel.moh = None);
                        world.next_line(id);
                    });
                }
            }
            Action::StartMusicOnHold { class } => {
                self.alter(id, |channel| channel.moh = Some(class));
                return Then::Next;
            }
            Action::StopMusicOnHold => {
                self.alter(id, |channel| channel.moh = None);
                return Then::Next;
            }
            Action::Read { variable, files, max_digits, seconds, attempts, .. } => {
                self.answer(id);
                self.want(id, Wanted::read(variable, max_digits, attempts, seconds), f64::INFINITY);
                self.hear(id, sound_uris(files), World::prompt_over);
            }
            Action::Record { max_seconds, .. } => {
                self.answer(id);
                self.want(id, Wanted::Pound, max_seconds.unwrap_or(f64::INFINITY));
            }
            Action::Dial { targets, seconds, .. } => return self.dial_all(id, &targets, seconds),
            Action::UserEvent { name, headers } => {
                let mut told: serde_json::Map<_, _> =
                    headers.into_iter().map(|(name, value)| (name, value.into())).collect();
                told.insert("eventname".into(), name.clone().into());
                self.publish_channel(id, "ChannelUserevent", json!({ "eventname": name, "userevent": told }));
                return Then::Next;
            }
        }
        Then::Wait
    }

    fn tell(&mut self, id: &str, signal: Signal) -> Then {
        self.indicate(id, signal);
        Then::Next
    }

    /// `Busy` and `Congestion`: the other end hears it, and may hang up until this one does.
    fn refuse(&mut self, id: &str, signal: Signal, cause: u32, seconds: Option<f64>) {
        self.indicate(id, signal);
        if self.channels.get(id).is_some_and(|channel| channel.state != State::Up) {
            self.alter(id, |channel| channel.cause = cause);
            self.set_state(id, State::Busy);
        }
        if let Some(seconds) = seconds {
            self.wait(id, seconds, World::plan_over);
        }
    }

    /// `Playback` and `Background`.
    fn play_files(&mut self, id: &str, files: Vec<String>, options: &str, keys: bool) {
        let early = if keys { options.contains('n') } else { options.contains("noanswer") };
        let skip = options.contains("skip") || (keys && options.contains('s'));
        let up = self.channels.get(id).is_some_and(|channel| channel.state == State::Up);
        if skip && !up {
            return self.hear(id, Vec::new(), World::next_line);
        }
        if !early {
            self.answer(id);
        }
        let status = if keys { "BACKGROUNDSTATUS" } else { "PLAYBACKSTATUS" };
        let known = files.iter().any(|file| sounds::seconds(&self.options, file).is_some());
        if keys {
            self.alter(id, |channel| channel.wanted = Some(Wanted::exten()));
        }
        self.hear(id, sound_uris(files), move |world, id| {
            world.set_variable(id, status, if known { "SUCCESS" } else { "FAILED" });
            world.next_line(id);
        });
    }

    /// Lets a channel hear media, one after the other, and goes on then.
    fn hear(&mut self, id: &str, mut media: Vec<String>, then: impl FnOnce(&mut World, &str) + Send + 'static) {
        if media.is_empty() {
            self.alter(id, |channel| channel.hears.clear());
            return self.wait(id, 0.0, then);
        }
        let first = media.remove(0);
        let length = self.length(&first);
        self.alter(id, |channel| channel.hears = vec![first.clone()]);
        self.wait(id, length.unwrap_or(0.0), move |world, id| {
            if length.is_some() {
                world.alter(id, |channel| channel.heard.push(first));
            }
            world.hear(id, media, then);
        });
    }

    /// `Dial`: several are called, the first to answer has the call.
    fn dial_all(&mut self, id: &str, targets: &[String], seconds: Option<f64>) -> Then {
        for target in targets {
            self.dial_party(id, target);
        }
        if self.dialled_by(id).is_empty() {
            self.set_variable(id, "DIALSTATUS", "CHANUNAVAIL");
            return Then::Next;
        }
        if let Some(seconds) = seconds {
            self.wait(id, seconds, |world, id| {
                for callee in world.dialled_by(id) {
                    world.dismiss(&callee, super::dial::NO_ANSWER);
                }
                world.set_variable(id, "DIALSTATUS", "NOANSWER");
                world.next_line(id);
            });
        }
        Then::Wait
    }
}

fn sound_uris(files: Vec<String>) -> Vec<String> {
    files.into_iter().map(|file| format!("sound:{file}")).collect()
}

/// What a channel that is gone cannot do any more.
fn takes_time(action: &Action) -> bool {
    !matches!(
        action,
        Action::UserEvent { .. } | Action::StopMusicOnHold | Action::Ringing | Action::Progress | Action::Proceeding
    )
}
