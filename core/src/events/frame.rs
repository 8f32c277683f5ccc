//! Reads of a frame only what dispatch needs: its type, and the ids of the objects in it.
//!
//! The rest is skipped without making anything of it; the language that wants the event parses it.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::scan::{self, Reach, Sighted};
use super::spec::{tables, EventSpec, KnownEvent, ObjectField, Tables};
use super::text::Text;

/// An event as it waits for its handlers, not looked at if it came from the server.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// Rises by arrival; assigned by the queue.
    pub sequence: u64,
    pub text: Text,
    known: Known,
}

/// What is known of a frame before it is handed over.
#[derive(Clone, Copy, Debug)]
enum Known {
    Nothing,
    /// This library made it.
    Made(&'static EventSpec),
    /// It has been read to its end, and is what Asterisk writes.
    Checked(&'static KnownEvent),
}

/// Type of an event.
#[derive(Clone, Debug)]
pub(crate) enum Name {
    Known(&'static EventSpec),
    /// Newer than the tables.
    Other(Box<str>),
}

impl Name {
    pub fn as_str(&self) -> &str {
        match self {
            Name::Known(spec) => spec.name,
            Name::Other(name) => name,
        }
    }

    fn of(text: &str) -> Name {
        match tables().event(text) {
            Some(event) => Name::Known(event.spec),
            None => Name::Other(text.into()),
        }
    }
}

/// An object that is in an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventObject {
    /// Name of the event's field that holds it.
    pub field: &'static str,
    pub class: &'static str,
    /// For an endpoint `technology/resource`.
    pub id: Box<str>,
}

/// What dispatch has to know of a frame.
#[derive(Debug)]
pub(crate) struct Sighting<'a> {
    pub name: Name,
    pub objects: Sighted<'a>,
}

impl Frame {
    /// A frame of the server.
    pub fn received(text: Text) -> Frame {
        Frame { sequence: 0, text, known: Known::Nothing }
    }

    /// A frame this library made.
    pub fn made(spec: &'static EventSpec, text: String) -> Frame {
        Frame { sequence: 0, text: text.into(), known: Known::Made(spec) }
    }

    /// The type, if this library made it.
    pub fn library(&self) -> Option<&'static EventSpec> {
        match self.known {
            Known::Made(spec) => Some(spec),
            _ => None,
        }
    }

    /// Reads it to its end now, so that this need not be done when it is handed over.
    pub fn check(&mut self) {
        let text = self.text.as_str();
        let Some(event) = scan::event_type(text) else { return };
        if scan::objects(text, event, Reach::End).is_ok() {
            self.known = Known::Checked(event);
        }
    }

    /// Puts another one in its place.
    pub fn replace(&mut self, other: Frame) {
        *self = Frame { sequence: self.sequence, ..other };
    }

    /// Looks at all of it. The objects need not be found in an event that `with_objects` is false for. The error says why it
    /// is no event.
    pub fn sight(&self, with_objects: impl Fn(&str) -> bool) -> Result<Sighting<'_>, String> {
        let text = self.text.as_str();
        let (event, reach) = match self.known {
            Known::Made(spec) => return Ok(Sighting { name: Name::Known(spec), objects: Sighted::new() }),
            Known::Checked(event) if !with_objects(event.spec.name) => {
                return Ok(Sighting { name: Name::Known(event.spec), objects: Sighted::new() });
            }
            Known::Checked(event) => (Some(event), Reach::Objects),
            Known::Nothing => (scan::event_type(text), Reach::End),
        };
        if let Some(event) = event {
            if let Ok(objects) = scan::objects(text, event, reach) {
                return Ok(Sighting { name: Name::Known(event.spec), objects });
            }
        }
        read(text)
    }

    /// What it costs while it waits: its text, and about as much as its bookkeeping takes.
    pub fn weight(&self) -> usize {
        self.text.len() + 160
    }
}

/// The thorough reading of a frame of the server, whatever is in it.
pub(crate) fn read(text: &str) -> Result<Sighting<'_>, String> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let found = reader.deserialize_map(TopLevel { tables: tables() }).map_err(|reason| reason.to_string())?;
    reader.end().map_err(|reason| reason.to_string())?;
    let Some(name) = found.name else { return Err("it has no `type` that is a text".to_string()) };
    let name = Name::of(&name);
    let mut objects = Sighted::new();
    for (field, parts) in found.candidates {
        let object: Option<&'static ObjectField> = match &name {
            Name::Known(spec) => spec.objects.iter().find(|object| object.field == field),
            Name::Other(_) => tables().usual_object(field),
        };
        let Some((object, id)) = object.and_then(|object| Some((object, parts.id_of(object.class)?))) else { continue };
        objects.push((object, id.into()));
    }
    Ok(Sighting { name, objects })
}

/// What one pass over the frame finds. `type` may come last, so every field that could hold an object is kept.
#[derive(Default)]
struct Found<'a> {
    name: Option<Cow<'a, str>>,
    candidates: Vec<(&'static str, Parts<'a>)>,
}

struct TopLevel {
    tables: &'static Tables,
}

