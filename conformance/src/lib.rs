//! The scripted server of the conformance table: every language runs the same cases against it.
//!
//! A case is data (`test_resources/conformance`). The server plays the answers, faults and events of a case, compares
//! the requests that come with those the case expects, and gives a verdict, so that the runner of a language only has
//! to do what a case says and report what it saw. `docs/conformance.md` has the schema.

mod case;
mod compare;
mod expand;
mod http;
mod load;
mod run;
mod script;
mod server;
mod tally;
mod validate;

pub use case::{Action, Call, Case, Handler, Kind, Target, PASSWORD, USERNAME};
pub use load::{load, LoadError, Loaded};
pub use server::{Server, StartError};
pub use tally::{Tally, SURFACES};
