//! The Rust clients under measurement, in one program: each is linked once.

mod calls;
mod events;
mod memory;
mod shared;
mod start;

fn main() -> shared::Outcome {
    match std::env::args().nth(1).as_deref() {
        Some("events") => events::main(),
        Some("calls") => calls::main(),
        Some("start") => start::main(),
        Some("memory") => memory::main(),
        _ => Err("usage: ari-bench-rust events|calls|start|memory ...".into()),
    }
}
