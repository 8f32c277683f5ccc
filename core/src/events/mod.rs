//! The event path: socket -> frame -> queue -> subscriptions -> batches for a language.

mod frame;
mod library;
mod queue;
mod restore;
mod scan;
mod socket;
pub mod spec;
mod stream;
mod subscriptions;
mod text;

pub use frame::EventObject;
pub use queue::{Batch, BatchLimit, Matched, Next};
pub use stream::{EventStream, State};
pub use subscriptions::{Handlers, Interest, ObjectKey, SubscriptionId};

pub(crate) use restore::Memory;
pub(crate) use stream::{Shared, WeakStream};
pub(crate) use subscriptions::Subscriptions;
