//! What media is played to and recorded from: a channel or a bridge, and whose turn it is there.

use std::collections::VecDeque;

use tokio::sync::oneshot;

use super::apps::Topic;
use super::World;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    Channel(String),
    Bridge(String),
}

/// Something that takes its time with a target, and has it alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Job {
    /// A playback, by its id.
    Playback(String),
    /// A live recording, by its name.
    Recording(String),
    /// Something that an application wants of the channel after what it plays, by a key.
    Command(String),
}

impl Target {
    /// As ARI writes it: `channel:1764000000.7`.
    pub fn uri(&self) -> String {
        match self {
            Target::Channel(id) => format!("channel:{id}"),
            Target::Bridge(id) => format!("bridge:{id}"),
        }
    }

    /// Who is told of what is done with it.
    pub fn topic(&self) -> Topic {
        match self {
            Target::Channel(id) => Topic::channel(id),
            Target::Bridge(id) => Topic::bridge(id),
        }
    }
}

impl World {
    /// Puts a job at the end of the target's queue; it begins at once if there is no other.
    pub fn queue_job(&mut self, target: &Target, job: Job) {
        let queue = self.jobs.entry(target.clone()).or_default();
        queue.push_back(job);
        if queue.len() == 1 {
            self.begin_job(target);
        }
    }

    /// Says that a job has come to its end, or never comes to its beginning; the next one begins.
    pub fn end_job(&mut self, target: &Target, job: &Job) {
        let Some(queue) = self.jobs.get_mut(target) else { return };
        let first = queue.front() == Some(job);
        queue.retain(|queued| queued != job);
        if queue.is_empty() {
            self.jobs.remove(target);
        } else if first {
            self.begin_job(target);
        }
    }

    /// Takes all jobs of a target, the one that has begun first: it is going away.
    pub fn take_jobs(&mut self, target: &Target) -> VecDeque<Job> {
        self.jobs.remove(target).unwrap_or_default()
    }

    /// The same, and the request is answered only then.
    pub fn queue_and_hold(&mut self, id: &str, command: impl FnOnce(&mut World, &str) + Send + 'static) {
        let (done, held) = oneshot::channel::<()>();
        self.held.push(held);
        self.queue_command(id, move |world, id| {
            command(world, id);
            drop(done);
        });
    }

    /// Does something with a channel when it is through with what it plays and records.
    pub fn queue_command(&mut self, id: &str, command: impl FnOnce(&mut World, &str) + Send + 'static) {
        let (key, id) = (self.uuid(), id.to_owned());
        let target = Target::Channel(id.clone());
        self.commands.insert(key.clone(), Box::new(move |world| command(world, &id)));
        self.queue_job(&target, Job::Command(key));
    }

    fn run_command(&mut self, target: &Target, key: &str) {
        if let Some(command) = self.commands.remove(key) {
            command(self);
        }
        self.end_job(target, &Job::Command(key.to_owned()));
    }

    fn begin_job(&mut self, target: &Target) {
        match self.jobs.get(target).and_then(|queue| queue.front()).cloned() {
            Some(Job::Playback(id)) => self.begin_playback(&id),
            Some(Job::Recording(name)) => self.begin_recording(&name),
            Some(Job::Command(key)) => self.run_command(target, &key),
            None => {}
        }
    }
}
