//! Where the simulator is not as the real Asterisk, and why: `test_resources/scenarios/differences.json`.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::run::Block;
use crate::scenario::folder;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    pub scenario: String,
    /// For people; it stands in the documentation, too.
    pub reason: String,
    /// By the number of the step.
    steps: BTreeMap<usize, Lines>,
}

/// Lines of a trace without what they are indented by.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lines {
    #[serde(default)]
    real: Vec<String>,
    #[serde(default)]
    simulator: Vec<String>,
}

pub fn all() -> Vec<Difference> {
    let file = folder().join("differences.json");
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let list: Vec<Difference> =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    list.iter().for_each(|one| assert!(!one.reason.is_empty(), "a difference of {} without a reason", one.scenario));
    list
}

impl Difference {
    /// Makes of the real trace what the simulator has to give.
    pub fn apply(&self, golden: &mut [Block]) -> Result<(), String> {
        for (step, lines) in &self.steps {
            let block = step.checked_sub(1).and_then(|index| golden.get_mut(index)).ok_or("there is no such step")?;
            let mut place = block.len();
            for (count, line) in lines.real.iter().enumerate() {
                let found = block.iter().position(|have| have.trim_start() == line);
                let found = found.ok_or_else(|| format!("the trace of step {step} has no line {line}"))?;
                block.remove(found);
                place = if count == 0 { found } else { place.min(found) };
            }
            let simulator: Block = lines.simulator.iter().map(|line| format!("  {line}")).collect();
            block.splice(place..place, simulator);
        }
        Ok(())
    }

    /// The steps at which the simulator does as Asterisk does, so that there is nothing to be said.
    pub fn idle(&self, golden: &[Block], got: &[Block]) -> Vec<usize> {
        let same = |step: &&usize| golden.get(**step - 1) == got.get(**step - 1);
        self.steps.keys().filter(same).copied().collect()
    }
}
