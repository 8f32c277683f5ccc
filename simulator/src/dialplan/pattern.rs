//! Extensions and the patterns that stand for many of them.

use std::cmp::Ordering;

/// How much of a dialled number a pattern takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    Not,
    /// The number, and nothing longer.
    Exact,
    /// Not the number, but what more digits would make of it.
    Longer,
    /// The number, and longer ones, too.
    ExactAndLonger,
}

pub fn matches(name: &str, exten: &str) -> bool {
    matches!(fit(name, exten), Fit::Exact | Fit::ExactAndLonger)
}

/// How an extension of the dialplan (a name, or a pattern with its underscore) fits to what was dialled.
pub fn fit(name: &str, exten: &str) -> Fit {
    // Hyphens are there for the eye, everywhere.
    let mut dialled = exten.bytes().filter(|byte| *byte != b'-').peekable();
    let Some(pattern) = name.strip_prefix('_') else {
        let mut name = name.bytes().filter(|byte| *byte != b'-');
        return loop {
            match (name.next(), dialled.next()) {
                (None, None) => break Fit::Exact,
                (Some(_), None) => break Fit::Longer,
                (wanted, got) if wanted == got => {}
                _ => break Fit::Not,
            }
        };
    };
    for position in positions(pattern) {
        match position {
            Position::Rest => {
                return if dialled.peek().is_none() { Fit::Longer } else { Fit::ExactAndLonger };
            }
            Position::RestOrNothing => return Fit::ExactAndLonger,
            Position::OneOf(bytes) => match dialled.next() {
                None => return Fit::Longer,
                Some(byte) if bytes.contains(&byte) => {}
                Some(_) => return Fit::Not,
            },
        }
    }
    if dialled.peek().is_none() {
        Fit::Exact
    } else {
        Fit::Not
    }
}

/// The order in which Asterisk tries extensions: names before patterns, then position by position, the narrower first.
pub fn preference(left: &str, right: &str) -> Ordering {
    match (left.strip_prefix('_'), right.strip_prefix('_')) {
        (None, None) => left.cmp(right),
        (None, Some(_)) => Ordering::Less,
        (Some(_), None) => Ordering::Greater,
        (Some(left), Some(right)) => {
            let (left, right) = (positions(left), positions(right));
            let differ = left.iter().zip(&right).map(|(left, right)| left.weight().cmp(&right.weight()));
            // A pattern that goes on stands before one that has ended.
            differ.into_iter().find(|order| order.is_ne()).unwrap_or_else(|| right.len().cmp(&left.len()))
        }
    }
}

/// Says what is wrong with a pattern.
pub fn check(name: &str) -> Result<(), String> {
    match name.strip_prefix('_') {
        Some(pattern) if pattern.matches('[').count() > pattern.matches(']').count() => {
            Err(format!("the pattern {name} has a [ without its ]"))
        }
        _ => Ok(()),
    }
}

#[derive(Debug)]
enum Position {
    OneOf(Vec<u8>),
    Rest,
    RestOrNothing,
}

impl Position {
    fn weight(&self) -> (usize, Vec<u8>) {
        match self {
            Position::OneOf(bytes) => (bytes.len(), bytes.clone()),
            Position::Rest => (0x180, Vec::new()),
            Position::RestOrNothing => (0x280, Vec::new()),
        }
    }
}

fn positions(pattern: &str) -> Vec<Position> {
    let mut found = Vec::new();
    let mut rest = pattern.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        found.push(match byte {
            b'-' => continue,
            b'X' | b'x' => Position::OneOf((b'0'..=b'9').collect()),
            b'Z' | b'z' => Position::OneOf((b'1'..=b'9').collect()),
            b'N' | b'n' => Position::OneOf((b'2'..=b'9').collect()),
            b'.' => Position::Rest,
            b'!' => Position::RestOrNothing,
            b'[' => {
                let end = rest.iter().position(|byte| *byte == b']').unwrap_or(rest.len());
                let set = set(&rest[..end]);
                rest = rest.get(end + 1..).unwrap_or_default();
                Position::OneOf(set)
            }
            other => Position::OneOf(vec![other]),
        });
    }
    found
}

/// The members of `2-46`, in order, each once.
fn set(text: &[u8]) -> Vec<u8> {
    let mut members = Vec::new();
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        match after {
            [b'-', last, after @ ..] => {
                members.extend(first..=*last);
                rest = after;
            }
            _ => {
                members.push(first);
                rest = after;
            }
        }
    }
    members.sort_unstable();
    members.dedup();
    members
}
