//! The events of an event connection.

use std::sync::Arc;
use std::time::Duration;

use ari_core::{runtime, BatchLimit, EventStream, Next, Result};
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::timeout;

use crate::batch::{hand_over, AriBatch};
use crate::bytes::AriBytes;
use crate::guard::{free, guard, handle, place, wait};

/// An event connection. One thread takes events from it; it may be closed from any.
pub struct AriStream {
    pub(crate) inner: EventStream,
    herald: Option<Herald>,
    process: u32,
}

/// The task that tells a port when there is something to take.
struct Herald {
    task: AbortHandle,
    /// The last news have been looked at: the next ones are wanted.
    looked: Arc<Notify>,
    tell: Arc<dyn Fn() + Send + Sync>,
}

/// What `ari_stream_next` found.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AriNext {
    /// No event that anybody wants, for now.
    Nothing = 0,
    /// A batch of events.
    Batch = 1,
    /// The stream has ended: it was closed, by this side or by the server.
    End = 2,
    /// The stream has ended with an error, or the call was wrong.
    Failed = 3,
}

impl AriStream {
    pub fn new(inner: EventStream) -> AriStream {
        AriStream { inner, herald: None, process: std::process::id() }
    }

    /// `tell` is called when there is something new, once until it has been looked at.
    pub fn with_herald(inner: EventStream, tell: impl Fn() + Send + Sync + 'static) -> Result<AriStream> {
        let looked = Arc::new(Notify::new());
        let tell: Arc<dyn Fn() + Send + Sync> = Arc::new(tell);
        let (stream, wanted, told) = (inner.clone(), looked.clone(), tell.clone());
        let task = runtime::handle()?.spawn(async move {
            while stream.ready().await.is_ok() {
                told();
                wanted.notified().await;
            }
        });
        let herald = Some(Herald { task: task.abort_handle(), looked, tell });
        Ok(AriStream { inner, herald, process: std::process::id() })
    }

    pub fn hand_over(self) -> *mut AriStream {
        Box::into_raw(Box::new(self))
    }

    fn next(&self, patience: Patience) -> Result<Next> {
        let limit = BatchLimit::default();
        let found = match patience {
            Patience::None => self.inner.try_batch(limit),
            Patience::Until(time) => {
                wait(async { timeout(time, next(&self.inner, limit)).await.unwrap_or(Ok(Next::Nothing)) })
            }
            Patience::Endless => wait(next(&self.inner, limit)),
        };
        if let Some(herald) = &self.herald {
            match &found {
                Ok(Next::Batch(_) | Next::Nothing) => herald.looked.notify_one(),
                Ok(Next::End) | Err(_) => herald.task.abort(),
            }
        }
        found
    }
}

async fn next(stream: &EventStream, limit: BatchLimit) -> Result<Next> {
    Ok(stream.next_batch(limit).await?.map_or(Next::End, Next::Batch))
}

impl Drop for AriStream {
    fn drop(&mut self) {
        if let Some(herald) = &self.herald {
            herald.task.abort();
        }
        self.inner.close();
    }
}

/// How long to wait.
pub enum Patience {
    None,
    Until(Duration),
    Endless,
}

impl Patience {
    pub fn of(milliseconds: i32) -> Patience {
        match u64::try_from(milliseconds) {
            Ok(0) => Patience::None,
            Ok(milliseconds) => Patience::Until(Duration::from_millis(milliseconds)),
            Err(_) => Patience::Endless,
        }
    }
}

/// Takes the next events that somebody wants, in the order in which they came.
///
/// Waits `timeout_ms` milliseconds for them: 0 does not wait, a negative number waits for ever. With the result `Batch`, `*batch`
/// is one, for `ari_batch_free`; otherwise it is NULL. With the result `Failed`, `error` says why.
///
/// # Safety
/// `stream` is NULL or a stream; `batch` is NULL or a place for a pointer; `error` is NULL or a place for bytes.
#[no_mangle]
pub unsafe extern "C" fn ari_stream_next(
    stream: *const AriStream,
    timeout_ms: i32,
    batch: *mut *mut AriBatch,
    error: *mut AriBytes,
) -> AriNext {
    guard(error, AriNext::Failed, || {
        place(batch, "batch")?.write(std::ptr::null_mut());
        Ok(match handle(stream, "stream")?.next(Patience::of(timeout_ms))? {
            Next::Nothing => AriNext::Nothing,
            Next::End => AriNext::End,
            Next::Batch(found) => {
                place(batch, "batch")?.write(hand_over(found));
                AriNext::Batch
            }
        })
    })
}

/// Puts back the events of the last batch that come after this one; the next batch matches them with the subscriptions of
/// that moment (see `ari_client_generation`). The port of the stream is told that there is something to look at.
///
/// # Safety
/// `stream` is NULL or a stream.
#[no_mangle]
pub unsafe extern "C" fn ari_stream_rewind(stream: *const AriStream, sequence: u64) {
    guard(std::ptr::null_mut(), (), || {
        let stream = handle(stream, "stream")?;
        stream.inner.rewind(sequence);
        if let Some(herald) = &stream.herald {
            herald.looked.notify_one();
        }
        Ok(())
    });
}

/// Has the stream's port told once more that there is something new, though nothing may be: for a caller that has taken the
/// notice out of the port, or events out of the stream, and lets another part of the program deal with them.
///
/// # Safety
/// `stream` is NULL or a stream.
#[no_mangle]
pub unsafe extern "C" fn ari_stream_remind(stream: *const AriStream) {
    guard(std::ptr::null_mut(), (), || {
        let stream = handle(stream, "stream")?;
        if let Some(herald) = stream.herald.as_ref().filter(|_| stream.process == std::process::id()) {
            (herald.tell)();
        }
        Ok(())
    });
}

/// Closes the connection. Events that still wait are given up, and the stream ends.
///
/// # Safety
/// `stream` is NULL or a stream.
#[no_mangle]
pub unsafe extern "C" fn ari_stream_close(stream: *const AriStream) {
    guard(std::ptr::null_mut(), (), || {
        handle(stream, "stream")?.inner.close();
        Ok(())
    });
}

/// Closes the connection and gives the stream back. NULL is allowed.
///
/// # Safety
/// `stream` is NULL, or a stream that has not been freed and that no other thread is using.
#[no_mangle]
pub unsafe extern "C" fn ari_stream_free(stream: *mut AriStream) {
    free(stream, |stream| stream.process);
}