impl<'de> Visitor<'de> for TopLevel {
    type Value = Found<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Found<'de>, M::Error> {
        let mut found = Found::default();
        while let Some(key) = map.next_key_seed(ReadText::WITH_NUMBERS)? {
            let key = key.unwrap_or_default();
            if key == "type" {
                found.name = map.next_value_seed(ReadText { numbers: false })?;
            } else if let Some(field) = self.tables.object_field(&key) {
                if let Some(parts) = map.next_value_seed(ReadParts)? {
                    found.candidates.push((field, parts));
                }
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

/// The fields of an object that can name it.
#[derive(Default)]
struct Parts<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl Parts<'_> {
    fn id_of(&self, class: &str) -> Option<String> {
        let spec = tables().object(class)?;
        let mut id = String::new();
        for (index, identity) in spec.identity.iter().enumerate() {
            let (_, value) = self.0.iter().find(|(field, _)| field == identity.field)?;
            if index > 0 {
                id.push('/');
            }
            id.push_str(value);
        }
        Some(id)
    }
}

/// Every value that is not what a visitor is after: read to its end, and nothing made of it.
macro_rules! skip_the_rest {
    ($($method:ident: $type:ty),*) => {
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("any JSON value")
        }

        $(fn $method<E>(self, _: $type) -> Result<Self::Value, E> {
            Ok(None)
        })*

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<Self::Value, S::Error> {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            Ok(None)
        }
    };
}

/// Reads the naming fields of an object; `None` for what is no object, such as null.
struct ReadParts;

impl<'de> DeserializeSeed<'de> for ReadParts {
    type Value = Option<Parts<'de>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ReadParts {
    type Value = Option<Parts<'de>>;

    skip_the_rest!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut parts = Parts::default();
        while let Some(key) = map.next_key_seed(ReadText::WITH_NUMBERS)? {
            let key = key.unwrap_or_default();
            if matches!(&*key, "id" | "name" | "technology" | "resource") {
                if let Some(value) = map.next_value_seed(ReadText::WITH_NUMBERS)? {
                    parts.0.push((key, value));
                }
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(Some(parts))
    }
}

/// Reads a text, borrowed from the frame where nothing in it is escaped, and a whole number as text if asked to; `None`
/// for anything else.
struct ReadText {
    numbers: bool,
}

impl ReadText {
    const WITH_NUMBERS: ReadText = ReadText { numbers: true };
}

impl<'de> DeserializeSeed<'de> for ReadText {
    type Value = Option<Cow<'de, str>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ReadText {
    type Value = Option<Cow<'de, str>>;

    skip_the_rest!(visit_bool: bool, visit_f64: f64);

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(text.to_string())))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(self.numbers.then(|| Cow::Owned(number.to_string())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(self.numbers.then(|| Cow::Owned(number.to_string())))
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, Vec<(String, String)>) {
        let frame = Frame::received(text.to_string().into());
        let sighting = frame.sight(|_| true).unwrap();
        let objects = sighting.objects.iter().map(|(object, id)| (object.class.to_string(), id.to_string()));
        (sighting.name.as_str().to_string(), objects.collect())
    }

    fn pair(class: &str, id: &str) -> (String, String) {
        (class.to_string(), id.to_string())
    }

    #[test]
    fn type_and_ids_are_found_in_any_order() {
        let (name, objects) = read(
            r#"{"digit":"1","channel":{"name":"Local\/1","id":"a\u00e9\"","dialplan":{"id":"no"}},"type":"ChannelDtmfReceived"}"#,
        );
        assert_eq!(name, "ChannelDtmfReceived");
        assert_eq!(objects, [pair("Channel", "a\u{e9}\"")]);
    }

    #[test]
    fn an_endpoint_is_named_by_two_fields() {
        let (_, objects) = read(
            r#"{"type":"EndpointStateChange","endpoint":{"resource":"bob","technology":"PJSIP","channel_ids":[]}}"#,
        );
        assert_eq!(objects, [pair("Endpoint", "PJSIP/bob")]);
    }

    #[test]
    fn absent_null_and_odd_objects_are_no_objects() {
        for channel in ["null", "5", "\"x\"", "[{\"id\":\"1\"}]", "{}", "{\"id\":null}", "{\"id\":{}}"] {
            let (_, objects) = read(&format!(r#"{{"type":"StasisStart","channel":{channel}}}"#));
            assert!(objects.is_empty(), "{channel}");
        }
        assert_eq!(read(r#"{"type":"StasisStart"}"#).1, []);
    }

    #[test]
    fn events_of_the_future_keep_their_usual_objects() {
        let (name, objects) = read(r#"{"type":"ChannelSang","channel":{"id":17},"bridge":{"id":"b"},"x":1e400}"#);
        assert_eq!(name, "ChannelSang");
        assert_eq!(objects, [pair("Channel", "17"), pair("Bridge", "b")]);
    }

    #[test]
    fn what_is_no_event_is_told() {
        for text in ["", "[]", "{}", "{\"type\":5}", "{\"type\":null}", "{\"type\":\"X\"} x", "nonsense"] {
            assert!(Frame::received(text.to_string().into()).sight(|_| true).is_err(), "{text}");
        }
    }
}
