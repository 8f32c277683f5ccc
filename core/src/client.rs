//! The client: calls, subscriptions and event streams of one server.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use bytes::Bytes;
use serde::de::IgnoredAny;
use serde_json::{json, Map, Value};
use tokio::runtime::Handle;

use crate::dispatch::Handlers;
use crate::encoding::{encode, is_plain_path};
use crate::error::{Delivery, Error, ErrorKind, Result};
use crate::events::{EventStream, Interest, Memory, Shared, State, SubscriptionId, Subscriptions, WeakStream};
use crate::operation::{self, Arguments, Method, Operation, Returns};
use crate::options::{Options, UnknownParameters};
use crate::runtime::{self, InRuntime};
use crate::transport::{GoOn, HttpTransport, Request, Response, Transport};
use crate::version::{advice, Release};

/// What a successful call answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    Nothing,
    /// Well-formed JSON, as it came.
    Json(Bytes),
    Binary {
        bytes: Bytes,
        content_type: String,
    },
}

/// Which events a stream brings.
#[derive(Clone, Debug, Default)]
pub struct StartOptions {
    /// Names of the applications to register.
    pub apps: Vec<String>,
    /// Subscribes the applications to every channel, bridge and endpoint of the server.
    pub subscribe_all: bool,
}

/// A client of one Asterisk. Clones share everything.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    options: Arc<Options>,
    transport: Arc<dyn Transport>,
    subscriptions: Arc<Subscriptions>,
    memory: Arc<Memory>,
    handlers: Handlers,
    version: OnceLock<String>,
    streams: Mutex<Vec<WeakStream>>,
    runtime: Handle,
    /// The process this client was made in: it does not survive a fork.
    process: u32,
}

impl Client {
    /// A client that has not sent anything yet.
    pub fn new(options: Options) -> Result<Client> {
        let runtime = runtime::handle()?;
        let transport = Arc::new(HttpTransport::new(&options, runtime.clone())?);
        Ok(Client {
            inner: Arc::new(Inner {
                options: Arc::new(options),
                transport,
                subscriptions: Arc::default(),
                memory: Arc::default(),
                handlers: Handlers::default(),
                version: OnceLock::new(),
                streams: Mutex::default(),
                runtime,
                process: std::process::id(),
            }),
        })
    }

    /// A client that has shown that the server is there and takes the credentials, and knows the server's release.
    ///
    /// Errors: `UnauthorizedException` for wrong credentials, `ConnectionException` when nobody is there,
    /// `AsteriskUnknownException` (503) while Asterisk boots, `NotFoundException` when what is there is not ARI.
    pub async fn connect(options: Options) -> Result<Client> {
        let client = Client::new(options)?;
        client.probe().await?;
        Ok(client)
    }

    /// What [`Client::connect`] asks the server, for a client made by [`Client::new`].
    pub async fn probe(&self) -> Result<()> {
        let arguments = Arguments::from_iter([("only".to_string(), json!("system"))]);
        match self.call("asterisk.getInfo", arguments).await {
            Ok(Reply::Json(info)) => {
                let info: Value = serde_json::from_slice(&info).unwrap_or_default();
                if let Some(version) = info["system"]["version"].as_str() {
                    let _ = self.inner.version.set(version.to_string());
                }
                Ok(())
            }
            Ok(_) => Err(Error::new(
                ErrorKind::Protocol,
                Delivery::Rejected,
                "what answers there is not ARI: asterisk.getInfo gave no JSON",
            )),
            // A server may serve ARI without this operation (its module is not loaded); the description is always there.
            Err(error) if error.status() == Some(404) => {
                let described = self.request("GET", "/api-docs/resources.json", &[], None).await;
                described.map(|_| ()).map_err(|_| error)
            }
            Err(error) => Err(error),
        }
    }

    /// Calls an operation by its id, such as `channels.originate`, with arguments by Asterisk's names.
    pub async fn call(&self, operation: &str, arguments: Arguments) -> Result<Reply> {
        self.call_unread(operation, arguments).await?.checked()
    }

    /// The same for who reads the answer at once, and finds out by that whether it is well-formed.
    pub async fn call_unread(&self, operation: &str, arguments: Arguments) -> Result<Unread> {
        let (call, request) = self.begin_call(operation, arguments)?;
        let outcome = self.send(request).await;
        self.end_call(call, outcome)
    }

