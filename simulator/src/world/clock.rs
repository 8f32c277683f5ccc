//! Simulated time: what is going to happen, and when.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::World;

pub type Task = Box<dyn FnOnce(&mut World) + Send>;

/// Names something that is going to happen, so that it can be called off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timer(u64);

/// What is going to happen. Times are given in simulated seconds, of which `speed` pass in one.
pub struct Clock {
    speed: f64,
    next: u64,
    due: BinaryHeap<Reverse<(Instant, Timer)>>,
    tasks: HashMap<Timer, Task>,
    /// Told when something is due earlier than anything before.
    pub earlier: Arc<Notify>,
}

impl Clock {
    pub fn new(speed: f64) -> Clock {
        Clock { speed, next: 0, due: BinaryHeap::new(), tasks: HashMap::new(), earlier: Arc::default() }
    }

    pub fn speed(&self) -> f64 {
        self.speed
    }

    /// From now on time passes that fast; what is due already keeps its time.
    pub fn set_speed(&mut self, speed: f64) {
        self.speed = speed;
    }

    /// Goes on as another clock that was forgotten: whoever waits for that one now waits for this.
    pub fn take_over(&mut self, old: Clock) {
        self.speed = old.speed;
        self.next = old.next;
        self.earlier = old.earlier;
    }

    /// How long simulated seconds take.
    pub fn real(&self, seconds: f64) -> Duration {
        Duration::try_from_secs_f64((seconds / self.speed).max(0.0)).unwrap_or(Duration::MAX)
    }

    /// How many simulated seconds have passed since then.
    pub fn since(&self, then: Instant) -> f64 {
        then.elapsed().as_secs_f64() * self.speed
    }

    /// When the next thing is due.
    pub fn next_due(&mut self) -> Option<Instant> {
        while let Some(Reverse((at, timer))) = self.due.peek() {
            if self.tasks.contains_key(timer) {
                return Some(*at);
            }
            self.due.pop();
        }
        None
    }

    fn take_due(&mut self) -> Option<Task> {
        if self.next_due()? > Instant::now() {
            return None;
        }
        let Reverse((_, timer)) = self.due.pop()?;
        self.tasks.remove(&timer)
    }
}

impl World {
    /// Does something after some simulated seconds.
    pub fn after(&mut self, seconds: f64, task: impl FnOnce(&mut World) + Send + 'static) -> Timer {
        let timer = Timer(self.clock.next);
        self.clock.next += 1;
        let at = Instant::now().checked_add(self.clock.real(seconds));
        // What is never due is never done.
        if let Some(at) = at {
            let earliest = self.clock.next_due().is_none_or(|due| at < due);
            self.clock.due.push(Reverse((at, timer)));
            self.clock.tasks.insert(timer, Box::new(task));
            if earliest {
                self.clock.earlier.notify_one();
            }
        }
        timer
    }

    /// Calls something off; nothing, if it has happened already.
    pub fn cancel(&mut self, timer: Timer) {
        self.clock.tasks.remove(&timer);
    }

    /// Does everything that is due.
    pub fn run_due(&mut self) {
        while let Some(task) = self.clock.take_due() {
            task(self);
            self.tell_devices();
            self.touch();
        }
    }
}
