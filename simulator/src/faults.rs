//! Faults on demand: what goes wrong with the next requests.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::answer::Answer;
use crate::expect::includes;
use crate::table::Call;

/// Something that goes wrong with requests that are like this.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The operation's id, `channels.play`; `*` for every one.
    #[serde(default = "every")]
    pub operation: String,
    /// Only calls with these arguments.
    #[serde(default)]
    pub arguments: Map<String, Value>,
    /// How often; nothing for ever.
    #[serde(default = "once")]
    pub times: Option<u64>,
    /// Seconds (real ones) before anything else happens.
    #[serde(default)]
    pub delay: f64,
    /// Answer with this status, and do nothing.
    #[serde(default)]
    pub status: Option<u16>,
    /// What that answer says; by default what Asterisk would be likely to.
    #[serde(default)]
    pub message: Option<String>,
    /// What happens to the connection instead of an answer.
    #[serde(default)]
    pub cut: Option<Cut>,
    /// With `cut`: the request is carried out, and only its answer is lost.
    #[serde(default)]
    pub performed: bool,
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cut {
    /// In good order.
    Close,
    /// By a RST.
    Reset,
    /// Not at all: nothing comes any more.
    Silence,
}

fn every() -> String {
    "*".into()
}

fn once() -> Option<u64> {
    Some(1)
}

/// Whether an operation has all of these arguments.
pub fn known_arguments(id: &str, arguments: &Map<String, Value>) -> Result<(), String> {
    let operation = ari_core::operation::find(id).map_err(|why| why.message().to_owned())?;
    let known = |name: &String| operation.parameters.iter().any(|parameter| parameter.name == name);
    match arguments.keys().find(|name| !known(name)) {
        Some(name) => Err(format!("{id} has no parameter {name:?}")),
        None => Ok(()),
    }
}

impl Fault {
    /// What cannot be meant.
    pub fn check(&self) -> Result<(), String> {
        if self.operation != "*" {
            known_arguments(&self.operation, &self.arguments)?;
        }
        if self.times == Some(0) {
            return Err("a fault happens at least once; `times` is 1 or more, or null for ever".into());
        }
        if self.performed && self.cut.is_none() {
            return Err("`performed` goes with a cut: with a status or a delay there is no question".into());
        }
        if self.status.is_some() && self.cut.is_some() {
            return Err("a fault is a status or a cut, not both".into());
        }
        if self.status.is_some_and(|status| !(200..=599).contains(&status)) {
            return Err("the status of a fault has to be between 200 and 599".into());
        }
        if self.status.is_none() && self.cut.is_none() && self.delay <= 0.0 {
            return Err("a fault needs a status, a cut or a delay".into());
        }
        Duration::try_from_secs_f64(self.delay).map_err(|_| format!("a delay cannot be {} s", self.delay))?;
        Ok(())
    }

    pub fn delay(&self) -> Duration {
        Duration::try_from_secs_f64(self.delay).unwrap_or_default()
    }

    /// The answer that it gives.
    pub fn answer(&self) -> Option<Answer> {
        let status = self.status?;
        let message = self.message.clone().unwrap_or_else(|| crate::answer::reason(status).to_owned());
        Some(match status {
            204 => Answer::nothing(),
            _ => Answer::refuse(status, message),
        })
    }

    fn fits(&self, call: &Call) -> bool {
        let operation = self.operation == "*" || self.operation == call.operation.id;
        operation && includes(&Value::Object(self.arguments.clone()), &Value::Object(call.arguments.clone())).is_ok()
    }
}

/// The faults that are set, in the order in which they were.
#[derive(Default)]
pub struct Faults(pub Vec<Fault>);

impl Faults {
    /// The fault that a call meets. It is used up, unless it goes on for ever.
    pub fn take(&mut self, call: &Call) -> Option<Fault> {
        let at = self.0.iter().position(|fault| fault.fits(call))?;
        let fault = self.0[at].clone();
        match &mut self.0[at].times {
            Some(times) if *times <= 1 => drop(self.0.remove(at)),
            Some(times) => *times -= 1,
            None => {}
        }
        Some(fault)
    }
}