    /// The same for a thread that has nothing else to do until the answer is there. It carries the call out by itself, which
    /// is cheaper than waking others for it.
    ///
    /// `go_on` is asked ten times a second or so; an error of its own ends the call and is what the call gives.
    ///
    /// # Panics
    /// In asynchronous code: [`Client::call`] is for that.
    pub fn call_here(&self, operation: &str, arguments: Arguments, go_on: GoOn<'_>) -> Result<Reply> {
        self.call_here_unread(operation, arguments, go_on)?.checked()
    }

    /// [`Client::call_here`] for who reads the answer at once, and finds out by that whether it is well-formed.
    ///
    /// # Panics
    /// In asynchronous code.
    pub fn call_here_unread(&self, operation: &str, arguments: Arguments, go_on: GoOn<'_>) -> Result<Unread> {
        let (call, request) = self.begin_call(operation, arguments)?;
        let outcome = self.send_here(request, go_on);
        self.end_call(call, outcome)
    }

    fn begin_call(&self, operation: &str, arguments: Arguments) -> Result<(Call, Request)> {
        let operation = operation::find(operation)?;
        let prepared = self.prepare(operation, &arguments)?;
        if operation.upgrade {
            return Err(Error::argument("this operation opens the event WebSocket: use start, run or events")
                .with_operation(operation.id));
        }
        let request = Request { method: operation.method, target: prepared.target, body: prepared.body };
        Ok((Call { operation, arguments, path: request.path().to_string() }, request))
    }

    fn end_call(&self, call: Call, outcome: Result<Response>) -> Result<Unread> {
        let Call { operation, arguments, path } = call;
        match outcome.and_then(|response| read_reply(response, operation.returns == Returns::Binary)) {
            Ok(reply) => {
                self.inner.memory.note(operation, &arguments);
                Ok(Unread { reply, operation, path })
            }
            Err(error) => {
                let advice = match error.delivery() {
                    Delivery::Rejected => self.version_advice(operation),
                    _ => None,
                };
                Err(explain(error, operation, &path).with_advice(advice))
            }
        }
    }

    fn prepare(&self, operation: &Operation, arguments: &Arguments) -> Result<operation::Prepared> {
        operation.prepare(arguments, self.inner.options.unknown_parameters == UnknownParameters::Drop)
    }

    /// Sends any request below `/ari`: the door to operations newer than this library.
    ///
    /// `path` begins with a slash and is already percent-encoded; the names and values of `query` are encoded here.
    pub async fn request(
        &self,
        method: &str,
        path: &str,
        query: &[(String, String)],
        body: Option<Value>,
    ) -> Result<Reply> {
        let request = any_request(method, path, query, body)?;
        let method = request.method;
        end_request(method, path, self.send(request).await)
    }

    /// The same for a thread that has nothing else to do until the answer is there: see [`Client::call_here`].
    ///
    /// # Panics
    /// In asynchronous code.
    pub fn request_here(
        &self,
        method: &str,
        path: &str,
        query: &[(String, String)],
        body: Option<Value>,
        go_on: GoOn<'_>,
    ) -> Result<Reply> {
        let request = any_request(method, path, query, body)?;
        let method = request.method;
        end_request(method, path, self.send_here(request, go_on))
    }

    async fn send(&self, request: Request) -> Result<Response> {
        self.check_process()?;
        let transport = self.inner.transport.clone();
        let sent = Sent::new(&request);
        sent.done(InRuntime::new(self.inner.runtime.clone(), async move { transport.send(request).await }).await)
    }

    fn send_here(&self, request: Request, go_on: GoOn<'_>) -> Result<Response> {
        self.check_process()?;
        let sent = Sent::new(&request);
        sent.done(self.inner.transport.send_here(request, go_on))
    }

    /// Release of the server, as it said it when the client connected.
    pub fn server_version(&self) -> Option<String> {
        self.inner.version.get().cloned()
    }

    fn version_advice(&self, operation: &Operation) -> Option<String> {
        advice(operation.since, Release::parse(self.inner.version.get()?))
    }

