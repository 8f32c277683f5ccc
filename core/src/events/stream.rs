//! A stream of events: the task that reads the socket whatever the handlers do, and makes lost connections again.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{sleep_until, Instant};

use super::frame::Frame;
use super::library;
use super::queue::{Batch, BatchLimit, Next, Queue};
use super::restore::{Memory, Restored};
use super::socket::{Dialler, Socket, Step};
use super::subscriptions::Subscriptions;
use super::text::Pile;
use crate::error::{Delivery, Error, ErrorKind, Result};
use crate::options::{Options, Reconnect};
use crate::runtime::check_process;
use crate::transport::{BoxFuture, Transport};

/// With so many events waiting the handlers are behind.
const BEHIND: usize = 256;

/// Whether a stream is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Connecting,
    Open,
    Reconnecting,
    Closed,
}

/// What a stream shares with the client it came from.
pub(crate) struct Shared {
    pub options: Arc<Options>,
    pub transport: Arc<dyn Transport>,
    pub subscriptions: Arc<Subscriptions>,
    pub memory: Arc<Memory>,
}

/// The events of one or more applications. One task takes batches from it; clones are for closing it from elsewhere. The
/// connection is closed when the last of them is dropped.
#[derive(Clone)]
pub struct EventStream {
    inner: Arc<Inner>,
}

struct Inner {
    queue: Arc<Queue>,
    subscriptions: Arc<Subscriptions>,
    commands: mpsc::UnboundedSender<Command>,
    state: watch::Receiver<State>,
    /// The process this stream was opened in: in a child made by fork nobody reads it.
    process: u32,
}

enum Command {
    Close,
    Ping(oneshot::Sender<Result<()>>),
}

impl EventStream {
    /// A stream that is not open yet, and what opens it: a future that fails when the first attempts do. The stream tells
    /// of those attempts, and closing it ends them and the future in good order.
    pub(crate) fn begin(
        shared: Shared,
        apps: Vec<String>,
        target: &str,
    ) -> Result<(Self, impl Future<Output = Result<()>> + Send + 'static)> {
        let application = apps.join(",");
        let dialler = Dialler::new(&shared.options, target)?;
        let queue = Arc::new(Queue::new(shared.options.queue_bytes, application.clone()));
        let (commands, inbox) = mpsc::unbounded_channel();
        let (state, watch) = watch::channel(State::Connecting);
        let subscriptions = shared.subscriptions.clone();
        let mut keeper =
            Keeper { shared, apps, application, dialler, queue: queue.clone(), inbox, state, waiting: Vec::new() };
        let end = queue.clone();
        let opening = async move {
            let first = keeper.first().await;
            let Ok(Some(socket)) = first else {
                let outcome = first.map(|_| ());
                let _ = keeper.state.send(State::Closed);
                keeper.queue.end(outcome.clone());
                return outcome;
            };
            tokio::spawn(async move {
                if AssertUnwindSafe(keeper.keep(socket)).catch_unwind().await.is_err() {
                    let reason = "the task that reads the event connection has failed; please report this";
                    end.end(Err(Error::new(ErrorKind::Protocol, Delivery::Unknown, reason)));
                }
            });
            Ok(())
        };
        let process = std::process::id();
        let stream = EventStream { inner: Arc::new(Inner { queue, subscriptions, commands, state: watch, process }) };
        Ok((stream, opening))
    }

    /// Waits for events that somebody wants. `None`: the stream has ended, by `close` or by the server's goodbye. An
    /// error: the connection was lost and, by the options, is not made again.
    ///
    /// Safe to drop half-way: nothing is lost.
    pub async fn next_batch(&self, limit: BatchLimit) -> Result<Option<Batch>> {
        check_process(self.inner.process)?;
        self.inner.queue.next_batch(&self.inner.subscriptions, limit).await
    }

    /// The same without waiting, for event loops that are told by [`EventStream::ready`] when to look.
    pub fn try_batch(&self, limit: BatchLimit) -> Result<Next> {
        check_process(self.inner.process)?;
        self.inner.queue.try_batch(&self.inner.subscriptions, limit)
    }

    /// Waits until there is something to look at: events, wanted or not, or the end.
    pub async fn ready(&self) -> Result<()> {
        check_process(self.inner.process)?;
        self.inner.queue.ready().await;
        Ok(())
    }

