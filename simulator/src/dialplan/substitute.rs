//! `${...}` and `$[...]` in the data of a line.

use super::{expression, functions, Position, Variables};

/// What Asterisk has room for in the data of a line.
const LONGEST: usize = 8191;
/// How deep brackets may stand in each other, and how often `EVAL` may come upon itself.
const DEEPEST: usize = 64;

pub fn substitute(text: &str, at: &Position, variables: &mut dyn Variables) -> String {
    Scope { at, variables, depth: 0 }.substitute(text)
}

pub fn evaluate(name: &str, at: &Position, variables: &mut dyn Variables) -> Option<String> {
    Scope { at, variables, depth: 0 }.evaluate(name)
}

/// Where names mean something: a channel at a line.
pub struct Scope<'a> {
    at: &'a Position,
    pub variables: &'a mut dyn Variables,
    depth: usize,
}

impl Scope<'_> {
    pub fn substitute(&mut self, text: &str) -> String {
        if self.depth >= DEEPEST {
            return String::new();
        }
        self.depth += 1;
        let mut filled = String::new();
        let mut rest = text;
        while let Some(start) = rest.find('$') {
            filled.push_str(&rest[..start]);
            let after = &rest[start + 1..];
            let (open, close) = match after.bytes().next() {
                Some(b'{') => (b'{', b'}'),
                Some(b'[') => (b'[', b']'),
                _ => {
                    filled.push('$');
                    rest = after;
                    continue;
                }
            };
            let (inside, outside) = bracketed(&after[1..], open, close);
            rest = outside;
            let inside =
                if inside.contains("${") || inside.contains("$[") { self.substitute(inside) } else { inside.into() };
            let value = if open == b'{' { self.variable(&inside) } else { self.expression(&inside) };
            filled.push_str(&value);
            if filled.len() > LONGEST {
                break;
            }
        }
        if filled.len() <= LONGEST {
            filled.push_str(rest);
        }
        if let Some((end, _)) = filled.char_indices().find(|(index, character)| index + character.len_utf8() > LONGEST)
        {
            filled.truncate(end);
        }
        self.depth -= 1;
        filled
    }

    /// The value of a variable or a function.
    pub fn evaluate(&mut self, name: &str) -> Option<String> {
        match name.split_once('(') {
            Some((function, arguments)) => {
                self.function(function.trim(), arguments.rsplit_once(')').map_or(arguments, |(inside, _)| inside))
            }
            None => self.get(name),
        }
    }

    pub fn get(&self, name: &str) -> Option<String> {
        match name {
            "EXTEN" => Some(self.at.exten.clone()),
            "CONTEXT" => Some(self.at.context.clone()),
            "PRIORITY" => Some(self.at.priority.to_string()),
            _ => self.variables.get(name),
        }
    }

    fn function(&mut self, name: &str, arguments: &str) -> Option<String> {
        self.variables.function(name, arguments).or_else(|| functions::read(self, name, arguments))
    }

    /// `NAME`, `NAME:offset` or `NAME:offset:length`.
    fn variable(&mut self, text: &str) -> String {
        let mut parentheses = 0;
        let colon = text.bytes().position(|byte| {
            parentheses += i32::from(byte == b'(') - i32::from(byte == b')');
            byte == b':' && parentheses == 0
        });
        let (name, part) = colon.map_or((text, None), |colon| (&text[..colon], Some(&text[colon + 1..])));
        let value = self.evaluate(name).unwrap_or_default();
        match part {
            Some(part) => substring(&value, part),
            None => value,
        }
    }

    fn expression(&mut self, text: &str) -> String {
        expression::evaluate(text, &mut |function, arguments| self.function(function, arguments))
    }
}

/// What stands before the bracket that closes, and after it. One that is never closed reaches to the end.
fn bracketed(text: &str, open: u8, close: u8) -> (&str, &str) {
    let mut depth = 1;
    for (index, byte) in text.bytes().enumerate() {
        if byte == open {
            depth += 1;
        } else if byte == close {
            depth -= 1;
            if depth == 0 {
                return (&text[..index], &text[index + 1..]);
            }
        }
    }
    (text, "")
}

fn substring(value: &str, part: &str) -> String {
    let (offset, rest) = integer(part);
    let Some(offset) = offset else { return value.into() };
    let length = rest.strip_prefix(':').and_then(|rest| integer(rest).0);
    let bytes = value.len() as i64;
    let start = if offset < 0 { (bytes + offset).max(0) } else { offset.min(bytes) };
    let end = match length {
        None => bytes,
        Some(length) if length < 0 => bytes + length,
        Some(length) => (start + length).min(bytes),
    };
    let taken = value.as_bytes().get(start as usize..end.max(start) as usize).unwrap_or_default();
    String::from_utf8_lossy(taken).into_owned()
}

/// An integer as C reads one, and what follows it.
fn integer(text: &str) -> (Option<i64>, &str) {
    let text = text.trim_start();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let end = digits.find(|character: char| !character.is_ascii_digit()).unwrap_or(digits.len());
    let end = text.len() - digits.len() + end;
    // No number of a dialplan is longer than this, and none may make the sums above overflow.
    let number = text[..end].strip_prefix('+').unwrap_or(&text[..end]).parse::<i32>();
    (number.ok().map(i64::from), &text[end..])
}

/// The arguments of an application or a function: commas in parentheses, in brackets, in double quotes or after a
/// backslash separate nothing; the quotes go, and the backslashes with them.
pub fn split(text: &str, separator: char) -> Vec<String> {
    split_at_most(text, separator, usize::MAX)
}

/// The same, the last part being all the rest.
pub fn split_at_most(text: &str, separator: char, most: usize) -> Vec<String> {
    if text.is_empty() {
        return Vec::new();
    }
    let mut parts = Vec::new();
    let mut part = String::new();
    let (mut parentheses, mut brackets, mut quoted) = (0i32, 0i32, false);
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '(' => parentheses += 1,
            ')' if parentheses > 0 => parentheses -= 1,
            '[' => brackets += 1,
            ']' if brackets > 0 => brackets -= 1,
            _ => {}
        }
        match character {
            '"' => quoted = !quoted,
            '\\' => part.extend(characters.next()),
            _ if character != separator || parentheses > 0 || brackets > 0 || quoted || parts.len() + 1 >= most => {
                part.push(character);
            }
            _ => parts.push(std::mem::take(&mut part)),
        }
    }
    parts.push(part);
    parts
}
