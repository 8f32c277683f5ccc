//! One server: what is asked and waited for, and who wants which events.

use std::ffi::c_void;

use ari_core::{logging, Arguments, Client, Error, Interest, ObjectKey, Options, Reply, Result, SubscriptionId};
use serde_json::Value;

use crate::answer::AriAnswer;
use crate::bytes::{AriBytes, AriSlice};
use crate::guard::{free, guard, handle, place, wait};
use crate::stream::AriStream;

/// A client of one server. All its functions may be called from several threads at once, but freeing it.
pub struct AriClient {
    pub(crate) inner: Client,
    process: u32,
}

/// The library's release, such as `0.1.0`. It is not to be freed.
#[no_mangle]
pub extern "C" fn ari_version() -> AriSlice {
    AriSlice::of(env!("CARGO_PKG_VERSION").as_bytes())
}

/// Makes a client that has not talked to its server yet.
///
/// `options` is a JSON object with `url`, `username` and `password`, and the options of the core such as `request_timeout`.
/// Returns NULL and says why in `error` if they cannot be used. `ari_client_free` gives the client back.
///
/// # Safety
/// `options` are readable bytes; `error` is NULL or a place for bytes.
#[no_mangle]
pub unsafe extern "C" fn ari_client_new(options: AriSlice, error: *mut AriBytes) -> *mut AriClient {
    guard(error, std::ptr::null_mut(), || new(options).map(hand_over))
}

/// Makes a client and asks its server who it is, so that a wrong address or a wrong password fails here. Waits.
///
/// Otherwise as `ari_client_new`.
///
/// # Safety
/// As for `ari_client_new`.
#[no_mangle]
pub unsafe extern "C" fn ari_client_connect(options: AriSlice, error: *mut AriBytes) -> *mut AriClient {
    guard(error, std::ptr::null_mut(), || {
        let client = new(options)?;
        wait(client.probe())?;
        Ok(hand_over(client))
    })
}

fn new(options: AriSlice) -> Result<Client> {
    logging::from_environment();
    let mut given: Arguments = options.json("options")?.unwrap_or_default();
    let mut text = |name: &str| match given.shift_remove(name) {
        Some(Value::String(text)) => Ok(text),
        // What it is instead may be a password all the same.
        Some(_) => Err(Error::argument(format!("the option {name:?} has to be a text"))),
        None => Err(Error::argument(format!("the option {name:?} is missing"))),
    };
    let (url, username, password) = (text("url")?, text("username")?, text("password")?);
    let mut options = Options::new(&url, &username, &password)?;
    for (name, value) in &given {
        options.set(name, value)?;
    }
    Client::new(options)
}

fn hand_over(client: Client) -> *mut AriClient {
    Box::into_raw(Box::new(AriClient { inner: client, process: std::process::id() }))
}

/// Gives a client back. Its streams and calls under way go on until they are freed or done. NULL is allowed.
///
/// In a child made by fork this, like freeing anything else, does nothing: the threads behind it are the parent's.
///
/// # Safety
/// `client` is NULL, or a client that has not been freed and that no other thread is using.
#[no_mangle]
pub unsafe extern "C" fn ari_client_free(client: *mut AriClient) {
    free(client, |client| client.process);
}

/// Whether the client can be used in this process. It cannot in a child made by fork, and `error` says so.
///
/// # Safety
/// `client` is NULL or a client; `error` is NULL or a place for bytes.
#[no_mangle]
pub unsafe extern "C" fn ari_client_check(client: *const AriClient, error: *mut AriBytes) -> bool {
    guard(error, false, || handle(client, "client")?.inner.check_process().map(|()| true))
}

/// Calls an operation and waits for the answer.
///
/// `operation` is an id such as `channels.originate`, `arguments` a JSON object by Asterisk's names of the parameters (or
/// nothing). What is wrong with them is found before anything is sent. Returns true and fills in `answer` (never with the
/// kind `Failed`), or returns false and says why in `error`.
///
/// # Safety
/// `client` is NULL or a client; the slices are readable bytes; `answer` is NULL or a place for an answer; `error` is NULL or
/// a place for bytes.
#[no_mangle]
pub unsafe extern "C" fn ari_client_call(
    client: *const AriClient,
    operation: AriSlice,
    arguments: AriSlice,
    answer: *mut AriAnswer,
    error: *mut AriBytes,
) -> bool {
    ari_client_call_while(client, operation, arguments, None, std::ptr::null_mut(), answer, error)
}

/// Asked several times a second, in the thread that waits for an answer, whether it is to go on waiting; `context` is what the
/// caller has given along. NULL always says yes.
pub type AriGoOn = Option<unsafe extern "C" fn(context: *mut c_void) -> bool>;

