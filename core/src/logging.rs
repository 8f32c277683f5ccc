//! Logs of the core for programs that have no tracing subscriber of their own, which is every language but Rust.

use tracing_subscriber::EnvFilter;

/// Writes the core's logs to stderr when the environment variable `ARI_LOG` says so (`warn`, `debug`,
/// `ari_core=trace`, ...). Bindings call it once; without the variable nothing is written.
pub fn from_environment() {
    if let Ok(filter) = EnvFilter::try_from_env("ARI_LOG") {
        let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
    }
}
