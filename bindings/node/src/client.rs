//! The connection to one server.

use std::sync::Arc;

use ari_core::{Arguments, Error, Interest, ObjectKey, Options, SubscriptionId};
use napi_derive::napi;
use serde::de::DeserializeOwned;

use crate::error::thrown;
use crate::port::{Answer, Mailbox, Port};
use crate::stream::Stream;

/// One server: calls, subscriptions and event streams.
#[napi]
pub struct Client {
    inner: ari_core::Client,
    mailbox: Arc<Mailbox>,
}

#[napi]
impl Client {
    /// A client that has not talked to its server yet. `options` is a JSON object of the core's options.
    #[napi(constructor)]
    pub fn new(port: &Port, url: String, username: String, password: String, options: String) -> napi::Result<Client> {
        let mut read = Options::new(&url, &username, &password).map_err(thrown)?;
        for (name, value) in parse::<Arguments>("connect", &options)? {
            read.set(&name, &value).map_err(thrown)?;
        }
        let inner = ari_core::Client::new(read).map_err(thrown)?;
        Ok(Client { inner, mailbox: port.mailbox.clone() })
    }

    /// Asks the server who it is; wrong credentials and a server that is not there fail here.
    #[napi]
    pub fn probe(&self, ticket: i64) -> napi::Result<()> {
        let client = self.inner.clone();
        self.mailbox.spawn(ticket, async move { client.probe().await.map(|()| Answer::DONE) })
    }

    /// Calls an operation by its id such as `channels.get`; `arguments` is a JSON object by Asterisk's names.
    #[napi]
    pub fn call(&self, ticket: i64, operation: String, arguments: String) -> napi::Result<()> {
        let arguments = parse(&operation, &arguments)?;
        let client = self.inner.clone();
        self.mailbox.spawn(ticket, async move { client.call(&operation, arguments).await.map(Answer::Reply) })
    }

    /// Sends a request the operation table does not know. `query` is a JSON list of pairs of texts, `body` is JSON.
    #[napi]
    pub fn request(
        &self,
        ticket: i64,
        method: String,
        path: String,
        query: String,
        body: Option<String>,
    ) -> napi::Result<()> {
        let query: Vec<(String, String)> = parse("request", &query)?;
        let body = body.map(|body| parse("request", &body)).transpose()?;
        let client = self.inner.clone();
        self.mailbox.spawn(ticket, async move { client.request(&method, &path, &query, body).await.map(Answer::Reply) })
    }

    /// Wants events: of one type or all (`null`), of one object (class and id) or any.
    #[napi]
    pub fn subscribe(&self, event: Option<String>, object_class: Option<String>, id: Option<String>) -> i64 {
        let object = object_class.zip(id).map(|(class, id)| ObjectKey { class, id });
        self.inner.subscribe(Interest { event, object }).0 as i64
    }

    /// Wants events of one type of the library's own, without having frames read for their sake that nobody wants.
    #[napi]
    pub fn notice(&self, event: String) -> i64 {
        self.inner.subscribe_notice(&event).0 as i64
    }

    /// Takes a subscription back; `false` when it was not there any more.
    #[napi]
    pub fn unsubscribe(&self, subscription: i64) -> bool {
        self.inner.unsubscribe(SubscriptionId(subscription as u64))
    }

    /// Begins to open an event connection by the operation that does it. The ticket is told when it is open, or that it will
    /// not be; from then on it is told when there is something to drain. Attempts that failed can be drained before.
    #[napi]
    pub fn open(&self, ticket: i64, operation: String, arguments: String) -> napi::Result<Stream> {
        let arguments = parse(&operation, &arguments)?;
        let (stream, opening) = self.inner.begin(&operation, arguments).map_err(thrown)?;
        self.mailbox.spawn(ticket, async move { opening.await.map(|()| Answer::DONE) })?;
        Stream::new(stream, ticket, self.mailbox.clone())
    }

    /// Release of the server, once it is known.
    #[napi(getter)]
    pub fn server_version(&self) -> Option<String> {
        self.inner.server_version()
    }

    /// Address of the server, without credentials.
    #[napi(getter)]
    pub fn base_url(&self) -> String {
        self.inner.base_url().to_string()
    }
}

fn parse<T: DeserializeOwned>(what: &str, json: &str) -> napi::Result<T> {
    serde_json::from_str(json).map_err(|reason| {
        thrown(Error::argument(format!("the arguments of {what} are no text that JSON can hold: {reason}")))
    })
}