/// `ari_client_call` for a program that has to look after something meanwhile, such as signals. Once `go_on` says no, the call is
/// given up and fails.
///
/// # Safety
/// As for `ari_client_call`; `go_on` returns, and does not free the client.
#[no_mangle]
pub unsafe extern "C" fn ari_client_call_while(
    client: *const AriClient,
    operation: AriSlice,
    arguments: AriSlice,
    go_on: AriGoOn,
    context: *mut c_void,
    answer: *mut AriAnswer,
    error: *mut AriBytes,
) -> bool {
    guard(error, false, || {
        let answer = place(answer, "answer")?;
        let client = handle(client, "client")?;
        let (operation, arguments) = call_of(operation, arguments)?;
        let reply = client.inner.call_here(&operation, arguments, &mut || ask(go_on, context))?;
        answer.write(AriAnswer::of(0, Ok(reply)));
        Ok(true)
    })
}

/// # Safety
/// As for `ari_client_call_while`.
unsafe fn ask(go_on: AriGoOn, context: *mut c_void) -> Result<()> {
    match go_on.is_none_or(|go_on| go_on(context)) {
        true => Ok(()),
        false => Err(Error::internal("the caller has given the call up")),
    }
}

/// Sends any request below `/ari` and waits for the answer: for operations newer than this library.
///
/// `path` begins with a slash, and its values are percent-encoded. `query` is a JSON list of pairs of texts (or nothing), `body` is
/// JSON (or nothing). Otherwise as `ari_client_call`.
///
/// # Safety
/// As for `ari_client_call`.
#[no_mangle]
pub unsafe extern "C" fn ari_client_request(
    client: *const AriClient,
    method: AriSlice,
    path: AriSlice,
    query: AriSlice,
    body: AriSlice,
    answer: *mut AriAnswer,
    error: *mut AriBytes,
) -> bool {
    ari_client_request_while(client, method, path, query, body, None, std::ptr::null_mut(), answer, error)
}

/// `ari_client_request` with `go_on` as in `ari_client_call_while`.
///
/// # Safety
/// As for `ari_client_call_while`.
#[no_mangle]
#[allow(clippy::too_many_arguments)]
pub unsafe extern "C" fn ari_client_request_while(
    client: *const AriClient,
    method: AriSlice,
    path: AriSlice,
    query: AriSlice,
    body: AriSlice,
    go_on: AriGoOn,
    context: *mut c_void,
    answer: *mut AriAnswer,
    error: *mut AriBytes,
) -> bool {
    guard(error, false, || {
        let answer = place(answer, "answer")?;
        let client = handle(client, "client")?;
        let request = Request::read(method, path, query, body)?;
        let reply = request.send_here(&client.inner, &mut || ask(go_on, context))?;
        answer.write(AriAnswer::of(0, Ok(reply)));
        Ok(true)
    })
}

pub(crate) fn call_of(operation: AriSlice, arguments: AriSlice) -> Result<(String, Arguments)> {
    let operation = operation.text("operation")?.to_string();
    Ok((operation, arguments.json("arguments")?.unwrap_or_default()))
}

/// A request that the operation table does not know.
pub(crate) struct Request {
    method: String,
    path: String,
    query: Vec<(String, String)>,
    body: Option<Value>,
}

impl Request {
    pub fn read(method: AriSlice, path: AriSlice, query: AriSlice, body: AriSlice) -> Result<Request> {
        Ok(Request {
            method: method.text("method")?.to_string(),
            path: path.text("path")?.to_string(),
            query: query.json("query")?.unwrap_or_default(),
            body: body.json("body")?,
        })
    }

    fn send_here(self, client: &Client, go_on: &mut dyn FnMut() -> Result<()>) -> Result<Reply> {
        client.request_here(&self.method, &self.path, &self.query, self.body, go_on)
    }

    pub async fn send(self, client: Client) -> Result<Reply> {
        client.request(&self.method, &self.path, &self.query, self.body).await
    }
}

