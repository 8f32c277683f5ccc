//! A world of nothing but variables, and whole dialplans run in it.

mod lines;
mod real;
mod texts;

use std::collections::BTreeMap;

use super::{Action, Dialplan, Position, Return, Step, Variables};

#[derive(Default)]
struct World {
    /// The newest value last.
    variables: BTreeMap<String, Vec<String>>,
    functions: BTreeMap<String, String>,
    returns: Vec<Return>,
    /// What a client would have seen: lines and variables.
    seen: Vec<String>,
}

impl World {
    fn with(variables: &[(&str, &str)]) -> World {
        let variables = variables.iter().map(|(name, value)| (name.to_string(), vec![value.to_string()])).collect();
        World { variables, ..World::default() }
    }

    /// Runs a channel until it ends, up to a number of lines; the actions it came upon.
    fn run(&mut self, plan: &Dialplan, context: &str, exten: &str, most: usize) -> Vec<Action> {
        let mut at = Position::new(context, exten, 1);
        let mut actions = Vec::new();
        for _ in 0..most {
            let Some(line) = plan.line(&at, self) else {
                if plan.invalid(&mut at, self) {
                    continue;
                }
                self.seen.push("end".into());
                return actions;
            };
            self.seen.push(format!("{},{} {}({})", at.exten, at.priority, line.application, line.data));
            match plan.run(&line, &mut at, self) {
                Step::Next => {}
                Step::Act(_, action) => {
                    actions.push(action);
                    at.advance();
                }
                Step::Failed(message) => {
                    self.seen.push(format!("failed: {message}"));
                    return actions;
                }
            }
        }
        panic!("still running after {most} lines: {:?}", self.seen);
    }
}

impl Variables for World {
    fn get(&self, name: &str) -> Option<String> {
        self.variables.get(name)?.last().cloned()
    }

    fn set(&mut self, name: &str, value: &str) {
        self.seen.push(format!("  {name}={value}"));
        let values = self.variables.entry(name.trim_start_matches('_').into()).or_default();
        values.pop();
        values.push(value.into());
    }

    fn cover(&mut self, name: &str, value: &str) {
        self.seen.push(format!("  LOCAL({name})={value}"));
        self.variables.entry(name.into()).or_default().push(value.into());
    }

    fn uncover(&mut self, name: &str) {
        self.seen.push(format!("  {name}="));
        if let Some(values) = self.variables.get_mut(name) {
            values.pop();
        }
    }

    fn returns(&mut self) -> &mut Vec<Return> {
        &mut self.returns
    }

    fn function(&self, name: &str, arguments: &str) -> Option<String> {
        self.functions.get(&format!("{name}({arguments})")).cloned()
    }

    fn set_function(&mut self, name: &str, arguments: &str, value: &str) -> bool {
        let ours = name == "CALLERID";
        if ours {
            self.functions.insert(format!("{name}({arguments})"), value.into());
        }
        ours
    }
}
