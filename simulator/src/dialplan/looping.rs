//! `While` and its like. Asterisk keeps its loops in variables of the channel, whose events a client sees: the number of the
//! loop under the name of its line (`default_300_4`), where it begins (`WHILE_0`), and what comes after it (`END_WHILE_0`).

use super::application::{go, next, truth};
use super::{Dialplan, Position, Step, Variables};

pub fn begin(plan: &Dialplan, condition: &str, at: &mut Position, variables: &mut dyn Variables) -> Step {
    let name = format!("{}_{}_{}", at.context, at.exten, at.priority);
    let index = match filled(variables, &name).and_then(|index| index.parse().ok()) {
        Some(index) => index,
        None => {
            let index = depth(variables);
            variables.set(&name, &index.to_string());
            index
        }
    };
    if truth(condition) {
        if filled(variables, &start_name(index)).is_none() {
            variables.set(&start_name(index), &format!("{},{},{}", at.context, at.exten, at.priority));
        }
        return next(at);
    }
    clear(variables, &start_name(index));
    variables.set(&name, "");
    leave(plan, index, at, variables)
}

pub fn end(plan: &Dialplan, at: &mut Position, variables: &mut dyn Variables) -> Step {
    let Some((index, start)) = innermost(variables) else { return next(at) };
    if filled(variables, &end_name(index)).is_none() {
        variables.set(&end_name(index), &format!("{},{},{}", at.context, at.exten, at.priority + 1));
    }
    go(plan, &start, at)
}

pub fn exit(plan: &Dialplan, at: &mut Position, variables: &mut dyn Variables) -> Step {
    let Some((index, _)) = innermost(variables) else { return next(at) };
    clear(variables, &start_name(index));
    leave(plan, index, at, variables)
}

pub fn proceed(plan: &Dialplan, at: &mut Position, variables: &mut dyn Variables) -> Step {
    match innermost(variables) {
        Some((_, start)) => go(plan, &start, at),
        None => next(at),
    }
}

/// Behind the loop's end: known, or looked for.
fn leave(plan: &Dialplan, index: u32, at: &mut Position, variables: &mut dyn Variables) -> Step {
    if let Some(end) = filled(variables, &end_name(index)) {
        variables.set(&end_name(index), "");
        return go(plan, &end, at);
    }
    let mut inside = 0;
    for priority in at.priority + 1.. {
        let Some(entry) = plan.entry(&at.context, &at.exten, priority) else { break };
        match entry.application.to_ascii_lowercase().as_str() {
            "while" => inside += 1,
            "endwhile" if inside == 0 => {
                at.priority = priority + 1;
                return Step::Next;
            }
            "endwhile" => inside -= 1,
            _ => {}
        }
    }
    // Without an end Asterisk warns and goes on.
    next(at)
}

/// How many loops are open: the number of the next one.
fn depth(variables: &dyn Variables) -> u32 {
    (0..).find(|index| filled(variables, &start_name(*index)).is_none()).unwrap_or_default()
}

fn innermost(variables: &dyn Variables) -> Option<(u32, String)> {
    let index = depth(variables).checked_sub(1)?;
    filled(variables, &start_name(index)).map(|start| (index, start))
}

fn clear(variables: &mut dyn Variables, name: &str) {
    if filled(variables, name).is_some() {
        variables.set(name, "");
    }
}

fn filled(variables: &dyn Variables, name: &str) -> Option<String> {
    variables.get(name).filter(|value| !value.is_empty())
}

fn start_name(index: u32) -> String {
    format!("WHILE_{index}")
}

fn end_name(index: u32) -> String {
    format!("END_WHILE_{index}")
}
