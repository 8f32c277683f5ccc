//! Lanes: a connection with a reactor of its own, for a thread that waits for its answer. That thread moves the bytes
//! itself, and no other has to be woken for it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use reqwest::Client;
use tokio::runtime::{Handle, Runtime};
use tokio::time::{sleep_until, Instant};

use super::http::{Recipe, IDLE};
use super::GoOn;
use crate::error::Result;
use crate::runtime;

/// How long something that blocks its thread waits before it asks whether to go on: for that long Ctrl-C may have to wait.
const SLICE: Duration = Duration::from_millis(100);

/// Waits until the deadline at most. `turn` waits until a time that it is given.
pub(super) fn wait_here<T>(
    mut turn: impl FnMut(Instant) -> Option<T>,
    deadline: Instant,
    go_on: GoOn<'_>,
) -> Result<Option<T>> {
    loop {
        let until = deadline.min(Instant::now() + SLICE);
        let outcome = turn(until);
        if outcome.is_some() || until == deadline {
            return Ok(outcome);
        }
        go_on()?;
    }
}

pub(super) struct Lane {
    pub client: Client,
    /// None only at its end.
    runtime: Option<Runtime>,
    process: u32,
    rests_since: Instant,
}

impl Lane {
    pub fn runtime(&self) -> &Runtime {
        self.runtime.as_ref().expect("only the drop takes it")
    }

    fn is_stale(&self) -> bool {
        self.rests_since.elapsed() >= IDLE
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        let Some(runtime) = self.runtime.take() else { return };
        if self.process == std::process::id() {
            runtime.shutdown_background();
        } else {
            // A child made by fork shares the reactor with its parent: what it took out of it would be gone there.
            std::mem::forget(runtime);
        }
    }
}

/// The lanes that rest, the last used one last. As each is taken with a permit, there are never more than permits.
pub(super) struct Lanes {
    recipe: Recipe,
    shared: Arc<Mutex<Resting>>,
    runtime: Handle,
}

#[derive(Default)]
struct Resting {
    lanes: Vec<Lane>,
    /// Whether somebody looks after them.
    watched: bool,
}

impl Lanes {
    pub fn new(recipe: Recipe, runtime: Handle) -> Lanes {
        Lanes { recipe, shared: Arc::default(), runtime }
    }

    pub fn take(&self) -> Result<Lane> {
        if let Some(lane) = lock(&self.shared).lanes.pop_if(|lane| !lane.is_stale()) {
            return Ok(lane);
        }
        Ok(Lane {
            client: self.recipe.client(1)?,
            runtime: Some(runtime::of_one_thread()?),
            process: std::process::id(),
            rests_since: Instant::now(),
        })
    }

    pub fn give_back(&self, mut lane: Lane) {
        lane.rests_since = Instant::now();
        let mut resting = lock(&self.shared);
        resting.lanes.push(lane);
        if !std::mem::replace(&mut resting.watched, true) {
            self.runtime.spawn(watch(Arc::downgrade(&self.shared)));
        }
    }
}

/// Ends what has not been used for a while, until nothing is left.
async fn watch(shared: Weak<Mutex<Resting>>) {
    let mut next = Instant::now() + IDLE;
    loop {
        sleep_until(next).await;
        let Some(shared) = shared.upgrade() else { return };
        let mut resting = lock(&shared);
        // The one that has rested longest lies at the bottom.
        let fresh = resting.lanes.iter().position(|lane| !lane.is_stale()).unwrap_or(resting.lanes.len());
        let stale: Vec<Lane> = resting.lanes.drain(..fresh).collect();
        let oldest = resting.lanes.first().map(|lane| lane.rests_since);
        resting.watched = oldest.is_some();
        drop(resting);
        // Closing takes its time, which no call should have to wait for.
        drop(stale);
        match oldest {
            Some(since) => next = since + IDLE,
            None => return,
        }
    }
}

fn lock(shared: &Mutex<Resting>) -> MutexGuard<'_, Resting> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
