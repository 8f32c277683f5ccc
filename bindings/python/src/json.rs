//! JSON made into Python values, faster than Python does it: the text is known to be well-formed UTF-8, and the names of
//! fields are always the same few. What is rare is left to Python's own `json`, which then says what it makes of it.

use std::sync::Mutex;

use ari_core::json::plain_length;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString};

/// Deeper than anything Asterisk sends.
const DEPTH: usize = 64;

/// The value of a JSON text; `None` when it takes Python's own reader to tell.
pub fn parse<'py>(py: Python<'py>, text: &str) -> Option<Bound<'py, PyAny>> {
    with_reader(py, text, |reader| reader.value(DEPTH))
}

/// Puts the fields of a JSON object into a dict; the same `None`, with the dict filled in part.
pub fn fill(dict: &Bound<'_, PyDict>, text: &str) -> Option<()> {
    with_reader(dict.py(), text, |reader| match reader.next()? {
        b'{' => reader.members(dict, DEPTH),
        _ => None,
    })
}

fn with_reader<'py, T>(py: Python<'py>, text: &str, read: impl FnOnce(&mut Reader<'py, '_>) -> Option<T>) -> Option<T> {
    let mut spare = Vec::new();
    // Making Python values can start a garbage collection, and that any code at all, which may come here again.
    let mut shared = TEXTS.try_lock().ok();
    let texts = shared.as_deref_mut().unwrap_or(&mut spare);
    if texts.is_empty() {
        texts.resize_with(SLOTS, || None);
    }
    let mut reader = Reader { py, text, at: 0, texts };
    let value = read(&mut reader)?;
    reader.skip_space();
    (reader.at == text.len()).then_some(value)
}

/// Short texts as Python has them, each in the one place that its hash gives it: names of fields, and values that come again
/// and again. They are held for good.
static TEXTS: Mutex<Vec<Option<Known>>> = Mutex::new(Vec::new());

const SLOTS: usize = 512;
const LONGEST_NAME: usize = 15;
const LONGEST_VALUE: usize = 8;

struct Known {
    key: u128,
    value: Py<PyString>,
}

/// A text of up to 15 bytes and its length, as one number.
fn key(bytes: &[u8], start: usize, length: usize) -> u128 {
    let word = match bytes.get(start..start + 16).and_then(|bytes| bytes.try_into().ok()) {
        Some(sixteen) => u128::from_le_bytes(sixteen) & ((1 << (8 * length)) - 1),
        None => bytes[start..start + length].iter().rev().fold(0, |word, byte| word << 8 | u128::from(*byte)),
    };
    word | (length as u128) << 120
}

fn slot(key: u128) -> usize {
    let mixed = (key as u64 ^ ((key >> 64) as u64).rotate_left(29)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 48) as usize % SLOTS
}

struct Reader<'py, 'a> {
    py: Python<'py>,
    text: &'a str,
    at: usize,
    texts: &'a mut [Option<Known>],
}

impl<'py, 'a> Reader<'py, 'a> {
    fn skip_space(&mut self) {
        while matches!(self.text.as_bytes().get(self.at), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    /// The next byte that is not white space.
    fn next(&mut self) -> Option<u8> {
        self.skip_space();
        let byte = *self.text.as_bytes().get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn value(&mut self, depth: usize) -> Option<Bound<'py, PyAny>> {
        match self.next()? {
            b'"' => Some(self.string(LONGEST_VALUE)?.into_any()),
            b'{' => {
                let dict = PyDict::new(self.py);
                self.members(&dict, depth.checked_sub(1)?)?;
                Some(dict.into_any())
            }
            b'[' => self.items(depth.checked_sub(1)?),
            b't' => self.word("rue").then(|| PyBool::new(self.py, true).to_owned().into_any()),
            b'f' => self.word("alse").then(|| PyBool::new(self.py, false).to_owned().into_any()),
            b'n' => self.word("ull").then(|| self.py.None().into_bound(self.py)),
            b'-' | b'0'..=b'9' => self.number(),
            _ => None,
        }
    }

    fn word(&mut self, rest: &str) -> bool {
        let found = self.text.as_bytes()[self.at..].starts_with(rest.as_bytes());
        self.at += rest.len();
        found
    }

    fn members(&mut self, dict: &Bound<'py, PyDict>, depth: usize) -> Option<()> {
        let mut next = self.next()?;
        if next == b'}' {
            return Some(());
        }
        loop {
            if next != b'"' {
                return None;
            }
            let name = self.string(LONGEST_NAME)?;
            if self.next()? != b':' {
                return None;
            }
            let value = self.value(depth)?;
            dict.set_item(name, value).ok()?;
            match self.next()? {
                b',' => next = self.next()?,
                b'}' => return Some(()),
                _ => return None,
            }
        }
    }

    fn items(&mut self, depth: usize) -> Option<Bound<'py, PyAny>> {
        let list = PyList::empty(self.py);
        if self.next()? == b']' {
            return Some(list.into_any());
        }
        self.at -= 1;
        loop {
            list.append(self.value(depth)?).ok()?;
            match self.next()? {
                b',' => {}
                b']' => return Some(list.into_any()),
                _ => return None,
            }
        }
    }

    /// The span of a text up to its closing quote, and whether something in it is escaped.
    fn span(&mut self) -> Option<(&'a str, bool)> {
        let start = self.at;
        let mut escaped = false;
        loop {
            let bytes = self.text.as_bytes();
            self.at += plain_length(bytes.get(self.at..)?);
            match bytes.get(self.at)? {
                b'"' => break,
                b'\\' => {
                    escaped = true;
                    self.at += 2;
                }
                _ => return None,
            }
        }
        self.at += 1;
        Some((&self.text[start..self.at - 1], escaped))
    }

    /// A text, of which short ones may well have come before.
    fn string(&mut self, short: usize) -> Option<Bound<'py, PyString>> {
        let start = self.at;
        let (text, escaped) = self.span()?;
        if escaped {
            return Some(PyString::new(self.py, &unescape(text)?));
        }
        if text.len() > short {
            return Some(PyString::new(self.py, text));
        }
        let key = key(self.text.as_bytes(), start, text.len());
        let slot = &mut self.texts[slot(key)];
        match slot {
            Some(known) if known.key == key => Some(known.value.bind(self.py).clone()),
            _ => {
                let value = PyString::new(self.py, text);
                *slot = Some(Known { key, value: value.clone().unbind() });
                Some(value)
            }
        }
    }

