//! Logs of the core for programs that have no tracing subscriber of their own, which is every language but Rust.

use std::sync::Once;

use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// Writes the core's logs to stderr when the environment variable `ARI_LOG` says so (`warn`, `debug`,
/// `ari_core=trace`, ...). Bindings call it at their start; without the variable nothing is written.
///
/// Only the core's own: the libraries below it trace whole requests, credentials included.
pub fn from_environment() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if let Ok(filter) = EnvFilter::try_from_env("ARI_LOG") {
            let ours = filter_fn(|metadata| metadata.target().starts_with("ari_core"));
            let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_filter(ours);
            let _ = tracing_subscriber::registry().with(filter).with(lines).try_init();
        }
    });
}
