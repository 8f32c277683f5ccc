//! An event connection, drained by JavaScript when it has been told that there is something.

use std::sync::Arc;

use ari_core::{runtime, BatchLimit, EventStream, Next};
use napi::bindgen_prelude::{Array, Either4, Null, Undefined};
use napi::Env;
use napi_derive::napi;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use crate::error::thrown;
use crate::port::{Answer, Mailbox};

/// Batches of what the subscriptions want at the moment of draining, in order of arrival.
#[napi]
pub struct Stream {
    inner: EventStream,
    mailbox: Arc<Mailbox>,
    /// Everything was drained: the next news are wanted.
    drained: Arc<Notify>,
    /// The task that brings the news.
    herald: AbortHandle,
}

impl Stream {
    pub fn new(inner: EventStream, ticket: i64, mailbox: Arc<Mailbox>) -> napi::Result<Stream> {
        let drained = Arc::new(Notify::new());
        let (stream, told, wanted) = (inner.clone(), mailbox.clone(), drained.clone());
        let herald = runtime::handle().map_err(thrown)?.spawn(async move {
            while stream.ready().await.is_ok() {
                told.push(ticket, Answer::News);
                wanted.notified().await;
            }
        });
        Ok(Stream { inner, mailbox, drained, herald: herald.abort_handle() })
    }
}

#[napi]
impl Stream {
    /// The next events, five slots each: sequence, type, text, subscriptions (one number, or several in ascending order), and
    /// for types newer than the library the fields and classes of the event's objects.
    /// `undefined`: nothing for now, and there will be news. `null`: the end. A text: the error it ended with, as JSON.
    #[napi(ts_return_type = "any[] | undefined | null | string")]
    pub fn drain<'env>(&self, env: &'env Env) -> napi::Result<Either4<Array<'env>, Undefined, Null, String>> {
        let batch = match self.inner.try_batch(BatchLimit::default()) {
            Ok(Next::Batch(batch)) => batch,
            Ok(Next::Nothing) => {
                self.drained.notify_one();
                return Ok(Either4::B(()));
            }
            Ok(Next::End) => {
                self.herald.abort();
                return Ok(Either4::C(Null));
            }
            Err(error) => {
                self.herald.abort();
                return Ok(Either4::D(error.to_json().to_string()));
            }
        };
        let mut out = env.create_array(5 * batch.events.len() as u32)?;
        for (index, event) in batch.events.iter().enumerate() {
            let at = 5 * index as u32;
            out.set(at, event.sequence as i64)?;
            out.set(at + 1, event.name())?;
            out.set(at + 2, event.text())?;
            match event.handlers.as_slice() {
                [only] => out.set(at + 3, only.0 as i64)?,
                several => out.set(at + 3, several.iter().map(|id| id.0 as i64).collect::<Vec<_>>())?,
            }
            if !event.is_known() {
                let objects = event.objects().iter().map(|object| vec![object.field, object.class]);
                out.set(at + 4, objects.collect::<Vec<_>>())?;
            }
        }
        Ok(Either4::A(out))
    }

    /// Has the events after this one matched again, because the subscriptions have changed since.
    #[napi]
    pub fn rewind(&self, sequence: i64) {
        self.inner.rewind(sequence as u64);
    }

    /// Sends a ping; the ticket's answer is its pong.
    #[napi]
    pub fn ping(&self, ticket: i64) -> napi::Result<()> {
        let stream = self.inner.clone();
        self.mailbox.spawn(ticket, async move { stream.ping().await.map(|()| Answer::DONE) })
    }

    /// Closes the connection; the stream ends.
    #[napi]
    pub fn close(&self) {
        self.inner.close();
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // Collected, or its JavaScript thread has ended: nobody will drain it.
        self.herald.abort();
        self.inner.close();
    }
}
