//! The quick look at a frame: what most frames are can be told without a JSON parser's generality.
//!
//! It knows frames as Asterisk writes them: an object whose first member is a `type` that the tables know, and objects whose ids
//! are plain texts. Everything else is left to the thorough reading in `frame.rs`, which also says what is wrong with a frame.

use std::borrow::Cow;

use smallvec::SmallVec;

use super::spec::{tables, KnownEvent, ObjectField};
use crate::json::plain_length;

/// The objects in a frame, by the field that holds them, with their ids.
pub(crate) type Sighted<'a> = SmallVec<[(&'static ObjectField, Cow<'a, str>); 2]>;

/// Nested deeper, a frame is left to the thorough reading.
const DEPTH: usize = 32;

/// Not as Asterisk writes it; or no JSON.
pub(crate) struct Unusual;

type Scanned<T> = Result<T, Unusual>;

/// Type of an event whose first member says it.
pub(crate) fn event_type(text: &str) -> Option<&'static KnownEvent> {
    let rest = text.strip_prefix(TYPE)?;
    // A name with an escape in it is none of the tables'.
    tables().event(&rest[..rest.as_bytes().iter().position(|byte| *byte == b'"')?])
}

/// What every event of Asterisk begins with.
const TYPE: &str = "{\"type\":\"";

/// How far a frame is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Until its objects are found. What follows them is not looked at.
    Objects,
    /// To its end: it is found to be JSON, each member with a name of its own where it matters.
    End,
}

