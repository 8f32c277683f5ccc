//! A simulated Asterisk in this process, for tests of programs; lib/testing.js is what they use.

use ari_simulator::Options;
use napi_derive::napi;

/// A simulator that runs until it is closed. What it is told and asked goes over HTTP.
#[napi]
pub struct Simulator {
    running: Option<ari_simulator::Simulator>,
    /// Where it is, as JSON: `url`, `control_url`, `username`, `password`.
    facts: String,
}

#[napi]
impl Simulator {
    /// Starts one; `options` are JSON.
    #[napi(constructor)]
    pub fn new(options: String) -> napi::Result<Simulator> {
        let start = || ari_simulator::Simulator::start(Options::from_json(&options)?);
        let simulator = start().map_err(napi::Error::from_reason)?;
        let facts = simulator.facts().to_string();
        Ok(Simulator { running: Some(simulator), facts })
    }

    #[napi(getter)]
    pub fn facts(&self) -> String {
        self.facts.clone()
    }

    /// Ends it, with all of its connections.
    #[napi]
    pub fn close(&mut self) {
        self.running = None;
    }
}
