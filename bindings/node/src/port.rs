//! What other threads have for a JavaScript thread, and how it is woken.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ari_core::{runtime, Reply, Result};
use napi::bindgen_prelude::{Array, BufferSlice, Function};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{sys, Env, JsString, Status};
use napi_derive::napi;
use tokio::task::AbortHandle;

use crate::batch::Batches;
use crate::error::thrown;

/// Weak: by itself it does not keep the process alive.
type Wake = ThreadsafeFunction<(), (), (), Status, false, true>;

/// So much JSON is enough for one turn of the event loop: what is made of it can go before there is more of it.
const BYTES_AT_ONCE: usize = 64 << 10;

/// What a ticket of JavaScript's gets.
pub enum Answer {
    Reply(Reply),
    Failed(ari_core::Error),
    /// The stream with this ticket has something to drain.
    News,
}

/// The side of a port that is shared with other threads.
pub struct Mailbox {
    wake: Wake,
    waiting: Mutex<Vec<(i64, Answer)>>,
    calls: Mutex<HashMap<i64, AbortHandle>>,
    /// What the JavaScript thread has got of events so far; only that thread uses it.
    pub(crate) batches: Mutex<Batches>,
}

impl Answer {
    /// It has been done, and there is nothing to say about it.
    pub const DONE: Answer = Answer::Reply(Reply::Nothing);
}

impl Mailbox {
    pub fn push(&self, ticket: i64, answer: Answer) {
        let mut waiting = lock(&self.waiting);
        let first = waiting.is_empty();
        waiting.push((ticket, answer));
        drop(waiting);
        if first {
            // A thread that is ending is not woken any more, and does not wait either.
            let _ = self.wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
        }
    }

    /// Runs a call in the background; what it gives is the ticket's answer, unless the call is abandoned.
    pub fn spawn(
        self: &Arc<Self>,
        ticket: i64,
        call: impl Future<Output = Result<Answer>> + Send + 'static,
    ) -> napi::Result<()> {
        let runtime = runtime::handle().map_err(thrown)?;
        let mailbox = self.clone();
        // Held until the call is in the table, so that its end is not entered before its beginning.
        let mut calls = lock(&self.calls);
        let task = runtime.spawn(async move {
            let answer = call.await.unwrap_or_else(Answer::Failed);
            lock(&mailbox.calls).remove(&ticket);
            mailbox.push(ticket, answer);
        });
        calls.insert(ticket, task.abort_handle());
        Ok(())
    }

    fn abandon_all(&self) {
        for (_, task) in lock(&self.calls).drain() {
            task.abort();
        }
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The door of one JavaScript thread.
#[napi]
pub struct Port {
    pub(crate) mailbox: Arc<Mailbox>,
}

#[napi]
impl Port {
    /// `wake` is called when there is something to take, once however much it is.
    #[napi(constructor)]
    pub fn new(wake: Function<(), ()>) -> napi::Result<Port> {
        let wake = wake.build_threadsafe_function().callee_handled::<false>().weak::<true>().build()?;
        let mailbox =
            Mailbox { wake, waiting: Mutex::default(), calls: Mutex::default(), batches: Mutex::new(Batches::new()) };
        Ok(Port { mailbox: Arc::new(mailbox) })
    }

    /// What has come, `all` of it or not too much at once, four slots each: ticket, kind, value, content type; and `true` at the
    /// end when there is more.
    #[napi(ts_return_type = "any[]")]
    pub fn take<'env>(&self, env: &'env Env, all: bool) -> napi::Result<Array<'env>> {
        let mut waiting = lock(&self.mailbox.waiting);
        let mut bytes = 0;
        let before = waiting.iter().take_while(|(_, answer)| {
            let room = all || bytes < BYTES_AT_ONCE;
            if let Answer::Reply(Reply::Json(json)) = answer {
                bytes += json.len();
            }
            room
        });
        let before = before.count();
        let left = waiting.split_off(before);
        let answers = std::mem::replace(&mut *waiting, left);
        let more = !waiting.is_empty();
        drop(waiting);
        let mut out = env.create_array(4 * answers.len() as u32)?;
        for (index, (ticket, answer)) in answers.into_iter().enumerate() {
            let at = 4 * index as u32;
            out.set(at, ticket)?;
            out.set(at + 1, kind_of(&answer))?;
            match answer {
                Answer::Reply(Reply::Json(json)) => out.set(at + 2, text_of(env, &json)?)?,
                Answer::Reply(Reply::Binary { bytes, content_type }) => {
                    out.set(at + 2, BufferSlice::copy_from(env, &bytes)?)?;
                    out.set(at + 3, content_type)?;
                }
                Answer::Failed(error) => out.set(at + 2, error.to_json().to_string())?,
                Answer::Reply(Reply::Nothing) | Answer::News => {}
            }
        }
        if more {
            out.insert(true)?;
        }
        Ok(out)
    }

    /// Keeps the event loop alive until `release`.
    #[napi]
    pub fn hold(&self, env: &Env) -> napi::Result<()> {
        // SAFETY: on the thread of `env`, with a function that lives as long as the mailbox.
        napi::check_status!(unsafe { sys::napi_ref_threadsafe_function(env.raw(), self.mailbox.wake.raw()) })
    }

    /// The end of `hold`.
    #[napi]
    pub fn release(&self, env: &Env) -> napi::Result<()> {
        // SAFETY: as in `hold`.
        napi::check_status!(unsafe { sys::napi_unref_threadsafe_function(env.raw(), self.mailbox.wake.raw()) })
    }

    /// Gives a call up: it is not sent any more if it has not been, and its ticket gets no answer.
    #[napi]
    pub fn abandon(&self, ticket: i64) {
        if let Some(task) = lock(&self.mailbox.calls).remove(&ticket) {
            task.abort();
        }
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        // The JavaScript thread has ended, and nobody waits.
        self.mailbox.abandon_all();
    }
}

/// A string of what is UTF-8.
pub(crate) fn text_of<'env>(env: &'env Env, text: &[u8]) -> napi::Result<JsString<'env>> {
    if text.is_ascii() {
        // The shorter way into JavaScript.
        env.create_string_latin1(text)
    } else {
        env.create_string(String::from_utf8_lossy(text))
    }
}

fn kind_of(answer: &Answer) -> u32 {
    match answer {
        Answer::Reply(Reply::Nothing) => 0,
        Answer::Reply(Reply::Json(_)) => 1,
        Answer::Reply(Reply::Binary { .. }) => 2,
        Answer::Failed(_) => 3,
        Answer::News => 4,
    }
}