    /// Address of the server, without credentials.
    pub fn base_url(&self) -> &str {
        self.inner.options.base_url()
    }

    /// The settings this client was made with.
    pub fn options(&self) -> &Options {
        &self.inner.options
    }

    /// Wants events of a type, of an object, or both; what is wanted counts from the next event that is handed over.
    pub fn subscribe(&self, interest: Interest) -> SubscriptionId {
        self.inner.subscriptions.add(interest)
    }

    /// Like [`Client::subscribe`] for one type of event, for a program that tells of such events but does not live by them.
    ///
    /// It makes a difference for `UnreadableFrame` alone. Whether a frame of a type that nobody wants is complete is found out
    /// only for those who subscribe to it (or to every event): reading all frames to their end takes several times as long.
    pub fn subscribe_notice(&self, event: &str) -> SubscriptionId {
        self.inner.subscriptions.add_notice(event)
    }

    /// False when it had been removed before.
    pub fn unsubscribe(&self, subscription: SubscriptionId) -> bool {
        self.check_process().is_ok() && self.inner.subscriptions.remove(subscription)
    }

    /// An error in a child made by fork: a client does not survive it. Bindings ask before they take locks of their own,
    /// which may be held by threads that are not there any more.
    pub fn check_process(&self) -> Result<()> {
        runtime::check_process(self.inner.process)
    }

    /// Changes whenever the subscriptions change.
    pub fn generation(&self) -> u64 {
        self.inner.subscriptions.generation()
    }

    pub(crate) fn handlers(&self) -> &Handlers {
        &self.inner.handlers
    }

    /// Registers the applications and opens their event connection.
    pub async fn start(&self, start: StartOptions) -> Result<EventStream> {
        let mut arguments = Map::new();
        arguments.insert("app".to_string(), json!(start.apps));
        if start.subscribe_all {
            arguments.insert("subscribeAll".to_string(), json!(true));
        }
        self.open("events.eventWebsocket", arguments).await
    }

    /// Opens an event connection by the operation that does it, with its arguments.
    pub async fn open(&self, operation: &str, arguments: Arguments) -> Result<EventStream> {
        let (stream, opening) = self.begin(operation, arguments)?;
        opening.await?;
        Ok(stream)
    }

    /// Like [`Client::open`], in two steps: the stream, which can be read and closed at once and tells of attempts that
    /// failed, and the future that opens it. Closing the stream ends the future in good order.
    pub fn begin(
        &self,
        operation: &str,
        arguments: Arguments,
    ) -> Result<(EventStream, impl Future<Output = Result<()>> + Send + 'static)> {
        self.check_process()?;
        let operation = operation::find(operation)?;
        let refuse = |reason: &str| Err(Error::argument(reason).with_operation(operation.id));
        if !operation.upgrade {
            return refuse("this operation does not open an event connection");
        }
        // One text may name several applications; each has its own subscriptions to restore.
        let apps: Vec<String> = operation::listed(&arguments, "app").map(|app| app.trim().to_string()).collect();
        if apps.is_empty() || apps.iter().any(String::is_empty) {
            return refuse("app has to name at least one application");
        }
        let target = self.prepare(operation, &arguments)?.target;
        let shared = Shared {
            options: self.inner.options.clone(),
            transport: self.inner.transport.clone(),
            subscriptions: self.inner.subscriptions.clone(),
            memory: self.inner.memory.clone(),
        };
        let (stream, opening) = EventStream::begin(shared, apps, &target)?;
        let mut streams = self.streams();
        streams.retain(|stream| stream.upgrade().is_some_and(|stream| stream.state() != State::Closed));
        streams.push(stream.downgrade());
        drop(streams);
        let opening = InRuntime::new(self.inner.runtime.clone(), opening);
        let opening = async move {
            opening.await.map_err(|error| error.with_operation(operation.id).with_request("GET", &target))
        };
        Ok((stream, opening))
    }

    /// Closes every event stream of this client. Calls go on working, and `start` may be called again.
    pub fn stop(&self) {
        if self.check_process().is_err() {
            // The connections are the parent's.
            return;
        }
        // Taken out first: closing must not happen under the lock.
        let streams = std::mem::take(&mut *self.streams());
        for stream in streams.iter().filter_map(WeakStream::upgrade) {
            stream.close();
        }
    }

