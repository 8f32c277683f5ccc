//! The connection to one server.

use ari_core::{Interest, ObjectKey, Options, SubscriptionId};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde_json::Value;

use crate::arguments::{arguments, named, query};
use crate::mailbox::Mailbox;
use crate::outcome::{raise, reply, unread};
use crate::stream::Stream;
use crate::tasks::{spawn, Canceller};
use crate::wait::{here, wait};

/// One server: calls, subscriptions and event streams.
#[pyclass(frozen, module = "ari._native")]
pub struct Client {
    inner: ari_core::Client,
}

fn read_options(url: &str, username: &str, password: &str, options: &Bound<'_, PyDict>) -> PyResult<Options> {
    let py = options.py();
    let mut read = Options::new(url, username, password).map_err(|error| raise(py, error))?;
    for (name, value) in arguments("connect", options)? {
        read.set(&name, &value).map_err(|error| raise(py, error))?;
    }
    Ok(read)
}

#[pymethods]
impl Client {
    /// A client that has not talked to its server yet.
    #[new]
    fn new(url: &str, username: &str, password: &str, options: &Bound<'_, PyDict>) -> PyResult<Client> {
        let read = read_options(url, username, password, options)?;
        let inner = ari_core::Client::new(read).map_err(|error| raise(options.py(), error))?;
        Ok(Client { inner })
    }

    /// Asks the server who it is; wrong credentials and a server that is not there fail here.
    #[staticmethod]
    fn connect(
        py: Python<'_>,
        url: &str,
        username: &str,
        password: &str,
        options: &Bound<'_, PyDict>,
    ) -> PyResult<Client> {
        let read = read_options(url, username, password, options)?;
        wait(py, ari_core::Client::connect(read)).map(|inner| Client { inner })
    }

    /// The same for an asyncio future.
    #[staticmethod]
    fn connect_async(
        promise: &Bound<'_, PyAny>,
        mailbox: &Mailbox,
        url: &str,
        username: &str,
        password: &str,
        options: &Bound<'_, PyDict>,
    ) -> PyResult<Canceller> {
        let read = read_options(url, username, password, options)?;
        spawn(promise, mailbox, ari_core::Client::connect(read), |py, inner| {
            Ok(Py::new(py, Client { inner })?.into_any())
        })
    }

    /// Calls an operation by its id such as `channels.get`.
    fn call(&self, py: Python<'_>, operation: &str, values: &Bound<'_, PyDict>) -> PyResult<Py<PyAny>> {
        let values = arguments(operation, values)?;
        unread(py, here(py, |go_on| self.inner.call_here_unread(operation, values, go_on))?)
    }

    /// The same for an asyncio future.
    fn call_async(
        &self,
        promise: &Bound<'_, PyAny>,
        mailbox: &Mailbox,
        operation: String,
        values: &Bound<'_, PyDict>,
    ) -> PyResult<Canceller> {
        let values = arguments(&operation, values)?;
        let client = self.inner.clone();
        spawn(promise, mailbox, async move { client.call_unread(&operation, values).await }, unread)
    }

    /// Sends a request the operation table does not know.
    fn request(
        &self,
        py: Python<'_>,
        method: &str,
        path: &str,
        pairs: Vec<(String, Bound<'_, PyAny>)>,
        body: &Bound<'_, PyAny>,
    ) -> PyResult<Py<PyAny>> {
        let (pairs, body) = (query(pairs)?, body_of_request(body)?);
        reply(py, here(py, |go_on| self.inner.request_here(method, path, &pairs, body, go_on))?)
    }

    /// The same for an asyncio future.
    fn request_async(
        &self,
        promise: &Bound<'_, PyAny>,
        mailbox: &Mailbox,
        method: String,
        path: String,
        pairs: Vec<(String, Bound<'_, PyAny>)>,
        body: &Bound<'_, PyAny>,
    ) -> PyResult<Canceller> {
        let (pairs, body, client) = (query(pairs)?, body_of_request(body)?, self.inner.clone());
        spawn(promise, mailbox, async move { client.request(&method, &path, &pairs, body).await }, reply)
    }

    /// Raises in a child made by fork: a client does not survive it. To be asked before a lock is taken, which may be held by
    /// a thread that is not there any more.
    fn check_process(&self, py: Python<'_>) -> PyResult<()> {
        self.inner.check_process().map_err(|error| raise(py, error))
    }

    /// The same as a question.
    fn is_ours(&self) -> bool {
        self.inner.check_process().is_ok()
    }

    /// Wants events: of one type or all (`None`), of one object (class and id) or any.
    #[pyo3(signature = (event, class_name=None, id=None))]
    fn subscribe(&self, event: Option<String>, class_name: Option<String>, id: Option<String>) -> u64 {
        let object = class_name.zip(id).map(|(class, id)| ObjectKey { class, id });
        self.inner.subscribe(Interest { event, object }).0
    }

    /// Wants events of one type for what the library tells of by itself.
    fn subscribe_notice(&self, event: &str) -> u64 {
        self.inner.subscribe_notice(event).0
    }

    /// Takes a subscription back; `False` when it was not there any more.
    fn unsubscribe(&self, subscription: u64) -> bool {
        self.inner.unsubscribe(SubscriptionId(subscription))
    }

    /// A number that changes whenever the subscriptions do.
    fn generation(&self) -> u64 {
        self.inner.generation()
    }

    /// Opens an event connection by the operation that does it.
    fn open(&self, py: Python<'_>, operation: &str, values: &Bound<'_, PyDict>) -> PyResult<Stream> {
        let values = arguments(operation, values)?;
        let stream = wait(py, self.inner.open(operation, values))?;
        Ok(Stream::new(self.inner.clone(), stream))
    }

    /// The same for an asyncio future.
    fn open_async(
        &self,
        promise: &Bound<'_, PyAny>,
        mailbox: &Mailbox,
        operation: String,
        values: &Bound<'_, PyDict>,
    ) -> PyResult<Canceller> {
        let values = arguments(&operation, values)?;
        let client = self.inner.clone();
        let opening = async move {
            let stream = client.open(&operation, values).await?;
            Ok(Stream::new(client, stream))
        };
        spawn(promise, mailbox, opening, |py, stream| Ok(Py::new(py, stream)?.into_any()))
    }

    /// Closes every event connection of this client.
    fn stop(&self) {
        self.inner.stop();
    }

    /// Release of the server, once it is known.
    #[getter]
    fn server_version(&self) -> Option<String> {
        self.inner.server_version()
    }

    /// Address of the server, without credentials.
    #[getter]
    fn base_url(&self) -> &str {
        self.inner.base_url()
    }
}

fn body_of_request(body: &Bound<'_, PyAny>) -> PyResult<Option<Value>> {
    let body = named("request", "body", body)?;
    Ok((!body.is_null()).then_some(body))
}
