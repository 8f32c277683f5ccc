//! A simulated Asterisk in this process, for tests of programs.

use ari_core::Error;
use ari_simulator::{Options, Simulator};

use crate::bytes::{AriBytes, AriSlice};
use crate::guard::{free, guard, handle, place};

/// A simulated Asterisk. It runs until it is freed.
pub struct AriSimulator {
    inner: Simulator,
    process: u32,
}

/// Starts a simulated Asterisk in this process: ARI on one loopback port, and on another one the interface by which a test tells
/// it what to do (docs/simulator.md).
///
/// `options` is a JSON object, such as `{"speed": 10}`, or nothing. Returns NULL and says why in `error` if an option is wrong or there is
/// no port. `ari_simulator_free` ends it.
///
/// # Safety
/// `options` are readable bytes; `error` is NULL or a place for bytes.
#[no_mangle]
pub unsafe extern "C" fn ari_simulator_start(options: AriSlice, error: *mut AriBytes) -> *mut AriSimulator {
    guard(error, std::ptr::null_mut(), || {
        let inner = start(options.given("options")?).map_err(Error::argument)?;
        Ok(Box::into_raw(Box::new(AriSimulator { inner, process: std::process::id() })))
    })
}

fn start(options: Option<&str>) -> std::result::Result<Simulator, String> {
    Simulator::start(Options::from_json(options.unwrap_or("{}"))?)
}

/// Where the simulated Asterisk is: a JSON object with `url`, `control_url`, `username` and `password`.
///
/// # Safety
/// `simulator` is NULL or has not been freed; `facts` and `error` are NULL or places for bytes.
#[no_mangle]
pub unsafe extern "C" fn ari_simulator_facts(
    simulator: *const AriSimulator,
    facts: *mut AriBytes,
    error: *mut AriBytes,
) -> bool {
    guard(error, false, || {
        let place = place(facts, "facts")?;
        let simulator = handle(simulator, "simulator")?;
        place.write(AriBytes::from(simulator.inner.facts().to_string().into_bytes()));
        Ok(true)
    })
}

/// Ends a simulated Asterisk with all of its connections, and waits until it has. NULL is allowed.
///
/// # Safety
/// `simulator` is NULL, or has not been freed and no other thread is using it.
#[no_mangle]
pub unsafe extern "C" fn ari_simulator_free(simulator: *mut AriSimulator) {
    free(simulator, |simulator| simulator.process);
}
