//! Calls that are not waited for. Their answers arrive in a port, which a program's own event loop can watch.

use std::collections::{HashMap, HashSet, VecDeque};
use std::future::Future;
use std::io::{PipeReader, PipeWriter, Read, Write};
use std::os::fd::AsRawFd;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use ari_core::{runtime, Error, Reply, Result};
use tokio::task::AbortHandle;

use crate::answer::{AriAnswer, AriAnswerKind};
use crate::bytes::{AriBytes, AriSlice};
use crate::client::{call_of, AriClient, Request, OPENS};
use crate::guard::{free, guard, handle, place};
use crate::stream::{AriStream, Patience};

/// Where answers arrive. It serves any number of clients, calls and streams; its functions may be called from several
/// threads at once, but freeing it.
pub struct AriPort {
    mailbox: Arc<Mailbox>,
    process: u32,
}

enum News {
    Answer(Result<Reply>),
    Events,
}

struct Mailbox {
    state: Mutex<State>,
    arrived: Condvar,
    reader: PipeReader,
    writer: PipeWriter,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<(u64, News)>,
    /// Tickets in `waiting` whose streams have news: one notice is enough.
    announced: HashSet<u64>,
    calls: HashMap<u64, AbortHandle>,
}

impl Mailbox {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, ticket: u64, news: News) {
        let mut state = self.lock();
        match news {
            News::Events if !state.announced.insert(ticket) => return,
            News::Events => {}
            News::Answer(_) => drop(state.calls.remove(&ticket)),
        }
        if state.waiting.is_empty() {
            // One byte as long as something waits: under the lock, so that the pipe is never full and never read in vain.
            let _ = (&self.writer).write_all(&[0]);
        }
        state.waiting.push_back((ticket, news));
        self.arrived.notify_one();
    }

    fn take(&self) -> Option<AriAnswer> {
        let mut state = self.lock();
        let (ticket, news) = state.waiting.pop_front()?;
        if state.waiting.is_empty() {
            let _ = (&self.reader).read_exact(&mut [0]);
        }
        Some(match news {
            News::Answer(outcome) => AriAnswer::of(ticket, outcome),
            News::Events => {
                state.announced.remove(&ticket);
                AriAnswer::new(ticket, AriAnswerKind::Events, AriBytes::NONE)
            }
        })
    }

    fn wait(&self, patience: Patience) -> bool {
        let state = self.lock();
        let empty = |state: &mut State| state.waiting.is_empty();
        let state = match patience {
            Patience::None => state,
            Patience::Until(time) => {
                let waited = self.arrived.wait_timeout_while(state, time, empty);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
            Patience::Endless => self.arrived.wait_while(state, empty).unwrap_or_else(PoisonError::into_inner),
        };
        !state.waiting.is_empty()
    }

    /// Runs a call in the background; what it gives is the ticket's answer, unless the call is abandoned.
    fn spawn(self: &Arc<Self>, ticket: u64, call: impl Future<Output = Result<Reply>> + Send + 'static) -> Result<()> {
        let runtime = runtime::handle()?;
        let mut state = self.lock();
        if state.calls.contains_key(&ticket) {
            return Err(Error::argument(format!("a call with the ticket {ticket} is under way")));
        }
        // Entered under the lock, so that the call's end cannot come before its beginning.
        let mailbox = self.clone();
        let task = runtime.spawn(async move { mailbox.push(ticket, News::Answer(call.await)) });
        state.calls.insert(ticket, task.abort_handle());
        Ok(())
    }

    fn abandon(&self, ticket: u64) {
        let mut state = self.lock();
        if let Some(task) = state.calls.remove(&ticket) {
            task.abort();
        }
    }
}

impl AriPort {
    fn mailbox(&self) -> Result<&Arc<Mailbox>> {
        match self.process == std::process::id() {
            true => Ok(&self.mailbox),
            false => Err(Error::argument(format!(
                "this port was made in process {} and cannot be used in a child made by fork",
                self.process
            ))),
        }
    }
}

impl Drop for AriPort {
    fn drop(&mut self) {
        for (_, task) in self.mailbox.lock().calls.drain() {
            task.abort();
        }
    }
}

/// Makes a port. Returns NULL and says why in `error` if the system has no more descriptors. `ari_port_free` gives it back.
///
/// # Safety
/// `error` is NULL or a place for bytes.
#[no_mangle]
pub unsafe extern "C" fn ari_port_new(error: *mut AriBytes) -> *mut AriPort {
    guard(error, std::ptr::null_mut(), || {
        let (reader, writer) =
            std::io::pipe().map_err(|cause| Error::internal(format!("no descriptor for a port: {cause}")))?;
        let mailbox = Mailbox { state: Mutex::default(), arrived: Condvar::new(), reader, writer };
        let port = AriPort { mailbox: Arc::new(mailbox), process: std::process::id() };
        Ok(Box::into_raw(Box::new(port)))
    })
}

/// Gives a port back; calls under way are given up, as by `ari_port_abandon`. NULL is allowed.
///
/// # Safety
/// `port` is NULL, or a port that has not been freed and that no other thread is using.
#[no_mangle]
pub unsafe extern "C" fn ari_port_free(port: *mut AriPort) {
    free(port, |port| port.process);
}

/// A descriptor that is readable as long as something waits in the port, for poll, select, epoll and event loops. It is the
/// port's: it must not be read, written or closed. -1 without a port or in a child made by fork.
///
/// # Safety
/// `port` is NULL or a port.
#[no_mangle]
pub unsafe extern "C" fn ari_port_fd(port: *const AriPort) -> i32 {
    guard(std::ptr::null_mut(), -1, || Ok(handle(port, "port")?.mailbox()?.reader.as_raw_fd()))
}

