//! What the generated Rust surface is made of: builders of calls, and values made of replies.

use std::collections::VecDeque;
use std::future::IntoFuture;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::Stream;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

use crate::client::{Client, Reply, StartOptions};
use crate::error::{Delivery, Error, ErrorKind, Result};
use crate::events::{BatchLimit, EventStream, Interest, State, SubscriptionId};
use crate::generated::events::Event;
use crate::operation::Arguments;
use crate::transport::BoxFuture;

/// A value of an argument: anything that is JSON, and lists of it.
#[derive(Clone, Debug)]
pub struct Argument(pub Value);

impl<T: Into<Value>> From<T> for Argument {
    fn from(value: T) -> Self {
        Argument(value.into())
    }
}

/// A call in the making. It is sent when it is awaited.
#[must_use = "a call is sent when it is awaited"]
pub struct Call<T> {
    client: Client,
    operation: &'static str,
    arguments: Arguments,
    answer: PhantomData<fn() -> T>,
}

impl<T> Call<T> {
    /// Begins a call of the operation with this id.
    pub fn new(client: &Client, operation: &'static str) -> Self {
        Call { client: client.clone(), operation, arguments: Arguments::new(), answer: PhantomData }
    }

    /// Gives an argument by Asterisk's name.
    pub fn set(mut self, name: &'static str, value: impl Into<Argument>) -> Self {
        self.arguments.insert(name.to_string(), value.into().0);
        self
    }
}

impl<T: FromReply + 'static> IntoFuture for Call<T> {
    type Output = Result<T>;
    type IntoFuture = BoxFuture<'static, Result<T>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let unread = self.client.call_unread(self.operation, self.arguments).await?;
            match T::from_reply(&self.client, unread.reply()) {
                Ok(value) => Ok(value),
                // What is no JSON at all is said in the same words everywhere.
                Err(error) => unread.checked().and(Err(error.with_operation(self.operation))),
            }
        })
    }
}

/// Several values of one argument.
pub fn list<I>(items: I) -> Argument
where
    I: IntoIterator,
    I::Item: Into<String>,
{
    Argument(Value::Array(items.into_iter().map(|item| Value::String(item.into())).collect()))
}

/// The operation that opens the event WebSocket has no reply: awaiting it gives the stream.
impl IntoFuture for Call<EventStream> {
    type Output = Result<EventStream>;
    type IntoFuture = BoxFuture<'static, Result<EventStream>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.client.open(self.operation, self.arguments).await })
    }
}

/// What a call's reply can become.
pub trait FromReply: Sized {
    fn from_reply(client: &Client, reply: &Reply) -> Result<Self>;
}

impl FromReply for () {
    /// Whatever the server says on top of "done" is of no interest here, as long as it is JSON; [`Client::call`] gives it.
    fn from_reply(_: &Client, reply: &Reply) -> Result<()> {
        match reply {
            Reply::Json(text) => read::<IgnoredAny>(text).map(drop),
            _ => Ok(()),
        }
    }
}

/// The exact bytes of a file.
impl FromReply for Vec<u8> {
    fn from_reply(_: &Client, reply: &Reply) -> Result<Self> {
        match reply {
            Reply::Binary { bytes, .. } => Ok(bytes.to_vec()),
            Reply::Json(text) => read::<IgnoredAny>(text).map(|_| text.to_vec()),
            Reply::Nothing => Ok(Vec::new()),
        }
    }
}

impl<T: FromJson> FromReply for T {
    fn from_reply(client: &Client, reply: &Reply) -> Result<Self> {
        let Reply::Json(text) = reply else { return Err(unreadable("is empty, and should be JSON")) };
        read(text).map(|json| T::of(client, json))
    }
}

fn read<T: DeserializeOwned>(text: &[u8]) -> Result<T> {
    serde_json::from_slice(text).map_err(|reason| unreadable(&format!("is not what the description says: {reason}")))
}

fn unreadable(reason: &str) -> Error {
    Error::new(ErrorKind::Protocol, Delivery::Unknown, format!("the answer {reason}"))
}

/// Values made of JSON; domain objects keep the client for their own calls.
pub trait FromJson: Sized {
    /// What is read.
    type Json: DeserializeOwned;
    fn of(client: &Client, json: Self::Json) -> Self;

    fn from_json(client: &Client, value: Value) -> Result<Self, serde_json::Error> {
        serde_json::from_value(value).map(|json| Self::of(client, json))
    }
}

impl<T: ListItem> FromJson for Vec<T> {
    type Json = Vec<T::Json>;

    fn of(client: &Client, json: Self::Json) -> Self {
        json.into_iter().map(|item| T::of(client, item)).collect()
    }
}

