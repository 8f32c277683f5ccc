//! The applications that only compute: they are done at once.

use super::action::action;
use super::substitute::split;
use super::{functions, looping, Dialplan, Line, Position, Return, Step, Variables};

pub fn run(plan: &Dialplan, line: &Line, at: &mut Position, variables: &mut dyn Variables) -> Step {
    let Line { application, data } = line;
    if let Some(action) = action(application, data) {
        return Step::Act(line.clone(), action);
    }
    match application.to_ascii_lowercase().as_str() {
        "noop" | "verbose" | "log" => next(at),
        "set" => {
            if let Some((name, value)) = data.split_once('=') {
                assign(name, value, variables);
            }
            next(at)
        }
        "mset" => {
            for pair in split(data, ',') {
                if let Some((name, value)) = pair.split_once('=') {
                    assign(name, value, variables);
                }
            }
            next(at)
        }
        "goto" => go(plan, data, at),
        "gotoif" => {
            let (condition, targets) = data.split_once('?').unwrap_or((data, ""));
            let (yes, no) = targets.split_once(':').unwrap_or((targets, ""));
            match if truth(condition) { yes } else { no }.trim() {
                "" => next(at),
                target => go(plan, target, at),
            }
        }
        "execif" => exec_if(plan, data, at, variables),
        "while" => looping::begin(plan, data, at, variables),
        "endwhile" => looping::end(plan, at, variables),
        "exitwhile" => looping::exit(plan, at, variables),
        "continuewhile" => looping::proceed(plan, at, variables),
        "gosub" => gosub(plan, data, at, variables),
        "gosubif" => {
            let (condition, targets) = data.split_once('?').unwrap_or((data, ""));
            let targets = split_raw(targets, ':');
            match targets.get(usize::from(!truth(condition))).map_or("", |target| target.trim()) {
                "" => next(at),
                target => gosub(plan, target, at, variables),
            }
        }
        "return" => go_back(data, at, variables),
        "stackpop" => {
            drop_frame(variables);
            next(at)
        }
        _ => Step::Failed(format!(
            "No application '{application}' for extension ({}, {}, {})",
            at.context, at.exten, at.priority
        )),
    }
}

/// What counts as yes: anything but nothing and the number 0.
pub fn truth(condition: &str) -> bool {
    let condition = condition.trim();
    match condition.bytes().next() {
        None => false,
        // As C's `atoi` sees it: `0.5` is 0.
        Some(b'0'..=b'9' | b'-' | b'+') => {
            let digits = condition.trim_start_matches(['-', '+']);
            digits.bytes().take_while(u8::is_ascii_digit).any(|digit| digit != b'0')
        }
        Some(_) => true,
    }
}

pub fn next(at: &mut Position) -> Step {
    at.advance();
    Step::Next
}

fn assign(name: &str, value: &str, variables: &mut dyn Variables) {
    match name.strip_suffix(')').and_then(|name| name.split_once('(')) {
        Some(("LOCAL", local)) => cover(local, value, variables),
        Some((function, arguments)) => functions::write(function.trim(), arguments, value, variables),
        None => variables.set(name, value),
    }
}

/// `[[context,]exten,]priority`, where the priority may be a label, or relative: `+2`.
fn target(plan: &Dialplan, text: &str, at: &Position) -> Result<(String, String, u32), String> {
    if text.trim().is_empty() {
        return Err("Goto requires an argument ([[context,]extension,]priority)".into());
    }
    let mut parts: Vec<&str> = text.split(',').map(str::trim).collect();
    let priority = parts.pop().unwrap_or_default();
    let exten = parts.pop().filter(|exten| !exten.is_empty()).unwrap_or(&at.exten);
    let context = parts.pop().filter(|context| !context.is_empty()).unwrap_or(&at.context);
    let number = match priority.as_bytes() {
        [b'+', ..] => priority[1..].parse().ok().and_then(|by: u32| at.priority.checked_add(by)),
        [b'-', ..] => priority[1..].parse().ok().and_then(|by: u32| at.priority.checked_sub(by)),
        _ => priority.parse().ok(),
    };
    number
        .filter(|number| *number > 0)
        .or_else(|| plan.label(context, exten, priority))
        .map(|number| (context.into(), exten.into(), number))
        .ok_or_else(|| format!("Priority '{priority}' must be a number > 0, or valid label ({context}, {exten})"))
}

