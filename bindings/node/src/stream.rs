//! An event connection, drained by JavaScript when it has been told that there is something.

use std::collections::VecDeque;
use std::sync::Arc;

use ari_core::{runtime, BatchLimit, EventStream, Matched, Next};
use napi::bindgen_prelude::{Either3, Null, Uint32ArraySlice, Undefined};
use napi::{Env, JsString};
use napi_derive::napi;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use crate::error::thrown;
use crate::port::{lock, text_of, Answer, Mailbox};

/// Enough to make crossing the border cheap, and little enough to stay in the processor's cache.
const LIMIT: BatchLimit = BatchLimit { events: 512, bytes: 64 << 10 };

/// Batches of what the subscriptions want at the moment of draining, in order of arrival.
#[napi]
pub struct Stream {
    inner: EventStream,
    /// Events of a batch for which there was no room.
    left: VecDeque<Matched>,
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
        Ok(Stream { inner, left: VecDeque::new(), mailbox, drained, herald: herald.abort_handle() })
    }
}

#[napi]
impl Stream {
    /// The next events: a text with the values and the shapes that this thread does not have yet, and in `numbers` what each
    /// event is made of (src/batch.rs). With `exact` numbers are not rounded.
    /// `undefined`: nothing for now, and there will be news. `null`: the end. Thrown is the error it ended with.
    #[napi(ts_return_type = "string | undefined | null")]
    pub fn drain<'env>(
        &mut self,
        env: &'env Env,
        mut numbers: Uint32ArraySlice<'env>,
        exact: bool,
    ) -> napi::Result<Either3<JsString<'env>, Undefined, Null>> {
        if self.left.is_empty() {
            match self.inner.try_batch(LIMIT) {
                Ok(Next::Batch(batch)) => self.left = batch.events.into(),
                Ok(Next::Nothing) => {
                    self.drained.notify_one();
                    return Ok(Either3::B(()));
                }
                Ok(Next::End) => {
                    self.herald.abort();
                    return Ok(Either3::C(Null));
                }
                Err(error) => {
                    self.herald.abort();
                    return Err(thrown(error));
                }
            }
        }
        // SAFETY: nobody else has the numbers while JavaScript waits for this.
        let numbers = unsafe { numbers.as_mut() };
        let (count, text) = lock(&self.mailbox.batches).write(self.left.iter(), exact, numbers);
        self.left.drain(..count);
        Ok(Either3::A(text_of(env, &text)?))
    }

    /// Has the events after this one matched again, because the subscriptions have changed since.
    #[napi]
    pub fn rewind(&mut self, sequence: i64) {
        self.left.clear();
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
