//! The Asterisk REST Interface (ARI) for Rust, and the core of the clients in other languages.
//!
//! ```no_run
//! # async fn example() -> ari_core::Result<()> {
//! use ari_core::{Client, Event, Options};
//!
//! let client = Client::connect(Options::new("http://localhost:8088", "hey", "peekaboo")?).await?;
//! let mut events = client.event_stream(["hello"]).await?;
//! client.channels().originate("Local/1000@default").app("hello").await?;
//! while let Some(event) = events.next().await {
//!     if let Event::StasisStart(start) = event? {
//!         println!("a call of {}", start.channel.name);
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! The typed surface (resources, objects, models, events) is generated from Asterisk's Swagger documents; everything
//! that is the same in every language (argument checks, encoding, errors, the event path, reconnecting) is written here.

// Generated code says `ari_core::`, here as in a crate of its own.
extern crate self as ari_core;

mod client;
mod dispatch;
mod encoding;
mod error;
pub mod events;
pub mod generated;
pub mod json;
pub mod logging;
pub mod model;
pub mod operation;
pub mod options;
pub mod runtime;
mod tls;
pub mod transport;
pub mod typed;
mod version;

pub use client::{Client, Reply, StartOptions, Unread};
pub use error::{Delivery, Error, ErrorKind, Result};
pub use events::{
    Batch, BatchLimit, EventObject, EventStream, Interest, Matched, Next, ObjectKey, State, SubscriptionId,
};
pub use generated::events::Event;
pub use generated::{models, objects};
pub use operation::Arguments;
pub use options::{Options, Reconnect, UnknownParameters};
pub use typed::Events;
