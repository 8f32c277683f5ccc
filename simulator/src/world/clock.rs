//! Simulated time: what is going to happen, and when.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::World;

/// How many things are done in one turn.
const TURN: usize = 200;
/// As good as never.
const A_YEAR: Duration = Duration::from_secs(365 * 86_400);

pub type Task = Box<dyn FnOnce(&mut World) + Send>;

/// Names something that is going to happen, so that it can be called off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timer(u64);

/// A moment of simulated time: how much of it had passed since the start.
pub type Moment = Duration;

/// What is going to happen, in simulated seconds, of which `speed` pass in one.
pub struct Clock {
    speed: f64,
    /// The moment at which the speed was set, in both times.
    set: (Moment, Instant),
    next: u64,
    due: BinaryHeap<Reverse<(Moment, Timer)>>,
    tasks: HashMap<Timer, Task>,
    /// Told when something is due earlier than anything before.
    pub earlier: Arc<Notify>,
}

impl Clock {
    pub fn new(speed: f64) -> Clock {
        Clock {
            speed,
            set: (Moment::ZERO, Instant::now()),
            next: 0,
            due: BinaryHeap::new(),
            tasks: HashMap::new(),
            earlier: Arc::default(),
        }
    }

    pub fn speed(&self) -> f64 {
        self.speed
    }

    /// From now on time passes that fast, for what has begun, too.
    pub fn set_speed(&mut self, speed: f64) {
        self.set = (self.now(), Instant::now());
        self.speed = speed;
        self.earlier.notify_one();
    }

    /// Goes on as another clock that was forgotten: whoever waits for that one now waits for this.
    pub fn take_over(&mut self, old: Clock) {
        self.speed = old.speed;
        self.set = old.set;
        self.next = old.next;
        self.earlier = old.earlier;
    }

    pub fn now(&self) -> Moment {
        let (moment, since) = self.set;
        moment.saturating_add(span(since.elapsed().as_secs_f64() * self.speed))
    }

    /// How many simulated seconds have passed since then.
    pub fn since(&self, then: Moment) -> f64 {
        self.now().saturating_sub(then).as_secs_f64()
    }

    /// When the next thing is due, in real time.
    pub fn next_due(&mut self) -> Option<Instant> {
        while let Some(Reverse((at, timer))) = self.due.peek() {
            if self.tasks.contains_key(timer) {
                let (moment, since) = self.set;
                let real = span(at.saturating_sub(moment).as_secs_f64() / self.speed);
                return Some(since.checked_add(real).unwrap_or(since + A_YEAR));
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
        // What is never due is never done.
        if let Ok(length) = Duration::try_from_secs_f64(seconds.max(0.0)) {
            let at = self.clock.now().saturating_add(length);
            let earliest = self.clock.due.peek().is_none_or(|Reverse((first, _))| at < *first);
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

    /// After something was done: what is due because of it, and whoever waits for it.
    pub fn settle(&mut self) {
        self.run_due();
        self.touch();
    }

    /// Does what is due, as far as it goes at once: a dialplan may go in circles in no time, and others want their turn, too.
    pub fn run_due(&mut self) {
        for _ in 0..TURN {
            let Some(task) = self.clock.take_due() else { return };
            task(self);
            self.tell_devices();
            self.touch();
        }
    }
}

/// So many seconds, or as many as there can be.
fn span(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn world(speed: f64) -> World {
        let options = crate::options::Options { speed, ..Default::default() };
        let dialplan = crate::dialplan::Dialplan::parse("[default]").expect("a dialplan with nothing in it");
        World::new(Arc::new(options), Arc::new(dialplan))
    }

    /// Lets time pass until the next thing has happened.
    fn run(world: &mut World) {
        while let Some(due) = world.clock.next_due() {
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            world.run_due();
        }
    }

    #[test]
    fn what_has_begun_goes_on_at_the_new_speed() {
        let mut world = world(0.001);
        world.after(50.0, |world| drop(world.globals.insert("DONE".into(), "yes".into())));
        world.clock.set_speed(10_000.0);
        run(&mut world);
        assert!(world.globals.contains_key("DONE"));
        assert!(world.clock.now() >= Duration::from_secs(50));
    }

    #[test]
    fn what_is_called_off_or_never_due_does_not_happen() {
        let mut world = world(1000.0);
        let timer = world.after(1.0, |_| panic!("it was called off"));
        world.cancel(timer);
        world.after(f64::INFINITY, |_| panic!("never"));
        run(&mut world);
    }
}
