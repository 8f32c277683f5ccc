//! Events between the socket and their handlers: bounded in bytes, matched when they are handed over.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};

use tokio::sync::Notify;

use super::frame::{EventObject, Frame, Name};
use super::library;
use super::subscriptions::{Handlers, Matcher, Subscriptions};
use super::text::Text;
use crate::error::Result;

/// How much `next_batch` hands over at most. It always hands over at least one event.
#[derive(Clone, Copy, Debug)]
pub struct BatchLimit {
    pub events: usize,
    pub bytes: usize,
}

impl Default for BatchLimit {
    fn default() -> Self {
        BatchLimit { events: 1024, bytes: 64 << 10 }
    }
}

/// Events that somebody wants, in the order in which they came.
#[derive(Debug, Default)]
pub struct Batch {
    /// The subscriptions these events were matched under: when the client's generation is another one after a
    /// handler ran, the rest has to be matched again (`rewind`).
    pub generation: u64,
    pub events: Vec<Matched>,
}

/// What there is without waiting.
#[derive(Debug)]
pub enum Next {
    Batch(Batch),
    /// Nothing that anybody wants, for now.
    Nothing,
    /// The stream has ended in good order.
    End,
}

/// One event and who wants it.
#[derive(Clone, Debug)]
pub struct Matched {
    pub sequence: u64,
    name: Name,
    text: Text,
    /// In order of registration, each once.
    pub handlers: Handlers,
}

impl Matched {
    /// Type of the event.
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// The event's JSON as it came.
    pub fn text(&self) -> &str {
        self.text.as_str()
    }

    /// Whether the library knows this type. The objects of others are found by the names of their fields.
    pub fn is_known(&self) -> bool {
        matches!(self.name, Name::Known(_))
    }

    /// The domain objects in it, which are looked for each time.
    pub fn objects(&self) -> Vec<EventObject> {
        let frame = Frame::received(self.text.clone());
        let objects = frame.sight(|_| true).map(|event| event.objects).unwrap_or_default();
        objects
            .into_iter()
            .map(|(object, id)| EventObject { field: object.field, class: object.class, id: id.into() })
            .collect()
    }
}

/// Frames taken out of the arrivals at once: so many, or so many bytes. It is short enough for a flood nobody wants not to hold
/// the subscriptions for long, and so that what was taken stays in the processor's cache.
const TAKEN_AT_ONCE: usize = 1024;
const BYTES_AT_ONCE: usize = 1 << 20;
/// With fewer left, more are taken.
const FEW: usize = 256;

/// The task that reads the socket and whoever hands events over meet only for the moments in which frames change hands; the
/// matching is done outside.
pub(crate) struct Queue {
    /// Where both are needed, `taken` is locked first.
    taken: Mutex<Taken>,
    arrivals: Mutex<Arrivals>,
    /// Some of what was taken has not been looked at.
    left: AtomicBool,
    arrived: Notify,
    limit: usize,
    application: String,
}

/// What has come from the socket.
#[derive(Default)]
struct Arrivals {
    frames: VecDeque<Frame>,
    bytes: usize,
    sequence: u64,
    /// Frames from this sequence number on wait until the place before them is filled.
    gate: Option<u64>,
    end: Option<Result<()>>,
    closed: bool,
}

/// What is being handed over.
struct Taken {
    /// The first ones have been looked at, wanted or not; they are kept for `rewind`.
    frames: Vec<Frame>,
    looked_at: usize,
    /// At most so many events are handed over next. Each rewind has what was left of a batch matched again: while every
    /// event changes the handlers, batches are small, or a backlog would take time by the square of its length.
    most: usize,
}

impl Queue {
    pub fn new(limit: usize, application: String) -> Self {
        let taken = Taken { frames: Vec::new(), looked_at: 0, most: usize::MAX };
        Queue {
            taken: Mutex::new(taken),
            arrivals: Mutex::default(),
            left: AtomicBool::new(false),
            arrived: Notify::new(),
            limit,
            application,
        }
    }

    pub fn push(&self, frame: Frame) {
        self.push_all([frame]);
    }

    /// Tells how many wait.
    pub fn push_all(&self, frames: impl IntoIterator<Item = Frame>) -> usize {
        let mut arrivals = lock(&self.arrivals);
        if arrivals.end.is_some() {
            return 0;
        }
        for frame in frames {
            arrivals.append(frame);
        }
        if arrivals.bytes > self.limit {
            arrivals.give_up_oldest(self.limit, &self.application);
        }
        let waiting = arrivals.frames.len();
        drop(arrivals);
        self.arrived.notify_one();
        waiting
    }

