//! An Asterisk REST Interface to test against: calls, bridges, media and events, without an Asterisk.
//!
//! [`Simulator::start`] starts one in this process, the program `ari-simulator` one of its own. Both answer ARI on one
//! loopback port and take a test's commands as JSON over HTTP on another (`docs/simulator.md`).

mod answer;
mod client;
mod control;
pub mod dialplan;
mod documents;
mod expect;
mod faults;
mod http;
mod log;
mod options;
mod resources;
mod shared;
mod simulator;
mod sockets;
mod table;
mod world;

pub use client::Call;
pub use control::Refused;
pub use options::{OnCall, Options, Phone};
pub use simulator::Simulator;