/// Wants events: of the type `event`, or of any if that is nothing; those with the object `id` of the class `object_class`, or
/// any if both are nothing. The object need not exist yet. What is wanted counts from the next event that is handed over.
///
/// Returns the subscription's number, or 0 and says why in `error`.
///
/// # Safety
/// `client` is NULL or a client; the slices are readable bytes; `error` is NULL or a place for bytes.
#[no_mangle]
pub unsafe extern "C" fn ari_client_subscribe(
    client: *const AriClient,
    event: AriSlice,
    object_class: AriSlice,
    id: AriSlice,
    error: *mut AriBytes,
) -> u64 {
    guard(error, 0, || {
        let client = handle(client, "client")?;
        client.inner.check_process()?;
        let owned = |given: Option<&str>| given.map(str::to_string);
        let event = owned(event.given("event")?);
        let object = match (owned(object_class.given("object_class")?), owned(id.given("id")?)) {
            (Some(class), Some(id)) => Some(ObjectKey { class, id }),
            (None, None) => None,
            _ => return Err(Error::argument("an object has a class and an id; only one of them was given")),
        };
        Ok(client.inner.subscribe(Interest { event, object }).0)
    })
}

/// Wants events of a type for a notice that they get if nobody else wants them, such as a warning of an `UnreadableFrame`: what is
/// wrong with frames that nobody else wants is not looked for.
///
/// Returns the subscription's number, or 0 and says why in `error`.
///
/// # Safety
/// As for `ari_client_subscribe`.
#[no_mangle]
pub unsafe extern "C" fn ari_client_subscribe_notice(
    client: *const AriClient,
    event: AriSlice,
    error: *mut AriBytes,
) -> u64 {
    guard(error, 0, || {
        let client = handle(client, "client")?;
        client.inner.check_process()?;
        Ok(client.inner.subscribe_notice(event.text("event")?).0)
    })
}

/// Takes a subscription back. False if it was not there any more.
///
/// # Safety
/// `client` is NULL or a client.
#[no_mangle]
pub unsafe extern "C" fn ari_client_unsubscribe(client: *const AriClient, subscription: u64) -> bool {
    guard(std::ptr::null_mut(), false, || Ok(handle(client, "client")?.inner.unsubscribe(SubscriptionId(subscription))))
}

/// A number that changes whenever subscriptions come or go, and when a stream is closed.
///
/// If it is not that of the batch any more after an event's handlers have run, call `ari_stream_rewind` with that event's
/// sequence, and go on with the next batch: the events after it are then matched with what is wanted now.
///
/// # Safety
/// `client` is NULL or a client.
#[no_mangle]
pub unsafe extern "C" fn ari_client_generation(client: *const AriClient) -> u64 {
    guard(std::ptr::null_mut(), 0, || Ok(handle(client, "client")?.inner.generation()))
}

/// Opens the event connection of applications and waits until it is open.
///
/// `arguments` is a JSON object with `app`, the name of the application or a list of names, and perhaps `subscribeAll`. Returns
/// NULL and says why in `error` if it does not open. `ari_stream_free` gives the stream back.
///
/// # Safety
/// `client` is NULL or a client; `arguments` are readable bytes; `error` is NULL or a place for bytes.
#[no_mangle]
pub unsafe extern "C" fn ari_client_start(
    client: *const AriClient,
    arguments: AriSlice,
    error: *mut AriBytes,
) -> *mut AriStream {
    guard(error, std::ptr::null_mut(), || {
        let client = handle(client, "client")?;
        let arguments = arguments.json("arguments")?.unwrap_or_default();
        let stream = wait(client.inner.open(OPENS, arguments))?;
        Ok(AriStream::new(stream).hand_over())
    })
}

/// The operation that opens an event connection.
pub(crate) const OPENS: &str = "events.eventWebsocket";

/// Closes all event streams of the client. Calls go on working, and new streams may be opened.
///
/// # Safety
/// `client` is NULL or a client.
#[no_mangle]
pub unsafe extern "C" fn ari_client_stop(client: *const AriClient) {
    guard(std::ptr::null_mut(), (), || {
        handle(client, "client")?.inner.stop();
        Ok(())
    });
}

/// Address of the server, without credentials. `ari_bytes_free` gives it back.
///
/// # Safety
/// `client` is NULL or a client.
#[no_mangle]
pub unsafe extern "C" fn ari_client_base_url(client: *const AriClient) -> AriBytes {
    guard(std::ptr::null_mut(), AriBytes::NONE, || {
        Ok(handle(client, "client")?.inner.base_url().to_string().into_bytes().into())
    })
}

/// Release of the server, such as `22.10.1`; nothing as long as it is not known. `ari_bytes_free` gives it back.
///
/// # Safety
/// `client` is NULL or a client.
#[no_mangle]
pub unsafe extern "C" fn ari_client_server_version(client: *const AriClient) -> AriBytes {
    guard(std::ptr::null_mut(), AriBytes::NONE, || {
        let version = handle(client, "client")?.inner.server_version();
        Ok(version.map_or(AriBytes::NONE, |version| version.into_bytes().into()))
    })
}
