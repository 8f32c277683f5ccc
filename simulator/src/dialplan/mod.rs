//! The dialplan, read from Asterisk's own `extensions.conf`, so that one file serves the real Asterisk and the simulator.
//!
//! Nothing here waits, sends or knows the time. For each line of a channel the world asks for the [`Line`] (its data with
//! variables filled in, as Asterisk shows it), publishes it, and has it [run](Dialplan::run): what only computes is done at
//! once; what takes time or is seen from outside comes back as an [`Action`] for the world to carry out.

mod action;
mod application;
mod expression;
mod functions;
mod looping;
mod math;
mod parse;
mod pattern;
mod substitute;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use action::Action;
pub use parse::ParseError;
use pattern::Fit;

/// Where a channel is: the line that it executes or is about to execute.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Position {
    pub context: String,
    pub exten: String,
    pub priority: u32,
}

/// Where a `Return` leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Return {
    to: Position,
    /// The variables that are covered until then, the newest last.
    locals: Vec<String>,
}

impl Position {
    pub fn new(context: &str, exten: &str, priority: u32) -> Self {
        Position { context: context.into(), exten: exten.into(), priority }
    }

    /// To another line.
    pub fn go(&mut self, context: &str, exten: &str, priority: u32) {
        self.context = context.into();
        self.exten = exten.into();
        self.priority = priority;
    }

    /// To the next line, when the action of this one is over.
    pub fn advance(&mut self) {
        self.priority += 1;
    }
}

/// A line as it is about to be executed: `app_name` and `app_data` of the channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub application: String,
    pub data: String,
}

/// What became of a line.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Done; the position is that of the line to come.
    Next,
    /// The world has to carry this out and then, unless the channel went elsewhere, to [advance](Position::advance). The
    /// line is the one to show meanwhile: that of the line itself, or the application inside `ExecIf`.
    Act(Line, Action),
    /// Asterisk would log this warning and hang the channel up: an application that it does not have, a `Goto` without a
    /// target, a `Return` without a `Gosub`.
    Failed(String),
}

/// The variables and functions of a channel, which are the world's.
pub trait Variables {
    /// A variable of the channel, or a global one, or one that is always there (CHANNEL, UNIQUEID, EPOCH, HANGUPCAUSE).
    /// EXTEN, CONTEXT and PRIORITY are never asked for.
    fn get(&self, name: &str) -> Option<String>;

    /// Sets a variable of the channel. The name is as written, also with `_` or `__` for those that channels inherit.
    fn set(&mut self, name: &str, value: &str);

    /// Covers a variable of the channel with a new value, until it is [uncovered](Variables::uncover): those of a `Gosub`.
    /// The ChannelVarset event names it `LOCAL(name)`.
    fn cover(&mut self, name: &str, value: &str);

    /// Removes the newest value of a variable, so that the one before it is seen again. The event says that it is empty.
    fn uncover(&mut self, name: &str);

    /// What the channel's `Gosub`s have to come back to, the innermost last; empty to begin with.
    fn returns(&mut self) -> &mut Vec<Return>;

    /// The value of a function like `CALLERID(num)`, if this is one of the world's; these go before the dialplan's own.
    fn function(&self, name: &str, arguments: &str) -> Option<String>;

    /// Writes to a function; false if it is none of the world's.
    fn set_function(&mut self, name: &str, arguments: &str, value: &str) -> bool;
}

/// All contexts of a file.
#[derive(Debug, Clone, Default)]
pub struct Dialplan {
    globals: Vec<(String, String)>,
    contexts: BTreeMap<String, Context>,
}

#[derive(Debug, Clone, Default)]
struct Context {
    /// In the order in which Asterisk prefers them.
    extensions: Vec<Extension>,
    includes: Vec<String>,
}

#[derive(Debug, Clone)]
struct Extension {
    /// A name, or a pattern with its underscore.
    name: String,
    lines: BTreeMap<u32, Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    label: Option<String>,
    application: String,
    /// Before variables are filled in.
    data: String,
}