    /// Puts back the events of the last batch after this sequence number, wanted then or not; the next batch matches
    /// them under the subscriptions of that moment.
    pub fn rewind(&self, after: u64) {
        if !self.is_ours() {
            return;
        }
        self.inner.queue.rewind(after);
    }

    /// Pings the server and waits for its answer.
    pub async fn ping(&self) -> Result<()> {
        check_process(self.inner.process)?;
        let (answer, pong) = oneshot::channel();
        let _ = self.inner.commands.send(Command::Ping(answer));
        pong.await.unwrap_or_else(|_| Err(not_connected()))
    }

    /// Closes the connection with a close frame. Events that still wait are given up; `next_batch` ends.
    ///
    /// The client's generation changes, so that who closes the stream in a handler gets no further event of its batch.
    pub fn close(&self) {
        if !self.is_ours() {
            return;
        }
        self.inner.queue.close();
        self.inner.subscriptions.touch();
        let _ = self.inner.commands.send(Command::Close);
    }

    /// False in a child made by fork. Locks may be held there by threads that are not there, and the connection is the
    /// parent's.
    fn is_ours(&self) -> bool {
        check_process(self.inner.process).is_ok()
    }

    /// Waits until the connection is down, after `close` or the end of the stream.
    pub async fn closed(&self) {
        let _ = self.inner.state.clone().wait_for(|state| *state == State::Closed).await;
    }

    pub fn state(&self) -> State {
        *self.inner.state.borrow()
    }

    /// Follows the state of the connection.
    pub fn watch(&self) -> watch::Receiver<State> {
        self.inner.state.clone()
    }
}

/// Reaches a stream without keeping it open.
pub(crate) struct WeakStream(Weak<Inner>);

impl EventStream {
    pub(crate) fn downgrade(&self) -> WeakStream {
        WeakStream(Arc::downgrade(&self.inner))
    }
}

impl WeakStream {
    /// `None` when nobody has the stream any more, which has closed it.
    pub fn upgrade(&self) -> Option<EventStream> {
        self.0.upgrade().map(|inner| EventStream { inner })
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if check_process(self.process).is_ok() {
            let _ = self.commands.send(Command::Close);
        }
    }
}

fn not_connected() -> Error {
    Error::new(ErrorKind::Connection, Delivery::NotSent, "the event connection is not open")
}

/// Ends when the stream is closed; before it is open, nothing else can be asked of it.
async fn until_closed(inbox: &mut mpsc::UnboundedReceiver<Command>) {
    while let Some(Command::Ping(answer)) = inbox.recv().await {
        let _ = answer.send(Err(not_connected()));
    }
}

/// How reading ended.
enum End {
    Asked,
    Closed { code: u16, reason: String },
    Lost(String),
}

/// Owns the connection for as long as the stream lives.
struct Keeper {
    shared: Shared,
    apps: Vec<String>,
    application: String,
    dialler: Dialler,
    queue: Arc<Queue>,
    inbox: mpsc::UnboundedReceiver<Command>,
    state: watch::Sender<State>,
    /// Who waits for a pong.
    waiting: Vec<oneshot::Sender<Result<()>>>,
}

impl Keeper {
    /// `None`: the stream was closed before it was open.
    async fn first(&mut self) -> Result<Option<Socket>> {
        let mut backoff = Backoff::new(&self.shared.options);
        loop {
            // Dialling is given up half-way when the stream is closed meanwhile.
            let dialled = tokio::select! {
                dialled = self.dialler.dial() => dialled,
                () = until_closed(&mut self.inbox) => return Ok(None),
            };
            let error = match dialled {
                Ok(socket) => {
                    self.queue.push(library::connected(&self.application));
                    return Ok(Some(socket));
                }
                Err(error) => error,
            };
            // A refusal is final, except for what a server answers while it starts.
            let starting = error.status().is_none_or(|status| status == 404 || status >= 500);
            if !starting || backoff.attempt >= self.shared.options.first_attempts - 1 {
                return Err(error);
            }
            let delay = backoff.next();
            self.queue.push(library::reconnecting(&self.application, backoff.attempt, delay, error.message()));
            tokio::select! {
                () = tokio::time::sleep(delay) => {}
                () = until_closed(&mut self.inbox) => return Ok(None),
            }
        }
    }