pub fn go(plan: &Dialplan, text: &str, at: &mut Position) -> Step {
    match target(plan, text, at) {
        Ok((context, exten, priority)) => {
            at.go(&context, &exten, priority);
            Step::Next
        }
        Err(message) => Step::Failed(message),
    }
}

fn exec_if(plan: &Dialplan, data: &str, at: &mut Position, variables: &mut dyn Variables) -> Step {
    let (condition, branches) = data.split_once('?').unwrap_or((data, ""));
    let branches = split_raw(branches, ':');
    let branch = branches.get(usize::from(!truth(condition))).map_or("", |branch| branch.trim());
    if branch.is_empty() {
        return next(at);
    }
    let (application, data) = branch.split_once('(').unwrap_or((branch, ""));
    let data = data.rsplit_once(')').map_or(data, |(data, _)| data);
    run(plan, &Line { application: application.trim().into(), data: data.into() }, at, variables)
}

/// At the separators outside of parentheses, everything else as it is.
fn split_raw(text: &str, separator: char) -> Vec<&str> {
    let mut depth = 0i32;
    text.split(|character| {
        depth += i32::from(character == '(') - i32::from(character == ')');
        character == separator && depth <= 0
    })
    .collect()
}

fn gosub(plan: &Dialplan, data: &str, at: &mut Position, variables: &mut dyn Variables) -> Step {
    let (label, arguments) = data.split_once('(').unwrap_or((data, ""));
    let arguments = split(arguments.rsplit_once(')').map_or(arguments, |(inside, _)| inside), ',');
    let (context, exten, priority) = match target(plan, label, at) {
        Ok(target) => target,
        Err(message) => return Step::Failed(message),
    };
    if !plan.exists(&context, &exten, priority) {
        return Step::Failed(format!(
            "Attempt to reach a non-existent destination for gosub: ({context}, {exten}, {priority})"
        ));
    }
    let mut back = at.clone();
    back.advance();
    let count = arguments.len();
    // Arguments of the Gosub around this one are not seen inside of it.
    let around = if variables.returns().is_empty() { 0 } else { number(variables.get("ARGC")) };
    variables.returns().push(Return { to: back, locals: Vec::new() });
    for index in 0..count.max(around) {
        cover(&format!("ARG{}", index + 1), arguments.get(index).map_or("", String::as_str), variables);
    }
    cover("ARGC", &count.to_string(), variables);
    at.go(&context, &exten, priority);
    Step::Next
}

fn number(text: Option<String>) -> usize {
    text.and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// Sets a variable of the innermost `Gosub`; outside of any there is none to be set.
fn cover(name: &str, value: &str, variables: &mut dyn Variables) {
    let Some(frame) = variables.returns().last_mut() else { return };
    if frame.locals.iter().any(|local| local == name) {
        return variables.set(name, value);
    }
    frame.locals.push(name.into());
    variables.cover(name, value);
}

fn go_back(value: &str, at: &mut Position, variables: &mut dyn Variables) -> Step {
    let Some(frame) = drop_frame(variables) else {
        return Step::Failed("Return without Gosub: stack is unallocated".into());
    };
    *at = frame.to;
    variables.set("GOSUB_RETVAL", value);
    Step::Next
}

fn drop_frame(variables: &mut dyn Variables) -> Option<Return> {
    let frame = variables.returns().pop()?;
    for name in frame.locals.iter().rev() {
        variables.uncover(name);
    }
    Some(frame)
}