impl Dialplan {
    /// Reads the text of an `extensions.conf`.
    pub fn parse(text: &str) -> Result<Dialplan, ParseError> {
        parse::parse(text)
    }

    /// The section `[globals]`.
    pub fn globals(&self) -> &[(String, String)] {
        &self.globals
    }

    pub fn has_context(&self, context: &str) -> bool {
        self.contexts.contains_key(context)
    }

    /// Whether there is such a line, in the context or in one it includes.
    pub fn exists(&self, context: &str, exten: &str, priority: u32) -> bool {
        self.entry(context, exten, priority).is_some()
    }

    /// Whether further digits could still make `digits` an extension of the context: `WaitExten` waits for them then.
    pub fn more_may_match(&self, context: &str, digits: &str) -> bool {
        self.each_extension(context, &mut Vec::new(), &mut |extension| {
            (pattern::fit(&extension.name, digits) >= Fit::Longer).then_some(())
        })
        .is_some()
    }

    /// The priority that a label names in an extension.
    pub fn label(&self, context: &str, exten: &str, label: &str) -> Option<u32> {
        self.each_extension(context, &mut Vec::new(), &mut |extension| {
            if !pattern::matches(&extension.name, exten) {
                return None;
            }
            extension
                .lines
                .iter()
                .find(|(_, entry)| entry.label.as_deref() == Some(label))
                .map(|(priority, _)| *priority)
        })
    }

    /// The line at a position with its variables filled in, or nothing: then the channel [may be sent to
    /// `i`](Dialplan::invalid), or is hung up.
    pub fn line(&self, at: &Position, variables: &mut dyn Variables) -> Option<Line> {
        let entry = self.entry(&at.context, &at.exten, at.priority)?;
        let data = substitute::substitute(&entry.data, at, variables);
        Some(Line { application: entry.application.clone(), data })
    }

    /// Executes a line that [`Dialplan::line`] gave for this position.
    pub fn run(&self, line: &Line, at: &mut Position, variables: &mut dyn Variables) -> Step {
        application::run(self, line, at, variables)
    }

    /// Where a channel goes that is in an extension which does not exist: to `i`, if the context has one. False: nowhere,
    /// the channel is hung up.
    pub fn invalid(&self, at: &mut Position, variables: &mut dyn Variables) -> bool {
        let lost = !self.exists(&at.context, &at.exten, 1) && self.exists(&at.context, "i", 1);
        if lost {
            variables.set("INVALID_EXTEN", &at.exten);
            at.exten = "i".into();
            at.priority = 1;
        }
        lost
    }

    /// Fills in `${...}` and `$[...]` in any text.
    pub fn substitute(text: &str, at: &Position, variables: &mut dyn Variables) -> String {
        substitute::substitute(text, at, variables)
    }

    /// What a name like `CALLERID(num)` or `LEN(abc)` stands for; a plain name is a variable.
    pub fn evaluate(name: &str, at: &Position, variables: &mut dyn Variables) -> Option<String> {
        substitute::evaluate(name, at, variables)
    }

    fn entry<'a>(&'a self, context: &'a str, exten: &str, priority: u32) -> Option<&'a Entry> {
        self.each_extension(context, &mut Vec::new(), &mut |extension| {
            pattern::matches(&extension.name, exten).then(|| extension.lines.get(&priority)).flatten()
        })
    }

    /// The first extension that has something to say: those of the context, then those of its includes in order. A line that
    /// the best pattern does not have may come from the next best one, as in Asterisk.
    fn each_extension<'a, T>(
        &'a self,
        name: &'a str,
        seen: &mut Vec<&'a str>,
        found: &mut dyn FnMut(&'a Extension) -> Option<T>,
    ) -> Option<T> {
        if seen.contains(&name) {
            return None;
        }
        seen.push(name);
        let context = self.contexts.get(name)?;
        context
            .extensions
            .iter()
            .find_map(&mut *found)
            .or_else(|| context.includes.iter().find_map(|include| self.each_extension(include, seen, found)))
    }
}