/// The objects in a frame of this type.
pub(crate) fn objects<'a>(text: &'a str, event: &'static KnownEvent, reach: Reach) -> Scanned<Sighted<'a>> {
    let mut scanner = Scanner { text, at: TYPE.len() + event.spec.name.len() + 1 };
    let mut found = Sighted::new();
    // Fields met so far, found to hold an object or not.
    let mut met = 0;
    while scanner.another()? {
        let key = scanner.key()?;
        if key == "type" {
            return Err(Unusual);
        }
        match event.objects.iter().find(|object| object.field.field == key) {
            None => scanner.skip(DEPTH)?,
            Some(_) if found.iter().any(|(field, _)| field.field == key) => return Err(Unusual),
            Some(object) => {
                // What is not there may be told by null; anything else is for the thorough reading.
                if scanner.peek() == Some(b'{') {
                    found.push((object.field, scanner.id(object.identity)?));
                } else {
                    scanner.literal("null")?;
                }
                met += 1;
                if reach == Reach::Objects && met == event.objects.len() {
                    return Ok(found);
                }
            }
        }
    }
    match scanner.at == text.len() {
        true => Ok(found),
        false => Err(Unusual),
    }
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> Scanned<()> {
        match self.peek() {
            Some(next) if next == byte => {
                self.at += 1;
                Ok(())
            }
            _ => Err(Unusual),
        }
    }

    /// After a member of an object: whether another one follows.
    fn another(&mut self) -> Scanned<bool> {
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                Ok(true)
            }
            Some(b'}') => {
                self.at += 1;
                Ok(false)
            }
            _ => Err(Unusual),
        }
    }

    /// A name of a member, and its colon.
    fn key(&mut self) -> Scanned<&'a str> {
        let (key, plain) = self.string()?;
        // An escaped name may be any.
        if !plain {
            return Err(Unusual);
        }
        self.take(b':')?;
        Ok(key)
    }

    /// A text without its quotes, and whether it stands for itself, with nothing escaped.
    fn string(&mut self) -> Scanned<(&'a str, bool)> {
        self.take(b'"')?;
        let start = self.at;
        let mut plain = true;
        loop {
            self.at += plain_length(&self.text.as_bytes()[self.at..]);
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    plain = false;
                    self.escape()?;
                }
                _ => return Err(Unusual),
            }
        }
        let text = &self.text[start..self.at];
        self.at += 1;
        Ok((text, plain))
    }

    fn escape(&mut self) -> Scanned<()> {
        match self.text.as_bytes().get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 2;
                Ok(())
            }
            // Halves of pairs have their own rules.
            _ => Err(Unusual),
        }
    }

    fn literal(&mut self, word: &str) -> Scanned<()> {
        if !self.text[self.at..].starts_with(word) {
            return Err(Unusual);
        }
        self.at += word.len();
        Ok(())
    }

    fn digits(&mut self) -> Scanned<()> {
        let digits = self.text.as_bytes()[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += digits;
        if digits == 0 {
            Err(Unusual)
        } else {
            Ok(())
        }
    }

    fn number(&mut self) -> Scanned<()> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        // With an exponent it may be out of range, which the thorough reading decides.
        if matches!(self.peek(), Some(b'e' | b'E')) {
            Err(Unusual)
        } else {
            Ok(())
        }
    }

    /// Any value.
    fn skip(&mut self, depth: usize) -> Scanned<()> {
        match self.peek() {
            Some(b'"') => self.string().map(|_| ()),
            Some(b'{') => self.skip_object(depth),
            Some(b'[') => self.skip_list(depth),
            Some(b't') => self.literal("true"),
            Some(b'f') => self.literal("false"),
            Some(b'n') => self.literal("null"),
            _ => self.number(),
        }
    }

    fn skip_object(&mut self, depth: usize) -> Scanned<()> {
        let depth = depth.checked_sub(1).ok_or(Unusual)?;
        self.take(b'{')?;
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.string()?;
            self.take(b':')?;
            self.skip(depth)?;
            if !self.another()? {
                return Ok(());
            }
        }
    }

    fn skip_list(&mut self, depth: usize) -> Scanned<()> {
        let depth = depth.checked_sub(1).ok_or(Unusual)?;
        self.take(b'[')?;
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.skip(depth)?;
            match self.peek() {
                Some(b',') => self.at += 1,
                _ => return self.take(b']'),
            }
        }
    }

    /// An object that is to have these fields, as plain texts: together they are its id.
    fn id(&mut self, identity: &'static [super::spec::Identity]) -> Scanned<Cow<'a, str>> {
        let mut parts: SmallVec<[Option<&'a str>; 2]> = SmallVec::from_elem(None, identity.len());
        self.take(b'{')?;
        loop {
            let key = self.key()?;
            match identity.iter().position(|part| part.field == key) {
                None => self.skip(DEPTH)?,
                Some(index) => {
                    let (part, plain) = self.string()?;
                    if !plain || parts[index].replace(part).is_some() {
                        return Err(Unusual);
                    }
                }
            }
            if !self.another()? {
                break;
            }
        }
        match parts.as_slice() {
            [Some(only)] => Ok(Cow::Borrowed(only)),
            several => {
                let several: Option<SmallVec<[&str; 2]>> = several.iter().copied().collect();
                several.map(|several| Cow::Owned(several.join("/"))).ok_or(Unusual)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::frame::{read, Sighting};

    const FRAMES: [&str; 6] = [
        r#"{"type":"ChannelVarset","timestamp":"2026-11-21T21:53:14.853+0000","variable":"A","value":"","channel":{"id":"1.0","name":"Local/1@x-00;1","priority":1,"caller":{"name":"","number":""},"x":[1,-2.5,true,null,{}]},"asterisk_id":"02:5c","application":"x"}"#,
        r#"{"type":"Dial","peer":{"id":"\u00e9a","name":"\"x\\"},"caller":{"name":"n","id":"2"},"forwarded":null,"dialstatus":"RINGING"}"#,
        r#"{"type":"EndpointStateChange","endpoint":{"resource":"bob","technology":"PJSIP","channel_ids":[]}}"#,
        r#"{"type":"ChannelStateChange","channel":{"id":"1"},"channel":{"id":"2"}}"#,
        r#"{"type":"StasisStart","args":["\"channel\":{\"id\":\"no\"}",[],[[0,0.5]]],"channel":{"dialplan":{"id":"no"},"id":"yes"},"replace_channel":null}"#,
        r#"{"type":"BridgeMerged","bridge":{"channels":["a","b"],"id":"b1"},"bridge_from":{"id":"b2"},"n":-0.0,"m":100}"#,
    ];

    fn scanned(text: &str, reach: Reach) -> Option<Sighting<'_>> {
        let event = event_type(text)?;
        let objects = objects(text, event, reach).ok()?;
        Some(Sighting { name: crate::events::frame::Name::Known(event.spec), objects })
    }

    fn shown(sighting: &Sighting) -> (String, Vec<(&'static str, String)>) {
        let mut objects: Vec<_> = sighting.objects.iter().map(|(object, id)| (object.field, id.to_string())).collect();
        objects.sort_unstable();
        (sighting.name.as_str().to_string(), objects)
    }

    #[test]
    fn frames_as_asterisk_writes_them_need_no_other_look() {
        let quick: Vec<bool> = FRAMES.iter().map(|text| scanned(text, Reach::End).is_some()).collect();
        // An id with an escape in it, and a field twice.
        assert_eq!(quick, [true, false, true, false, true, true]);
    }

    /// Whatever is done to a frame, the quick look says what the thorough one says, or nothing.
    #[test]
    fn the_quick_look_is_never_wrong() {
        const BYTES: &[u8] = b"\"\\{}[]:,0-.eEtfn \x1f\x7fu1d8";
        let mut seed = 0x2545_f491_4f6c_dd1d_u64;
        let mut random = move |below: usize| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            (seed % below as u64) as usize
        };
        let (mut told, mut refused) = (0, 0);
        for round in 0..60_000 {
            let mut bytes = FRAMES[round % FRAMES.len()].as_bytes().to_vec();
            for _ in 0..random(4) {
                let at = random(bytes.len());
                match random(5) {
                    0 => drop(bytes.remove(at)),
                    1 => bytes.insert(at, BYTES[random(BYTES.len())]),
                    2 => bytes[at] = BYTES[random(BYTES.len())],
                    3 => bytes.truncate(at.max(1)),
                    _ => bytes.swap(at, at.saturating_sub(random(4))),
                }
                if bytes.is_empty() {
                    bytes.push(b'{');
                }
            }
            let Ok(text) = String::from_utf8(bytes) else { continue };
            let thorough = read(&text);
            let quick = scanned(&text, Reach::End);
            match (quick, &thorough) {
                (Some(quick), Ok(thorough)) => {
                    told += 1;
                    assert_eq!(shown(&quick), shown(thorough), "{text}");
                    // Without looking at the rest it is the same, except for a name that comes twice.
                    if let Some(early) = scanned(&text, Reach::Objects) {
                        assert_eq!(shown(&early), shown(&quick), "{text}");
                    }
                }
                (Some(_), Err(reason)) => panic!("{reason}: {text}"),
                (None, _) => refused += 1,
            };
        }
        assert!(told > 10_000 && refused > 10_000, "{told} {refused}");
    }
}
