//! The core as a C library: `libari.a`, `libari.so` and `include/ari.h`, which cbindgen makes of this crate.
//!
//! Any language that can call C can be served by it (docs/adding-a-language.md). What crosses is bytes and JSON.

#[cfg(not(unix))]
compile_error!("the C library gives a file descriptor to wait on, which only Unix has");

mod answer;
mod batch;
mod bytes;
mod client;
mod guard;
mod port;
mod simulator;
mod stream;
