//! The native part of the npm package `asterisk-ari`: the core as seen from JavaScript.
//!
//! JSON crosses as text, since one `JSON.parse` costs less than making objects value by value. Answers and the news that
//! there are events go through one `Port` per JavaScript thread, with one wake-up for all that has come together.

mod batch;
mod client;
mod error;
mod port;
mod shape;
mod simulator;
mod stream;
mod values;

#[napi_derive::module_init]
fn begin() {
    ari_core::logging::from_environment();
}