    async fn keep(mut self, socket: Socket) {
        let outcome = self.keep_connected(socket).await;
        if let Err(error) = &outcome {
            tracing::error!(application = self.application, %error, "the event stream has ended");
        }
        // In this order: who sees the end of the stream finds its state closed.
        let _ = self.state.send(State::Closed);
        self.queue.end(outcome);
    }

    async fn keep_connected(&mut self, mut socket: Socket) -> Result<()> {
        let mut restoring: Option<BoxFuture<'static, Frame>> = None;
        let mut backoff = Backoff::new(&self.shared.options);
        loop {
            let _ = self.state.send(State::Open);
            tracing::debug!(application = self.application, "event connection open");
            let opened = Instant::now();
            let end = self.read(&mut socket, &mut restoring).await;
            let lost_at = Instant::now();
            for waiter in self.waiting.drain(..) {
                let _ = waiter.send(Err(not_connected()));
            }
            if restoring.take().is_some() {
                // The next connection restores all of it; this one's place must not stay empty.
                let missing = self.shared.memory.list(&self.apps);
                self.queue.fill(library::reconnected(&self.application, 1, Duration::ZERO, &[], &missing));
            }
            let policy = self.shared.options.reconnect;
            let reason = match end {
                End::Asked => {
                    socket.close().await;
                    return Ok(());
                }
                End::Closed { code, reason } => {
                    socket.answer_goodbye().await;
                    self.queue.push(library::connection_closed(&self.application, code, &reason));
                    if policy != Reconnect::Always {
                        return Ok(());
                    }
                    format!("the server closed the connection with code {code}")
                }
                End::Lost(reason) => {
                    tracing::warn!(application = self.application, reason, "event connection lost");
                    self.queue.push(library::connection_lost(&self.application, &reason));
                    if policy == Reconnect::Never {
                        return Err(Error::new(
                            ErrorKind::Connection,
                            Delivery::Unknown,
                            format!("the event connection was lost: {reason}"),
                        ));
                    }
                    reason
                }
            };
            drop(socket);
            let _ = self.state.send(State::Reconnecting);
            // A server that takes the connection only to drop it again counts as one that does not take it.
            if opened.elapsed() > backoff.waited {
                backoff = Backoff::new(&self.shared.options);
            }
            let before = backoff.attempt;
            match self.reconnect(reason, &mut backoff).await? {
                Some(again) => {
                    socket = again;
                    restoring = self.restore(backoff.attempt - before, lost_at);
                }
                None => return Ok(()),
            }
        }
    }

    /// Reads until the connection ends. While subscriptions are being restored, events wait behind the place of
    /// `Reconnected`, but the socket is read all the same.
    async fn read(&mut self, socket: &mut Socket, restoring: &mut Option<BoxFuture<'static, Frame>>) -> End {
        // One timer for all: setting it anew for each event costs more than reading it.
        let mut alarm = pin!(sleep_until(socket.alarm(&self.shared.options)));
        let mut texts = Pile::default();
        let mut waiting = 0;
        loop {
            let due = socket.alarm(&self.shared.options);
            if due < alarm.deadline() {
                alarm.as_mut().reset(due);
            }
            let step = tokio::select! {
                biased;
                command = self.inbox.recv() => match command {
                    None | Some(Command::Close) => return End::Asked,
                    Some(Command::Ping(answer)) => {
                        self.waiting.push(answer);
                        socket.ping(&self.shared.options).await
                    }
                },
                frame = async { restoring.as_mut().expect("only polled when there").await }, if restoring.is_some() => {
                    *restoring = None;
                    self.queue.fill(frame);
                    Step::Nothing
                }
                () = alarm.as_mut() => {
                    let due = socket.alarm(&self.shared.options);
                    if due <= Instant::now() {
                        socket.alarmed(&self.shared.options).await
                    } else {
                        // Something was heard meanwhile.
                        alarm.as_mut().reset(due);
                        Step::Nothing
                    }
                }
                step = socket.step(&mut texts) => step,
            };
            if !texts.is_empty() {
                tracing::trace!(application = self.application, events = texts.len(), "events");
                let mut frames: Vec<_> = texts.take().map(Frame::received).collect();
                if waiting > BEHIND {
                    self.check(&mut frames);
                }
                waiting = self.queue.push_all(frames);
            }
            match step {
                Step::Binary(size) => {
                    let reason = format!("a binary message of {size} bytes");
                    self.queue.push(library::unreadable_frame(&self.application, &reason, ""));
                }
                Step::Pong => {
                    for waiter in self.waiting.drain(..) {
                        let _ = waiter.send(Ok(()));
                    }
                }
                Step::Nothing => {}
                Step::Closed { code, reason } => return End::Closed { code, reason },
                Step::Lost(reason) => return End::Lost(reason),
            }
        }
    }

