//! What the listening sockets, the control interface and time have in common.

use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::{Duration, Instant};

use tokio::sync::{oneshot, watch};

use crate::answer::Answer;
use crate::dialplan::Dialplan;
use crate::faults::{Fault, Faults};
use crate::log::{Asked, What};
use crate::options::Options;
use crate::resources;
use crate::table::{self, Call, Request};
use crate::world::World;

/// How far the simulated Asterisk has come in starting or stopping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Up,
    /// Connections are refused.
    Down,
    /// The web server is there and ARI is not: 404.
    Loading,
    /// ARI is there and says 503.
    Booting,
}

/// One simulated Asterisk.
pub struct Shared {
    pub options: Arc<Options>,
    world: Mutex<World>,
    pub faults: Mutex<Faults>,
    pub mode: watch::Sender<Mode>,
    /// Whether connections are taken; the mode says what should be.
    pub listening: watch::Sender<bool>,
    /// How often it was told to start or stop: the newest order counts.
    orders: AtomicU64,
    sockets: AtomicU64,
    /// Where ARI and the control interface are, once they are.
    pub places: OnceLock<[String; 2]>,
}

/// What happens to a request.
pub enum Fate {
    Answered(Answer),
    /// Its connection ends; a fault says how.
    Cut(crate::faults::Cut),
}

/// What a request has come to, and what its answer still waits for.
pub struct Carried {
    answer: Answer,
    held: Vec<oneshot::Receiver<()>>,
}

impl From<Answer> for Carried {
    fn from(answer: Answer) -> Carried {
        Carried { answer, held: Vec::new() }
    }
}

impl Shared {
    pub fn new(options: Options) -> Result<Shared, String> {
        options.check()?;
        let text = options.dialplan.as_deref().unwrap_or(include_str!("../resources/extensions.conf"));
        let dialplan = Dialplan::parse(text).map_err(|why| format!("the dialplan: {why}"))?;
        let options = Arc::new(options);
        Ok(Shared {
            world: Mutex::new(World::new(options.clone(), Arc::new(dialplan))),
            faults: Mutex::default(),
            mode: watch::Sender::new(Mode::Up),
            listening: watch::Sender::new(true),
            orders: AtomicU64::new(0),
            sockets: AtomicU64::new(1),
            places: OnceLock::new(),
            options,
        })
    }