    fn streams(&self) -> MutexGuard<'_, Vec<WeakStream>> {
        self.inner.streams.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("options", &self.inner.options).finish_non_exhaustive()
    }
}

/// An answer, of which nobody knows yet whether it is well-formed.
#[derive(Debug)]
pub struct Unread {
    reply: Reply,
    operation: &'static Operation,
    path: String,
}

impl Unread {
    /// The answer as it came. If its JSON cannot be read, [`Unread::checked`] gives the error for that.
    pub fn reply(&self) -> &Reply {
        &self.reply
    }

    /// The answer, looked through for mistakes.
    pub fn checked(self) -> Result<Reply> {
        check(self.reply).map_err(|error| explain(error, self.operation, &self.path))
    }
}

fn explain(error: Error, operation: &Operation, path: &str) -> Error {
    error.with_operation(operation.id).with_request(operation.method.as_str(), path)
}

/// A call of an operation that is under way.
struct Call {
    operation: &'static Operation,
    arguments: Arguments,
    path: String,
}

/// What the log says about a request.
struct Sent {
    method: Method,
    /// Kept only for a log that somebody reads: most calls pass by here unseen.
    path: Option<String>,
}

impl Sent {
    fn new(request: &Request) -> Sent {
        tracing::trace!(method = request.method.as_str(), path = request.path(), "request");
        let path = tracing::enabled!(tracing::Level::DEBUG).then(|| request.path().to_string());
        Sent { method: request.method, path }
    }

    fn done(self, outcome: Result<Response>) -> Result<Response> {
        let (method, path) = (self.method.as_str(), self.path);
        match &outcome {
            Ok(response) => tracing::debug!(method, path, response.status, bytes = response.body.len(), "answer"),
            Err(error) => tracing::debug!(method, path, %error, "no answer"),
        }
        outcome
    }
}

fn any_request(method: &str, path: &str, query: &[(String, String)], body: Option<Value>) -> Result<Request> {
    let method = Method::parse(method)?;
    if !is_plain_path(path) {
        return Err(Error::argument(format!(
            "{path:?} cannot be a path: it begins with a slash, its values are percent-encoded, and it has no query"
        )));
    }
    let pairs: Vec<_> = query.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    let target = if pairs.is_empty() { path.to_string() } else { format!("{path}?{}", pairs.join("&")) };
    Ok(Request { method, target, body: body.map(|body| Bytes::from(body.to_string())) })
}

fn end_request(method: Method, path: &str, outcome: Result<Response>) -> Result<Reply> {
    let reply = outcome.and_then(|response| {
        let text = response.content_type.as_deref().is_none_or(is_json);
        check(read_reply(response, !text)?)
    });
    reply.map_err(|error| error.with_request(method.as_str(), path))
}

fn is_json(content_type: &str) -> bool {
    content_type.contains("json")
}

/// Tells an answer from a refusal.
fn read_reply(response: Response, binary: bool) -> Result<Reply> {
    if !(200..300).contains(&response.status) {
        if response.status < 200 {
            let reason = format!("the server answers with status {}, which nothing follows", response.status);
            return Err(Error::new(ErrorKind::Protocol, Delivery::Unknown, reason));
        }
        if response.status < 400 {
            return Err(Error::new(
                ErrorKind::Protocol,
                Delivery::Rejected,
                format!(
                    "the server redirects with status {}, which is followed only where nothing changes",
                    response.status
                ),
            ));
        }
        return Err(Error::from_status(response.status, response.body));
    }
    if binary {
        let content_type = response.content_type.unwrap_or_else(|| "application/octet-stream".to_string());
        return Ok(Reply::Binary { bytes: response.body, content_type });
    }
    if response.body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Reply::Nothing);
    }
    Ok(Reply::Json(response.body))
}

fn check(reply: Reply) -> Result<Reply> {
    if let Reply::Json(text) = &reply {
        serde_json::from_slice::<IgnoredAny>(text).map_err(|reason| {
            Error::new(ErrorKind::Protocol, Delivery::Unknown, format!("the server's answer is not JSON: {reason}"))
        })?;
    }
    Ok(reply)
}