    /// Keeps a place for a frame that is not known yet; what comes after it waits.
    pub fn reserve(&self) {
        let mut arrivals = lock(&self.arrivals);
        arrivals.sequence += 1;
        arrivals.gate = Some(arrivals.sequence);
    }

    /// Fills the place that was kept.
    pub fn fill(&self, mut frame: Frame) {
        let mut arrivals = lock(&self.arrivals);
        if let Some(gate) = arrivals.gate.take() {
            frame.sequence = gate;
            arrivals.bytes += frame.weight();
            let place = arrivals.frames.partition_point(|other| other.sequence < gate);
            arrivals.frames.insert(place, frame);
        }
        drop(arrivals);
        self.arrived.notify_one();
    }

    /// Ends the stream after what is in it. The first end counts.
    pub fn end(&self, outcome: Result<()>) {
        let mut arrivals = lock(&self.arrivals);
        arrivals.gate = None;
        arrivals.end.get_or_insert(outcome);
        drop(arrivals);
        self.arrived.notify_one();
    }

    /// Ends the stream at once: the one who asked for the end does not want what still waits, nor what is put back.
    pub fn close(&self) {
        let mut taken = lock(&self.taken);
        taken.frames.clear();
        taken.looked_at = 0;
        self.left.store(false, Ordering::Release);
        let mut arrivals = lock(&self.arrivals);
        *arrivals = Arrivals { sequence: arrivals.sequence, end: Some(Ok(())), closed: true, ..Arrivals::default() };
        drop((arrivals, taken));
        self.arrived.notify_one();
    }

    pub async fn next_batch(&self, subscriptions: &Subscriptions, limit: BatchLimit) -> Result<Option<Batch>> {
        loop {
            let arrived = self.arrived.notified();
            match self.try_batch(subscriptions, limit)? {
                Next::Batch(batch) => return Ok(Some(batch)),
                Next::End => return Ok(None),
                Next::Nothing => arrived.await,
            }
        }
    }

    pub fn try_batch(&self, subscriptions: &Subscriptions, limit: BatchLimit) -> Result<Next> {
        let mut taken = lock(&self.taken);
        loop {
            if taken.left() < FEW {
                if let Some(end) = self.refill(&mut taken) {
                    return end.map(|()| Next::End);
                }
                if taken.left() == 0 {
                    return Ok(Next::Nothing);
                }
            }
            // The subscriptions are let go between two looks.
            let batch = taken.hand_over(subscriptions.matcher(), limit, &self.application);
            self.left.store(taken.left() > 0, Ordering::Release);
            if !batch.events.is_empty() {
                return Ok(Next::Batch(batch));
            }
        }
    }

    /// Takes what has arrived. The end, when that was all.
    fn refill(&self, taken: &mut Taken) -> Option<Result<()>> {
        taken.frames.drain(..taken.looked_at);
        taken.looked_at = 0;
        let mut arrivals = lock(&self.arrivals);
        let (mut count, mut bytes, mut weight) = (0, 0, 0);
        for frame in &arrivals.frames {
            if count >= TAKEN_AT_ONCE || bytes >= BYTES_AT_ONCE || arrivals.has_to_wait(frame) {
                break;
            }
            count += 1;
            bytes += frame.text.len();
            weight += frame.weight();
        }
        arrivals.bytes -= weight;
        taken.frames.extend(arrivals.frames.drain(..count));
        if taken.frames.is_empty() {
            arrivals.end.clone()
        } else {
            None
        }
    }

    /// Waits until there are frames, wanted or not, or the end.
    pub async fn ready(&self) {
        loop {
            let arrived = self.arrived.notified();
            if self.left.load(Ordering::Acquire) {
                return;
            }
            let there = {
                let arrivals = lock(&self.arrivals);
                arrivals.frames.front().is_some_and(|frame| !arrivals.has_to_wait(frame)) || arrivals.end.is_some()
            };
            if there {
                return;
            }
            arrived.await;
        }
    }