/// Marks what stands in lists, so that a list of bytes stays a file.
pub trait ListItem: FromJson {}

/// A domain object: its data, and the client its operations go through.
pub trait DomainObject: Sized {
    type Data: DeserializeOwned;
    fn from_data(client: &Client, data: Self::Data) -> Self;
}

/// Lets calls answer a model.
#[macro_export]
macro_rules! json_reply {
    ($type:ty) => {
        impl $crate::typed::FromJson for $type {
            type Json = Self;

            fn of(_: &$crate::Client, json: Self) -> Self {
                json
            }
        }
        impl $crate::typed::ListItem for $type {}
    };
}

json_reply!(Value);
json_reply!(String);
json_reply!(bool);
json_reply!(i64);
json_reply!(f64);

/// Lets calls answer a domain object.
#[macro_export]
macro_rules! object_reply {
    ($type:ty) => {
        impl $crate::typed::FromJson for $type {
            type Json = <$type as $crate::typed::DomainObject>::Data;

            fn of(client: &$crate::Client, json: Self::Json) -> Self {
                <$type as $crate::typed::DomainObject>::from_data(client, json)
            }
        }
        impl $crate::typed::ListItem for $type {}
    };
}

/// An event of a type this release does not know, or of a known type whose fields are not what they should be.
#[derive(Clone, Debug, PartialEq)]
pub struct UnknownEvent {
    pub name: String,
    pub data: Value,
    /// What did not fit, for an event of a known type.
    pub reason: Option<String>,
}

impl UnknownEvent {
    pub fn read(name: &str, text: &str) -> Self {
        UnknownEvent { name: name.to_string(), data: serde_json::from_str(text).unwrap_or_default(), reason: None }
    }
}

/// Reads an event into its type.
pub fn read_event<T: DeserializeOwned>(name: &str, text: &str, wrap: fn(Box<T>) -> Event) -> Event {
    match serde_json::from_str(text) {
        Ok(event) => wrap(Box::new(event)),
        Err(reason) => {
            let mut unknown = UnknownEvent::read(name, text);
            unknown.reason = Some(reason.to_string());
            Event::from(unknown)
        }
    }
}

/// Every event of a connection, typed, as a `Stream`.
pub struct Events {
    client: Client,
    stream: EventStream,
    subscription: SubscriptionId,
    ready: VecDeque<Event>,
    waiting: Option<BoxFuture<'static, Result<Option<VecDeque<Event>>>>>,
    ended: bool,
}

impl Client {
    /// Opens the event connection of the applications and gives all their events, those of the connection itself
    /// (`Connected`, `Reconnected`, `EventsDropped`, ...) among them.
    pub async fn event_stream<I, S>(&self, apps: I) -> Result<Events>
    where
        I: IntoIterator<Item = S>,
        S: Into<String>,
    {
        let apps = apps.into_iter().map(Into::into).collect();
        let subscription = self.subscribe(Interest::default());
        match self.start(StartOptions { apps, subscribe_all: false }).await {
            Ok(stream) => Ok(Events::over(self, stream, subscription)),
            Err(error) => {
                self.unsubscribe(subscription);
                Err(error)
            }
        }
    }
}

impl Events {
    fn over(client: &Client, stream: EventStream, subscription: SubscriptionId) -> Self {
        Events { client: client.clone(), stream, subscription, ready: VecDeque::new(), waiting: None, ended: false }
    }

    /// The next event; `None` when the stream has ended.
    pub async fn next(&mut self) -> Option<Result<Event>> {
        futures_util::StreamExt::next(self).await
    }

    /// Closes the connection; the stream ends.
    pub fn close(&self) {
        self.stream.close();
    }

    pub fn state(&self) -> State {
        self.stream.state()
    }
}

impl Stream for Events {
    type Item = Result<Event>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Poll::Ready(Some(Ok(event)));
            }
            if self.ended {
                return Poll::Ready(None);
            }
            if self.waiting.is_none() {
                let (stream, mine) = (self.stream.clone(), self.subscription);
                self.waiting = Some(Box::pin(async move {
                    let batch = stream.next_batch(BatchLimit::default()).await?;
                    Ok(batch.map(|batch| {
                        let wanted = batch.events.iter().filter(|event| event.handlers.contains(&mine));
                        wanted.map(|event| Event::parse(event.name(), event.text())).collect()
                    }))
                }));
            }
            let Some(waiting) = self.waiting.as_mut() else { continue };
            let outcome = std::task::ready!(waiting.as_mut().poll(context));
            self.waiting = None;
            match outcome {
                Ok(Some(events)) => self.ready = events,
                Ok(None) => self.ended = true,
                Err(error) => {
                    self.ended = true;
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.client.unsubscribe(self.subscription);
        self.stream.close();
    }
}