    /// The world, for as long as nobody waits.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    pub fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    pub fn socket_id(&self) -> u64 {
        self.sockets.fetch_add(1, Ordering::Relaxed)
    }

    /// Carries a request out, with what is set to go wrong with it. Who sends it is known by now.
    pub async fn perform(&self, request: &Request) -> Fate {
        self.go_through(request, |call| self.carry_out(call)).await
    }

    /// Notes a request, lets go wrong what is set to, and has it carried out otherwise.
    pub async fn go_through<C: Into<Carried>>(&self, request: &Request, carry_out: impl Fn(&Call) -> C) -> Fate {
        let read = table::read(request);
        let seq = self.note(request, read.as_ref().ok());
        let call = match read {
            Ok(call) => call,
            Err(refused) => return self.answered(seq, refused),
        };
        let fault = self.faults().take(&call);
        if let Some(fault) = &fault {
            tokio::time::sleep(fault.delay()).await;
        }
        match fault {
            Some(Fault { cut: Some(cut), performed, .. }) => {
                if performed {
                    carry_out(&call);
                }
                Fate::Cut(cut)
            }
            fault => {
                let carried = match fault.and_then(|fault| fault.answer()) {
                    Some(answer) => answer.into(),
                    None => carry_out(&call).into(),
                };
                for held in carried.held {
                    // It is as well if that never happens: the channel is gone.
                    let _ = held.await;
                }
                self.answered(seq, carried.answer)
            }
        }
    }

    fn carry_out(&self, call: &Call) -> Carried {
        let carry_out = || {
            let mut world = self.world();
            let answer = resources::perform(&mut world, call);
            let held = std::mem::take(&mut world.held);
            world.settle();
            Carried { answer, held }
        };
        // A mistake of the simulator's own is told to who meets it.
        let id = call.operation.id;
        catch_unwind(AssertUnwindSafe(carry_out)).unwrap_or_else(|_| {
            Answer::fail(500, format!("the simulator has failed at {id}, please report this")).into()
        })
    }

    /// Notes a request that is refused before it is looked at.
    pub fn refused(&self, request: &Request, answer: Answer) -> Answer {
        let read = table::read(request);
        let seq = self.note(request, read.as_ref().ok());
        self.answer_noted(seq, &answer);
        answer
    }

    fn note(&self, request: &Request, call: Option<&Call>) -> u64 {
        // Who logs in by the URL has the password there.
        let query: Vec<_> = request.query.split('&').filter(|pair| !pair.starts_with("api_key=")).collect();
        let query = query.join("&");
        let question = if query.is_empty() { "" } else { "?" };
        let asked = Asked {
            operation: call.map(|call| call.operation.id),
            method: request.method.clone(),
            target: format!("{}{question}{query}", request.path),
            arguments: call.map(|call| call.arguments.clone()).unwrap_or_default(),
            status: None,
            message: None,
        };
        let mut world = self.world();
        let seq = world.log.add(What::Request(asked));
        // Who waits for it need not wait for its answer, which a fault may hold back.
        world.touch();
        seq
    }

    fn answered(&self, seq: u64, answer: Answer) -> Fate {
        self.answer_noted(seq, &answer);
        Fate::Answered(answer)
    }

    fn answer_noted(&self, seq: u64, answer: &Answer) {
        let mut world = self.world();
        world.log.answered(seq, answer.status, answer.message());
        world.touch();
    }

    /// Asks again and again, whenever anything has changed, until there is an answer or the time is over.
    pub async fn wait_for<T>(&self, seconds: f64, mut question: impl FnMut() -> Option<T>) -> Option<T> {
        let changed = self.world().changed.clone();
        let end = Instant::now().checked_add(Duration::try_from_secs_f64(seconds).ok()?)?;
        loop {
            let notified = changed.notified();
            tokio::pin!(notified);
            notified.as_mut().enable();
            if let Some(answer) = question() {
                return Some(answer);
            }
            if tokio::time::timeout_at(end.into(), notified).await.is_err() {
                return question();
            }
        }
    }

    /// Lets time pass: does what is due, when it is due, for ever.
    pub async fn run_clock(&self) {
        let earlier = self.world().clock.earlier.clone();
        loop {
            // Whatever fails in one call, time goes on for the others.
            let _ = catch_unwind(AssertUnwindSafe(|| self.world().run_due()));
            let due = self.world().clock.next_due();
            match due {
                Some(at) if at <= Instant::now() => tokio::task::yield_now().await,
                Some(at) => drop(tokio::time::timeout_at(at.into(), earlier.notified()).await),
                None => earlier.notified().await,
            }
        }
    }

    /// The server goes away, and comes back after a time for each stage, as Asterisk does when it is restarted; unless it is
    /// told something else meanwhile.
    pub async fn restart(&self, down: Duration, loading: Duration, booting: Duration) {
        let order = self.stop().await;
        for (wait, mode) in [(down, Mode::Loading), (loading, Mode::Booting), (booting, Mode::Up)] {
            tokio::time::sleep(wait).await;
            if self.orders.load(Ordering::Relaxed) != order {
                return;
            }
            self.mode.send_replace(mode);
            self.listens(true).await;
        }
    }

    /// Comes when the server goes away.
    pub async fn down(&self) {
        let _ = self.mode.subscribe().wait_for(|mode| *mode == Mode::Down).await;
    }

    /// The server goes away. Who was connected is cut off, and what was going on is forgotten. Gives the number of the order.
    pub async fn stop(&self) -> u64 {
        let order = self.orders.fetch_add(1, Ordering::Relaxed) + 1;
        self.mode.send_replace(Mode::Down);
        self.world().restart();
        self.listens(false).await;
        order
    }

    /// The server takes connections again.
    pub async fn start(&self) {
        self.orders.fetch_add(1, Ordering::Relaxed);
        self.mode.send_replace(Mode::Up);
        self.listens(true).await;
    }

    async fn listens(&self, wanted: bool) {
        let _ = self.listening.subscribe().wait_for(|listening| *listening == wanted).await;
    }
}