    /// Puts back what was handed over after this sequence number, to be matched again.
    pub fn rewind(&self, after: u64) {
        let mut taken = lock(&self.taken);
        if lock(&self.arrivals).closed {
            return;
        }
        // Also when nothing is left to put back: the handlers have changed.
        taken.most = 1;
        let handed_over = &taken.frames[..taken.looked_at];
        taken.looked_at = handed_over.partition_point(|frame| frame.sequence <= after);
        self.left.store(taken.left() > 0, Ordering::Release);
        drop(taken);
        // Who waits for something to look at may have seen an empty queue meanwhile.
        self.arrived.notify_one();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

impl Taken {
    fn left(&self) -> usize {
        self.frames.len() - self.looked_at
    }

    fn hand_over(&mut self, matcher: Matcher, limit: BatchLimit, application: &str) -> Batch {
        let mut batch = Batch { generation: matcher.generation, events: Vec::new() };
        let mut bytes = 0;
        let events = limit.events.min(self.most);
        self.most = self.most.saturating_mul(2);
        let reach = |frame: &Frame| {
            let event = frame.sight(|event| matcher.needs_objects(event))?;
            Ok::<_, String>((matcher.wanted_by(&event), event.name))
        };
        for frame in &mut self.frames[self.looked_at..] {
            if batch.events.len() >= events || bytes >= limit.bytes {
                break;
            }
            self.looked_at += 1;
            if matcher.passes_over(frame) {
                continue;
            }
            let reached = reach(frame).or_else(|reason| {
                tracing::error!(application, reason, "the server sent a frame that is no event");
                frame.replace(library::unreadable_frame(application, &reason, frame.text.as_str()));
                reach(frame)
            });
            let Ok((handlers, name)) = reached else { continue };
            if !handlers.is_empty() {
                bytes += frame.text.len();
                batch.events.push(Matched { sequence: frame.sequence, name, text: frame.text.clone(), handlers });
            }
        }
        batch
    }
}

impl Arrivals {
    fn append(&mut self, mut frame: Frame) {
        self.sequence += 1;
        frame.sequence = self.sequence;
        self.bytes += frame.weight();
        self.frames.push_back(frame);
    }

    fn has_to_wait(&self, frame: &Frame) -> bool {
        self.gate.is_some_and(|gate| frame.sequence >= gate)
    }

    /// Makes room by giving up the oldest events of the server; one `EventsDropped` stands where they were.
    fn give_up_oldest(&mut self, limit: usize, application: &str) {
        let mut kept = VecDeque::new();
        let (mut count, mut bytes, mut place) = (0, 0, 0);
        // A little more than needed goes, so that a flood does not pay for this at every event.
        while self.bytes > limit - limit / 64 {
            let Some(frame) = self.frames.pop_front() else { break };
            self.bytes -= frame.weight();
            if let Some(earlier) = library::dropped_so_far(&frame) {
                count += earlier.0;
                bytes += earlier.1;
                place = frame.sequence;
            } else if frame.library().is_some() {
                kept.push_back(frame);
            } else {
                count += 1;
                bytes += frame.text.len() as u64;
                place = frame.sequence;
            }
        }
        // Of the connection's own events none is given up: with nothing else there, there is nothing to tell.
        let notice = (count > 0).then(|| {
            let mut notice = library::events_dropped(application, count, bytes);
            notice.sequence = place;
            notice
        });
        for frame in notice.into_iter().chain(kept.into_iter().rev()) {
            self.bytes += frame.weight();
            self.frames.push_front(frame);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::subscriptions::Interest;

    fn queue(limit: usize) -> (Queue, Subscriptions) {
        let subscriptions = Subscriptions::default();
        (Queue::new(limit, "app".into()), subscriptions)
    }

    fn send(queue: &Queue, name: &str) {
        queue.push(Frame::received(format!("{{\"type\":\"{name}\"}}").into()));
    }

    fn every() -> Interest {
        Interest::default()
    }

    fn only(event: &str) -> Interest {
        Interest { event: Some(event.into()), object: None }
    }

    async fn names(queue: &Queue, subscriptions: &Subscriptions) -> Vec<String> {
        let batch = queue.next_batch(subscriptions, BatchLimit::default()).await.unwrap();
        batch.into_iter().flat_map(|batch| batch.events).map(|event| event.name().to_string()).collect()
    }

    #[tokio::test]
    async fn unwanted_events_are_passed_over_and_the_end_comes_last() {
        let (queue, subscriptions) = queue(1 << 20);
        subscriptions.add(only("B"));
        for name in ["A", "B", "A", "B"] {
            send(&queue, name);
        }
        queue.end(Ok(()));
        assert_eq!(names(&queue, &subscriptions).await, ["B", "B"]);
        assert!(names(&queue, &subscriptions).await.is_empty());
    }

    #[tokio::test]
    async fn a_handler_added_meanwhile_gets_what_had_been_received_before() {
        let (queue, subscriptions) = queue(1 << 20);
        subscriptions.add(only("A"));
        for name in ["A", "B", "A"] {
            send(&queue, name);
        }
        let batch = queue.next_batch(&subscriptions, BatchLimit::default()).await.unwrap().unwrap();
        assert_eq!(batch.events.len(), 2);
        subscriptions.add(only("B"));
        assert_ne!(subscriptions.generation(), batch.generation);
        queue.rewind(batch.events[0].sequence);
        assert_eq!(names(&queue, &subscriptions).await, ["B"]);
        assert_eq!(names(&queue, &subscriptions).await, ["A"]);
    }

    #[tokio::test]
    async fn who_does_not_wait_is_told_what_there_is() {
        let (queue, subscriptions) = queue(1 << 20);
        subscriptions.add(only("A"));
        let look = || queue.try_batch(&subscriptions, BatchLimit::default());
        assert!(matches!(look(), Ok(Next::Nothing)));
        send(&queue, "B");
        queue.ready().await;
        assert!(matches!(look(), Ok(Next::Nothing)));
        send(&queue, "A");
        queue.end(Ok(()));
        queue.ready().await;
        assert!(matches!(look(), Ok(Next::Batch(batch)) if batch.events[0].name() == "A"));
        queue.ready().await;
        assert!(matches!(look(), Ok(Next::End)));
    }

    #[tokio::test]
    async fn who_waits_is_told_of_what_is_put_back() {
        let (queue, subscriptions) = queue(1 << 20);
        subscriptions.add(only("A"));
        send(&queue, "A");
        send(&queue, "A");
        let batch = queue.next_batch(&subscriptions, BatchLimit::default()).await.unwrap().unwrap();
        let waiting = queue.ready();
        let rewinding = async { queue.rewind(batch.events[0].sequence) };
        tokio::time::timeout(std::time::Duration::from_secs(10), async { tokio::join!(waiting, rewinding) })
            .await
            .expect("there is something to look at");
    }

    #[tokio::test]
    async fn batches_are_small_while_handlers_change() {
        let (queue, subscriptions) = queue(1 << 20);
        subscriptions.add(every());
        for n in 0..20 {
            send(&queue, &format!("E{n}"));
        }
        let sizes = async |rewind: bool| {
            let batch = queue.next_batch(&subscriptions, BatchLimit::default()).await.unwrap().unwrap();
            if rewind {
                queue.rewind(batch.events[0].sequence);
            }
            batch.events.len()
        };
        let rewound = [true, true, false, false, false, true, false];
        let mut seen = Vec::new();
        for rewind in rewound {
            seen.push(sizes(rewind).await);
        }
        assert_eq!(seen, [20, 1, 1, 2, 4, 8, 1]);
    }

    #[tokio::test]
    async fn an_overflow_gives_up_the_oldest_and_says_how_many() {
        let (queue, subscriptions) = queue(4000);
        subscriptions.add(every());
        for n in 0..100 {
            send(&queue, &format!("E{n}"));
        }
        let names = names(&queue, &subscriptions).await;
        assert_eq!(names[0], "EventsDropped");
        assert_eq!(names.last().unwrap(), "E99");
        assert!(lock(&queue.arrivals).bytes <= 4000);
        let first_kept: usize = names[1][1..].parse().unwrap();
        assert_eq!(names.len(), 1 + 100 - first_kept);
        assert!(!names[1..].contains(&"EventsDropped".to_string()));
    }

    #[tokio::test]
    async fn the_number_given_up_adds_up() {
        let (queue, subscriptions) = queue(1000);
        subscriptions.add(every());
        for _ in 0..50 {
            send(&queue, "X");
        }
        let batch = queue.next_batch(&subscriptions, BatchLimit::default()).await.unwrap().unwrap();
        let notice: serde_json::Value = serde_json::from_str(batch.events[0].text()).unwrap();
        assert_eq!(notice["count"].as_u64().unwrap() as usize + batch.events.len() - 1, 50);
        assert_eq!(notice["bytes"].as_u64().unwrap(), notice["count"].as_u64().unwrap() * 12);
    }

    #[tokio::test]
    async fn the_connections_own_events_are_never_given_up() {
        let (queue, subscriptions) = queue(1);
        subscriptions.add(every());
        queue.push(library::connected("app"));
        queue.push(library::connection_lost("app", "gone"));
        assert_eq!(names(&queue, &subscriptions).await, ["Connected", "ConnectionLost"]);
    }

    #[tokio::test]
    async fn a_reserved_place_is_filled_before_what_follows() {
        let (queue, subscriptions) = queue(1 << 20);
        subscriptions.add(every());
        send(&queue, "Before");
        queue.reserve();
        send(&queue, "After");
        assert_eq!(names(&queue, &subscriptions).await, ["Before"]);
        queue.fill(library::reconnected("app", 1, std::time::Duration::ZERO, &[], &[]));
        assert_eq!(names(&queue, &subscriptions).await, ["Reconnected", "After"]);
    }
}
