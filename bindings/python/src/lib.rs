//! Native half of the Python module `ari`: the core behind a handful of classes, and nothing of what Python programs
//! see. Text goes in and out, so that Python parses JSON at its own speed and only when somebody looks.

mod arguments;
mod client;
mod outcome;
mod simulator;
mod stream;
mod tasks;

#[pyo3::pymodule]
mod _native {
    #[pymodule_export]
    use super::client::Client;
    #[pymodule_export]
    use super::simulator::Simulator;
    #[pymodule_export]
    use super::stream::Stream;

    #[pymodule_export]
    #[allow(non_upper_case_globals)]
    const __version__: &str = env!("CARGO_PKG_VERSION");

    #[pymodule_init]
    fn init() {
        ari_core::logging::from_environment();
    }
}
