//! Handlers for Rust programs: closures by event type or by object, called one after the other.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard};

use foldhash::HashMap;
use futures_util::FutureExt;
use smallvec::SmallVec;

use crate::client::{Client, StartOptions};
use crate::error::Result;
use crate::events::{BatchLimit, EventStream, Interest, Matched, ObjectKey, SubscriptionId};
use crate::generated::events::Event;
use crate::transport::BoxFuture;

type Handler = Arc<dyn Fn(Client, Event) -> BoxFuture<'static, ()> + Send + Sync>;

/// The closures behind subscriptions.
#[derive(Default)]
pub(crate) struct Handlers(Mutex<HashMap<SubscriptionId, Handler>>);

impl Handlers {
    fn lock(&self) -> MutexGuard<'_, HashMap<SubscriptionId, Handler>> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Client {
    /// Calls the closure for every event of this type (`*`: of any type), also for types this release does not know.
    ///
    /// Handlers run one at a time, in the order of registration, in the task that called [`Client::run`]. One that
    /// panics is logged, and the events go on.
    pub fn add_event_handler<F, R>(&self, event: &str, handler: F) -> SubscriptionId
    where
        F: Fn(Client, Event) -> R + Send + Sync + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        self.add_handler(event, None, handler)
    }

    /// Like [`Client::add_event_handler`], only for events with this object in one of their fields. The object need not exist yet.
    pub fn add_object_handler<F, R>(&self, object: ObjectKey, event: &str, handler: F) -> SubscriptionId
    where
        F: Fn(Client, Event) -> R + Send + Sync + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        self.add_handler(event, Some(object), handler)
    }

    fn add_handler<F, R>(&self, event: &str, object: Option<ObjectKey>, handler: F) -> SubscriptionId
    where
        F: Fn(Client, Event) -> R + Send + Sync + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        let event = (event != "*").then(|| event.to_string());
        // Held over the subscription, so that no event finds a subscription without its closure.
        let mut handlers = self.handlers().lock();
        let id = self.subscribe(Interest { event, object });
        handlers.insert(id, Arc::new(move |client, event| Box::pin(handler(client, event))));
        id
    }

    /// Removes a handler; it counts from the next event. False when it had been removed before.
    pub fn remove_event_handler(&self, handler: SubscriptionId) -> bool {
        self.handlers().lock().remove(&handler);
        self.unsubscribe(handler)
    }

    /// Opens the event connection of the applications and calls handlers until it ends: `Ok` after [`Client::stop`] or
    /// the server's goodbye, an error when the connection was lost for good.
    pub async fn run<I, S>(&self, apps: I) -> Result<()>
    where
        I: IntoIterator<Item = S>,
        S: Into<String>,
    {
        let apps = apps.into_iter().map(Into::into).collect();
        let stream = self.start(StartOptions { apps, subscribe_all: false }).await?;
        self.dispatch(&stream).await
    }

    /// Calls the handlers for the events of a stream until it ends.
    pub async fn dispatch(&self, stream: &EventStream) -> Result<()> {
        while let Some(batch) = stream.next_batch(BatchLimit::default()).await? {
            for matched in &batch.events {
                self.hand_over(matched).await;
                if self.generation() != batch.generation {
                    stream.rewind(matched.sequence);
                    break;
                }
            }
        }
        Ok(())
    }

    async fn hand_over(&self, matched: &Matched) {
        // The set of handlers is fixed before the first is called.
        let mut handlers: SmallVec<[Handler; 4]> = {
            let all = self.handlers().lock();
            matched.handlers.iter().filter_map(|id| all.get(id).cloned()).collect()
        };
        let Some(last) = handlers.pop() else { return };
        let event = Event::parse(matched.name(), matched.text());
        for handler in handlers {
            self.call_handler(matched.name(), &handler, event.clone()).await;
        }
        self.call_handler(matched.name(), &last, event).await;
    }

    async fn call_handler(&self, name: &str, handler: &Handler, event: Event) {
        let work = AssertUnwindSafe(async { handler(self.clone(), event).await });
        if work.catch_unwind().await.is_err() {
            tracing::error!(event = name, "an event handler panicked");
        }
    }
}
