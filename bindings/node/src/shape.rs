//! Shapes of frames: the structure and the names, which repeat, apart from the values, which change.

use ari_core::json::plain_length;

use crate::values::{Values, NOWHERE};

/// Numbers, texts and such that a shape has at most.
pub const MOST_LEAVES: usize = 128;

const DEPTH: usize = 16;

/// What all frames of a kind have in common, byte by byte: the pieces between the values.
pub struct Shape {
    pieces: Vec<u8>,
    /// Where each piece ends; one more than there are values.
    ends: Vec<usize>,
    /// The slot in which each value was last.
    slots: Vec<u32>,
}

/// A value in a frame.
pub struct Leaf<'a> {
    pub json: &'a [u8],
    /// The slot it is in, as far as is known.
    pub slot: Option<u32>,
}

impl Shape {
    /// The shape of an event, which is well-formed JSON, and a template of it: the event with zeros for its values. The type
    /// is part of the shape. `None` where an object literal of JavaScript would not be the same as what JSON.parse makes, and
    /// for what is not written as Asterisk does it.
    pub fn learn(text: &str, name: &str) -> Option<(Shape, String)> {
        let shape = Shape { pieces: Vec::new(), ends: Vec::new(), slots: Vec::new() };
        let mut learner = Learner { text: text.as_bytes(), at: 0, begun: 0, shape, template: Vec::new(), name };
        learner.object(DEPTH, true)?;
        if learner.at != text.len() {
            return None;
        }
        learner.end_piece();
        Some((learner.shape, String::from_utf8(learner.template).ok()?))
    }

    /// Finds the values of an event that may have this shape. `leaves` is of no use when it has not.
    pub fn find<'a>(&self, text: &'a [u8], values: &Values, leaves: &mut Vec<Leaf<'a>>) -> bool {
        leaves.clear();
        let (mut rest, mut begun) = (text, 0);
        for (index, &end) in self.ends.iter().enumerate() {
            let Some(behind) = strip(rest, &self.pieces[begun..end]) else { return false };
            rest = behind;
            begun = end;
            let Some(&slot) = self.slots.get(index) else { break };
            // Most values are what they were, which is told faster than where a new one ends. What only begins like a
            // text is none; what only begins like a number is followed by no piece.
            let (json, slot) = match strip(rest, values.json(slot)) {
                Some([b',' | b'}' | b']', ..]) => (&rest[..values.json(slot).len()], Some(slot)),
                _ => match scalar_length(rest) {
                    Some(length) => (&rest[..length], None),
                    None => return false,
                },
            };
            rest = &rest[json.len()..];
            leaves.push(Leaf { json, slot });
        }
        rest.is_empty()
    }

    /// Remembers where a value is now.
    pub fn keep(&mut self, leaf: usize, slot: u32) {
        self.slots[leaf] = slot;
    }
}

/// What follows this beginning. Pieces are short, and comparing them here costs less than a call.
fn strip<'a>(text: &'a [u8], beginning: &[u8]) -> Option<&'a [u8]> {
    let length = beginning.len();
    let head = text.get(..length)?;
    let same = if length < 8 {
        head.iter().zip(beginning).all(|(one, other)| one == other)
    } else {
        // The last eight bytes may have been compared before.
        let last = length - 8;
        (0..last).step_by(8).all(|at| word(head, at) == word(beginning, at))
            && word(head, last) == word(beginning, last)
    };
    same.then(|| &text[length..])
}

fn word(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap_or_default())
}

struct Learner<'a> {
    text: &'a [u8],
    at: usize,
    /// Where the piece began.
    begun: usize,
    shape: Shape,
    template: Vec<u8>,
    name: &'a str,
}

impl Learner<'_> {
    fn end_piece(&mut self) {
        let piece = &self.text[self.begun..self.at];
        self.shape.pieces.extend_from_slice(piece);
        self.shape.ends.push(self.shape.pieces.len());
        self.template.extend_from_slice(piece);
        self.begun = self.at;
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (*self.text.get(self.at)? == byte).then(|| self.at += 1)
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        match *self.text.get(self.at)? {
            b'{' => self.object(depth.checked_sub(1)?, false),
            b'[' => self.list(depth.checked_sub(1)?),
            _ => self.leaf(),
        }
    }

    fn leaf(&mut self) -> Option<()> {
        let length = scalar_length(&self.text[self.at..])?;
        self.end_piece();
        self.template.push(b'0');
        self.shape.slots.push(NOWHERE);
        self.at += length;
        self.begun = self.at;
        (self.shape.slots.len() <= MOST_LEAVES).then_some(())
    }

    fn object(&mut self, depth: usize, top: bool) -> Option<()> {
        self.take(b'{')?;
        let mut keys: Vec<&[u8]> = Vec::new();
        while self.text.get(self.at) != Some(&b'}') {
            if !keys.is_empty() {
                self.take(b',')?;
            }
            let text = self.text;
            let key = &text[self.at..self.at + scalar_length(&text[self.at..])?];
            if !is_plain(key) || keys.contains(&key) {
                return None;
            }
            keys.push(key);
            self.at += key.len();
            self.take(b':')?;
            if top && key == b"\"type\"" {
                let quoted = format!("\"{}\"", self.name);
                if !text[self.at..].starts_with(quoted.as_bytes()) {
                    return None;
                }
                self.at += quoted.len();
            } else {
                self.value(depth)?;
            }
        }
        self.take(b'}')
    }

    fn list(&mut self, depth: usize) -> Option<()> {
        self.take(b'[')?;
        let mut first = true;
        while self.text.get(self.at) != Some(&b']') {
            if !std::mem::take(&mut first) {
                self.take(b',')?;
            }
            self.value(depth)?;
        }
        self.take(b']')
    }
}

/// Whether a quoted name means the same in an object literal: no number, which would come first, and no prototype.
fn is_plain(key: &[u8]) -> bool {
    let [b'"', name @ .., b'"'] = key else { return false };
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b' ');
    name != b"__proto__" && name.first().is_some_and(|first| !first.is_ascii_digit()) && name.iter().all(plain)
}

/// How long the text, number or word is that stands at the beginning of well-formed JSON. `None`: something else does.
fn scalar_length(text: &[u8]) -> Option<usize> {
    match *text.first()? {
        b'"' => string_length(text),
        b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => {
            let length =
                text.iter().take_while(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'+' | b'-' | b'.' | b'E'));
            let length = length.count();
            matches!(text.get(length), Some(b',' | b'}' | b']')).then_some(length)
        }
        _ => None,
    }
}

fn string_length(text: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        at += plain_length(text.get(at..)?);
        match text.get(at)? {
            b'"' => return Some(at + 1),
            // What is escaped is no end; of longer escapes only the beginning could look like one.
            b'\\' => at += 2,
            _ => return None,
        }
    }
}