    fn number(&mut self) -> Option<Bound<'py, PyAny>> {
        let start = self.at - 1;
        let rest = &self.text.as_bytes()[start..];
        let length =
            rest.iter().take_while(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')).count();
        let text = &self.text[start..start + length];
        self.at = start + length;
        let digits = text.strip_prefix('-').unwrap_or(text);
        if digits.bytes().all(|byte| byte.is_ascii_digit()) {
            let number: i64 = text.parse().ok()?;
            // `-0` is 0, but `01` is no JSON.
            let plain = digits.len() == 1 || !digits.starts_with('0');
            return plain.then(|| number.into_pyobject(self.py).map(Bound::<PyInt>::into_any).ok()).flatten();
        }
        // What Rust takes for a number and JSON does not; a number too large is for Python to tell.
        let odd = !digits.starts_with(|first: char| first.is_ascii_digit())
            || (digits.starts_with('0') && !digits.starts_with("0.") && !digits[1..].starts_with(['e', 'E']))
            || digits.split_once('.').is_some_and(|(_, after)| !after.starts_with(|next: char| next.is_ascii_digit()));
        let number: f64 = text.parse().ok()?;
        (!odd && number.is_finite()).then(|| PyFloat::new(self.py, number).into_any())
    }
}

/// Half of a surrogate pair can be a text in Python, but not here.
fn unescape(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(place) = rest.find('\\') {
        out.push_str(&rest[..place]);
        let escape = *rest.as_bytes().get(place + 1)?;
        let mut taken = place + 2;
        out.push(match escape {
            b'"' | b'\\' | b'/' => escape as char,
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let unit = unit(rest, taken)?;
                taken += 4;
                if (0xD800..0xDC00).contains(&unit) && rest[taken..].starts_with("\\u") {
                    let low = self::unit(rest, taken + 2)?;
                    taken += 6;
                    char::decode_utf16([unit, low]).next()?.ok()?
                } else {
                    char::from_u32(u32::from(unit))?
                }
            }
            _ => return None,
        });
        rest = &rest[taken..];
    }
    out.push_str(rest);
    Some(out)
}

fn unit(text: &str, at: usize) -> Option<u16> {
    let digits = text.get(at..at + 4)?;
    digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok()).flatten()
}

/// Which of these fields of a JSON object hold an object, without making anything of it; `None` when the text has to be
/// read to tell.
pub fn objects_in<'a>(text: &str, fields: &[&'a str]) -> Option<Vec<&'a str>> {
    let bytes = text.as_bytes();
    let mut found: Vec<(&str, bool)> = Vec::with_capacity(fields.len());
    let (mut at, mut depth) = (0, 0);
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            b'"' => {
                let start = at;
                loop {
                    at += plain_length(bytes.get(at..)?);
                    match *bytes.get(at)? {
                        b'"' => break,
                        _ => at += 2,
                    }
                }
                let name = &bytes[start..at];
                at += 1;
                if depth != 1 {
                    continue;
                }
                let after =
                    |from: usize| Some(from + bytes[from..].iter().position(|byte| !byte.is_ascii_whitespace())?);
                let colon = after(at)?;
                if bytes[colon] != b':' {
                    continue;
                }
                if name.contains(&b'\\') {
                    return None;
                }
                if let Some(field) = fields.iter().find(|field| field.as_bytes() == name) {
                    // The last one counts.
                    found.retain(|(known, _)| known != field);
                    found.push((field, bytes[after(colon + 1)?] == b'{'));
                }
            }
            _ => {}
        }
    }
    Some(found.into_iter().filter(|(_, object)| *object).map(|(field, _)| field).collect())
}