/// Waits until something is in the port, `timeout_ms` milliseconds at most; a negative number waits for ever. False if there is
/// nothing. Signals do not end it: who has to heed them waits for the descriptor instead.
///
/// # Safety
/// `port` is NULL or a port.
#[no_mangle]
pub unsafe extern "C" fn ari_port_wait(port: *const AriPort, timeout_ms: i32) -> bool {
    guard(std::ptr::null_mut(), false, || Ok(handle(port, "port")?.mailbox()?.wait(Patience::of(timeout_ms))))
}

/// Takes the next answer out of the port. False if there is none, and then `answer` is left as it is.
///
/// # Safety
/// `port` is NULL or a port; `answer` is NULL or a place for an answer.
#[no_mangle]
pub unsafe extern "C" fn ari_port_take(port: *const AriPort, answer: *mut AriAnswer) -> bool {
    guard(std::ptr::null_mut(), false, || {
        let place = place(answer, "answer")?;
        let Some(answer) = handle(port, "port")?.mailbox()?.take() else { return Ok(false) };
        place.write(answer);
        Ok(true)
    })
}

/// Gives a call up: it is not sent any more if it has not been, and its ticket gets no answer, unless that waits already.
///
/// # Safety
/// `port` is NULL or a port.
#[no_mangle]
pub unsafe extern "C" fn ari_port_abandon(port: *const AriPort, ticket: u64) {
    guard(std::ptr::null_mut(), (), || {
        handle(port, "port")?.mailbox()?.abandon(ticket);
        Ok(())
    });
}

/// Asks a client's server who it is, as `ari_client_connect` does. The answer (`Nothing` or `Failed`) arrives in the port under
/// the number `ticket`, which the caller chooses and which no other call under way has.
///
/// Returns false and says why in `error` if nothing has been begun; then nothing arrives.
///
/// # Safety
/// `port` and `client` are NULL or what they are called; `error` is NULL or a place for bytes.
#[no_mangle]
pub unsafe extern "C" fn ari_port_probe(
    port: *const AriPort,
    client: *const AriClient,
    ticket: u64,
    error: *mut AriBytes,
) -> bool {
    guard(error, false, || {
        let client = handle(client, "client")?.inner.clone();
        client.check_process()?;
        let call = async move { client.probe().await.map(|()| Reply::Nothing) };
        handle(port, "port")?.mailbox()?.spawn(ticket, call).map(|()| true)
    })
}

/// `ari_client_call` without waiting. The answer arrives in the port, also that the arguments are wrong.
///
/// # Safety
/// As for `ari_port_probe`; the slices are readable bytes.
#[no_mangle]
pub unsafe extern "C" fn ari_port_call(
    port: *const AriPort,
    client: *const AriClient,
    ticket: u64,
    operation: AriSlice,
    arguments: AriSlice,
    error: *mut AriBytes,
) -> bool {
    guard(error, false, || {
        let client = handle(client, "client")?.inner.clone();
        client.check_process()?;
        let (operation, arguments) = call_of(operation, arguments)?;
        let call = async move { client.call(&operation, arguments).await };
        handle(port, "port")?.mailbox()?.spawn(ticket, call).map(|()| true)
    })
}

/// `ari_client_request` without waiting.
///
/// # Safety
/// As for `ari_port_call`.
#[no_mangle]
pub unsafe extern "C" fn ari_port_request(
    port: *const AriPort,
    client: *const AriClient,
    ticket: u64,
    method: AriSlice,
    path: AriSlice,
    query: AriSlice,
    body: AriSlice,
    error: *mut AriBytes,
) -> bool {
    guard(error, false, || {
        let client = handle(client, "client")?.inner.clone();
        client.check_process()?;
        let request = Request::read(method, path, query, body)?;
        handle(port, "port")?.mailbox()?.spawn(ticket, request.send(client)).map(|()| true)
    })
}

/// `ari_client_start` without waiting.
///
/// The ticket's first answer says that the connection is open (`Nothing`) or that it will not be (`Failed`). Besides it gets
/// `Events` whenever `ari_stream_next` has something new to say, attempts that failed and the end of the stream included. After
/// each of them call `ari_stream_next` at least once, with a timeout of 0: more comes by itself as long as there is more.
///
/// # Safety
/// As for `ari_port_call`.
#[no_mangle]
pub unsafe extern "C" fn ari_port_open(
    port: *const AriPort,
    client: *const AriClient,
    ticket: u64,
    arguments: AriSlice,
    error: *mut AriBytes,
) -> *mut AriStream {
    guard(error, std::ptr::null_mut(), || {
        let client = handle(client, "client")?;
        let mailbox = handle(port, "port")?.mailbox()?;
        let (stream, opening) = client.inner.begin(OPENS, arguments.json("arguments")?.unwrap_or_default())?;
        mailbox.spawn(ticket, async move { opening.await.map(|()| Reply::Nothing) })?;
        let told = mailbox.clone();
        Ok(AriStream::with_herald(stream, move || told.push(ticket, News::Events))?.hand_over())
    })
}

/// Pings the server of a stream. The answer arrives with its pong, or says that the connection is not open.
///
/// # Safety
/// `port` and `stream` are NULL or what they are called; `error` is NULL or a place for bytes.
#[no_mangle]
pub unsafe extern "C" fn ari_port_ping(
    port: *const AriPort,
    stream: *const AriStream,
    ticket: u64,
    error: *mut AriBytes,
) -> bool {
    guard(error, false, || {
        let stream = handle(stream, "stream")?.inner.clone();
        let call = async move { stream.ping().await.map(|()| Reply::Nothing) };
        handle(port, "port")?.mailbox()?.spawn(ticket, call).map(|()| true)
    })
}
