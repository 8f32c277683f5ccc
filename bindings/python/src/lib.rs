//! Native half of the Python module `ari`: the core behind a handful of classes, and nothing of what Python programs
//! see. Events go out as objects whose JSON nobody has read yet.

mod arguments;
mod client;
mod event;
mod json;
mod mailbox;
mod outcome;
mod simulator;
mod stream;
mod tasks;
mod wait;

#[pyo3::pymodule]
mod _native {
    #[pymodule_export]
    use super::client::Client;
    #[pymodule_export]
    use super::event::{load, objects_in, Surface};
    #[pymodule_export]
    use super::mailbox::Mailbox;
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
