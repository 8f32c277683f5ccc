//! Events as C sees them.

use std::sync::OnceLock;

use ari_core::{Batch, Error, EventObject};

use crate::bytes::AriSlice;
use crate::guard::{guard, handle};

/// A domain object that is in an event.
#[repr(C)]
pub struct AriObject {
    /// Name of the event's field that holds it.
    pub field: AriSlice,
    /// Its class, such as `Channel`.
    pub object_class: AriSlice,
    /// Its id; for an endpoint `technology/resource`.
    pub id: AriSlice,
}

/// An event that somebody wants. All that it points to belongs to its batch.
#[repr(C)]
pub struct AriEvent {
    /// Its place among the events of the stream, for `ari_stream_rewind`.
    pub sequence: u64,
    /// Its type, such as `StasisStart`.
    pub name: AriSlice,
    /// Its JSON as it came.
    pub text: AriSlice,
    /// The subscriptions that want it, each once, in the order in which they were made.
    pub subscriptions: *const u64,
    pub subscription_count: usize,
    /// Whether the library knows this type of events; the objects of others are found by the names of their fields.
    pub known: bool,
}

/// Events in the order in which they came. `ari_batch_free` gives them back.
#[repr(C)]
pub struct AriBatch {
    /// What `ari_client_generation` was when the events were matched with the subscriptions.
    pub generation: u64,
    pub events: *const AriEvent,
    pub event_count: usize,
}

/// The batch, which comes first so that a pointer to it is one to the whole, and what it points into.
#[repr(C)]
struct Whole {
    head: AriBatch,
    events: Vec<AriEvent>,
    /// Of the events that were asked for them.
    objects: Vec<OnceLock<Objects>>,
    batch: Batch,
}

/// Objects as C sees them, and what they point into.
struct Objects {
    seen: Vec<AriObject>,
    _own: Vec<EventObject>,
}

// SAFETY: what the slices point to does not change as long as they are there.
unsafe impl Send for Objects {}
// SAFETY: the same.
unsafe impl Sync for Objects {}

impl Objects {
    fn of(own: Vec<EventObject>) -> Objects {
        let seen = own.iter().map(|object| AriObject {
            field: AriSlice::of(object.field.as_bytes()),
            object_class: AriSlice::of(object.class.as_bytes()),
            id: AriSlice::of(object.id.as_bytes()),
        });
        // Moving the list does not move what it holds.
        Objects { seen: seen.collect(), _own: own }
    }
}

pub fn hand_over(batch: Batch) -> *mut AriBatch {
    let events = batch.events.iter().map(|event| AriEvent {
        sequence: event.sequence,
        name: AriSlice::of(event.name().as_bytes()),
        text: AriSlice::of(event.text().as_bytes()),
        // A subscription's id is its number and nothing else (`repr(transparent)`).
        subscriptions: event.handlers.as_ptr().cast(),
        subscription_count: event.handlers.len(),
        known: event.is_known(),
    });
    let events: Vec<_> = events.collect();
    let objects = events.iter().map(|_| OnceLock::new()).collect();
    let head = AriBatch { generation: batch.generation, events: events.as_ptr(), event_count: events.len() };
    // Moving the lists does not move what they hold.
    Box::into_raw(Box::new(Whole { head, events, objects, batch })).cast()
}

/// The domain objects in the event of this place in the batch; they are looked for when they are first asked for. `*count` is
/// their number. They belong to the batch.
///
/// # Safety
/// `batch` was given out by `ari_stream_next` and has not been freed; `count` is NULL or holds a number.
#[no_mangle]
pub unsafe extern "C" fn ari_batch_objects(
    batch: *const AriBatch,
    event: usize,
    count: *mut usize,
) -> *const AriObject {
    let objects: &[AriObject] = guard(std::ptr::null_mut(), &[], || {
        let whole = handle(batch.cast::<Whole>(), "batch")?;
        let (Some(place), Some(event)) = (whole.objects.get(event), whole.batch.events.get(event)) else {
            return Err(Error::argument("the batch has no such event"));
        };
        Ok(&place.get_or_init(|| Objects::of(event.objects().to_vec())).seen)
    });
    if let Some(count) = count.as_mut() {
        *count = objects.len();
    }
    objects.as_ptr()
}

/// Gives a batch back, and with it everything its events point to. NULL is allowed.
///
/// # Safety
/// `batch` was given out by `ari_stream_next` and has not been freed.
#[no_mangle]
pub unsafe extern "C" fn ari_batch_free(batch: *mut AriBatch) {
    if !batch.is_null() {
        let whole = Box::from_raw(batch.cast::<Whole>());
        // Named only to say who holds what the others point into.
        let Whole { head: _, events, objects, batch } = *whole;
        drop((events, objects, batch));
    }
}
