//! The text of `extensions.conf`.

use std::collections::BTreeMap;
use std::fmt;

use super::{pattern, Context, Dialplan, Entry, Extension};

/// What is wrong with a line of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    pub line: usize,
    pub message: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for ParseError {}

pub fn parse(text: &str) -> Result<Dialplan, ParseError> {
    let mut reader = Reader::default();
    let mut comment = false;
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = without_comments(line, &mut comment);
        reader.line(line.trim()).map_err(|message| ParseError { line: index + 1, message })?;
    }
    let mut plan = reader.plan;
    for context in plan.contexts.values_mut() {
        context.extensions.sort_by(|left, right| pattern::preference(&left.name, &right.name));
    }
    Ok(plan)
}

/// A line without its comments, `\;` being a semicolon. A comment `;-- ... --;` may go over many lines.
fn without_comments(line: &str, inside: &mut bool) -> String {
    let mut kept = String::new();
    let mut rest = line;
    loop {
        if *inside {
            let Some((_, after)) = rest.split_once("--;") else { return kept };
            (rest, *inside) = (after, false);
        }
        let Some((before, after)) = rest.split_once(';') else { return kept + rest };
        if let Some(before) = before.strip_suffix('\\') {
            kept.push_str(before);
            kept.push(';');
            rest = after;
        } else {
            kept.push_str(before);
            // `;---` is a line drawn across the page.
            if !after.starts_with("--") || after.starts_with("---") {
                return kept;
            }
            (rest, *inside) = (after, true);
        }
    }
}

#[derive(Default)]
struct Reader {
    plan: Dialplan,
    section: Option<Section>,
    /// What `same` and `n` go on from.
    exten: Option<String>,
    priority: u32,
}

enum Section {
    General,
    Globals,
    Context(String),
}

impl Reader {
    fn line(&mut self, line: &str) -> Result<(), String> {
        if line.is_empty() {
            return Ok(());
        }
        if line.starts_with('#') {
            return Err(format!("the simulator reads one file: no {line}"));
        }
        if let Some(header) = line.strip_prefix('[') {
            return self.header(header);
        }
        let (key, value) = line.split_once('=').ok_or_else(|| format!("`{line}` has no = or =>"))?;
        let (key, value) = (key.trim(), value.strip_prefix('>').unwrap_or(value).trim());
        match &self.section {
            None => Err(format!("`{line}` stands before the first [context]")),
            Some(Section::General) => Ok(()),
            Some(Section::Globals) => {
                self.plan.globals.push((key.into(), value.into()));
                Ok(())
            }
            Some(Section::Context(name)) => {
                let name = name.clone();
                self.directive(&name, key, value)
            }
        }
    }

    fn header(&mut self, header: &str) -> Result<(), String> {
        let (name, rest) = header.split_once(']').ok_or_else(|| format!("`[{header}` has no ]"))?;
        match rest.trim() {
            "" | "(+)" => {}
            other => return Err(format!("the simulator knows no templates of contexts: {other}")),
        }
        self.exten = None;
        self.priority = 0;
        self.section = Some(match name.trim() {
            "general" => Section::General,
            "globals" => Section::Globals,
            name => {
                self.plan.contexts.entry(name.into()).or_default();
                Section::Context(name.into())
            }
        });
        Ok(())
    }

    fn directive(&mut self, context: &str, key: &str, value: &str) -> Result<(), String> {
        match key.to_ascii_lowercase().as_str() {
            "exten" => {
                let (exten, rest) =
                    value.split_once(',').ok_or_else(|| format!("`exten => {value}` has no priority"))?;
                // What follows a slash is the caller for whom alone the line is.
                if exten.contains('/') {
                    return Err(format!("the simulator knows no extensions for one caller alone: {exten}"));
                }
                let exten = exten.trim();
                pattern::check(exten)?;
                self.exten = Some(exten.into());
                self.extension(context, exten, rest)
            }
            "same" => match self.exten.clone() {
                Some(exten) => self.extension(context, &exten, value),
                None => Err("`same` stands before the first `exten` of the context".into()),
            },
            "include" => {
                // After a comma: the hours for which it counts. Whether it is day is not for a test to depend on.
                let name = value.split(',').next().unwrap_or_default().trim();
                self.context(context).includes.push(name.into());
                Ok(())
            }
            "ignorepat" | "autohints" => Ok(()),
            _ => Err(format!("`{key}` is nothing the simulator knows in a context")),
        }
    }

    fn extension(&mut self, context: &str, exten: &str, rest: &str) -> Result<(), String> {
        let (priority, application) =
            rest.split_once(',').ok_or_else(|| format!("extension {exten}: `{rest}` has no application"))?;
        let (priority, label) = label(priority)?;
        let Some(priority) = self.priority(priority).map_err(|message| format!("extension {exten}: {message}"))? else {
            return Ok(());
        };
        self.priority = priority;
        let (application, data) = application_and_data(application.trim());
        if application.is_empty() {
            return Err(format!("extension {exten}, priority {priority}: no application"));
        }
        let entry = Entry { label, application: application.into(), data: data.into() };
        let extensions = &mut self.context(context).extensions;
        let index = extensions.iter().position(|extension| extension.name == exten).unwrap_or_else(|| {
            extensions.push(Extension { name: exten.into(), lines: BTreeMap::new() });
            extensions.len() - 1
        });
        // The first of two lines counts, as in Asterisk.
        extensions[index].lines.entry(priority).or_insert(entry);
        Ok(())
    }

    /// Nothing for a hint, which is no line to be executed.
    fn priority(&self, text: &str) -> Result<Option<u32>, String> {
        let (text, plus) = text.split_once('+').unwrap_or((text, "0"));
        let wrong = || format!("`{text}` is no priority");
        let plus: u32 = plus.trim().parse().map_err(|_| wrong())?;
        let base = match text.trim() {
            "hint" => return Ok(None),
            "n" | "next" if self.priority == 0 => return Err("`n` needs a line before it".into()),
            "n" | "next" => self.priority + 1,
            "s" | "same" if self.priority == 0 => return Err("`s` needs a line before it".into()),
            "s" | "same" => self.priority,
            number => number.parse().ok().filter(|number| *number > 0).ok_or_else(wrong)?,
        };
        base.checked_add(plus).map(Some).ok_or_else(wrong)
    }

    fn context(&mut self, name: &str) -> &mut Context {
        self.plan.contexts.entry(name.into()).or_default()
    }
}

/// `n(label)`, `n(label)+2` and `n+2(label)` into priority and label.
fn label(text: &str) -> Result<(&str, Option<String>), String> {
    let Some((before, rest)) = text.split_once('(') else { return Ok((text.trim(), None)) };
    let (label, after) = rest.split_once(')').ok_or_else(|| format!("the label of `{text}` has no )"))?;
    match after.trim() {
        "" => Ok((before.trim(), Some(label.trim().into()))),
        _ => Err(format!("`{after}` after the label: write the plus before it")),
    }
}

/// The data reaches to the last parenthesis; what comes after that is not read.
fn application_and_data(text: &str) -> (&str, &str) {
    match text.split_once('(') {
        None => (text, ""),
        Some((application, rest)) => (application.trim_end(), rest.rsplit_once(')').map_or(rest, |(data, _)| data)),
    }
}