    /// Reads to their end those frames that somebody is likely to want: while the handlers are behind, this task has the
    /// time, and they do not.
    fn check(&self, frames: &mut [Frame]) {
        let Some(matcher) = self.shared.subscriptions.try_matcher() else { return };
        let wanted: Vec<bool> = frames.iter().map(|frame| !matcher.passes_over(frame)).collect();
        drop(matcher);
        for (frame, _) in frames.iter_mut().zip(wanted).filter(|(_, wanted)| *wanted) {
            frame.check();
        }
    }

    /// Tries until it is connected again, the tries are used up (an error) or the stream is closed (`None`).
    async fn reconnect(&mut self, mut reason: String, backoff: &mut Backoff) -> Result<Option<Socket>> {
        loop {
            if self.shared.options.max_reconnects.is_some_and(|most| backoff.attempt >= most) {
                return Err(Error::new(
                    ErrorKind::Connection,
                    Delivery::Unknown,
                    format!(
                        "the event connection was lost and {} attempts to make it again failed: {reason}",
                        backoff.attempt
                    ),
                ));
            }
            let delay = backoff.next();
            self.queue.push(library::reconnecting(&self.application, backoff.attempt, delay, &reason));
            let deadline = Instant::now() + delay;
            loop {
                tokio::select! {
                    () = sleep_until(deadline) => break,
                    command = self.inbox.recv() => match command {
                        None | Some(Command::Close) => return Ok(None),
                        Some(Command::Ping(answer)) => drop(answer.send(Err(not_connected()))),
                    },
                }
            }
            match self.dialler.dial().await {
                Ok(socket) => return Ok(Some(socket)),
                Err(error) => reason = error.message().to_string(),
            }
        }
    }

    fn restore(&self, attempts: u32, lost_at: Instant) -> Option<BoxFuture<'static, Frame>> {
        let application = self.application.clone();
        let report = move |restored: Restored| {
            library::reconnected(&application, attempts, lost_at.elapsed(), &restored.done, &restored.failed)
        };
        if self.shared.memory.is_empty(&self.apps) {
            self.queue.push(report(Restored::default()));
            return None;
        }
        self.queue.reserve();
        let (memory, transport, apps) = (self.shared.memory.clone(), self.shared.transport.clone(), self.apps.clone());
        Some(Box::pin(async move { report(memory.restore(&*transport, &apps).await) }))
    }
}

/// Waits that double from `min_delay` to `max_delay`, each shortened by up to a quarter at random so that many
/// clients of one server do not come back at the same moment.
struct Backoff {
    delay: Duration,
    most: Duration,
    attempt: u32,
    /// The last wait.
    waited: Duration,
}

impl Backoff {
    fn new(options: &Options) -> Self {
        Backoff {
            delay: options.min_delay.min(options.max_delay),
            most: options.max_delay,
            attempt: 0,
            waited: Duration::ZERO,
        }
    }

    fn next(&mut self) -> Duration {
        use std::hash::{BuildHasher, RandomState};
        self.attempt += 1;
        let delay = self.delay;
        self.delay = (delay * 2).min(self.most);
        // The standard library's only source of randomness, which is enough for this.
        let random = RandomState::new().hash_one(self.attempt) % 1000;
        self.waited = delay.mul_f64(1.0 - random as f64 / 4000.0);
        self.waited
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_within_their_bounds() {
        let mut options = Options::new("http://x", "u", "p").unwrap();
        options.min_delay = Duration::from_millis(100);
        options.max_delay = Duration::from_millis(1000);
        let mut backoff = Backoff::new(&options);
        for full in [100, 200, 400, 800, 1000, 1000] {
            let delay = backoff.next();
            assert!(delay <= Duration::from_millis(full) && delay >= Duration::from_millis(full * 3 / 4));
        }
        assert_eq!(backoff.attempt, 6);
    }
}
