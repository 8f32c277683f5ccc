//! A batch of events on its way into JavaScript: one text of JSON and a list of numbers, however many events they are.
//!
//! The text holds what JavaScript does not have yet: values, and templates of new shapes. The numbers say of which shape each
//! event is and which values it has. lib/batch.js is the other side.

use std::collections::HashMap;

use ari_core::Matched;

use crate::shape::{Leaf, Shape, MOST_LEAVES};
use crate::values::{Place, Values, SLOTS};

/// Of one type; what is of others is left to JSON.parse, as is the first of each shape's kind that comes too late.
const MOST_OF_A_TYPE: usize = 16;
const MOST_SHAPES: usize = 256;

/// In place of a shape: the event is one value.
const WHOLE: u32 = 0;
/// In place of a value: there is none.
const NONE: u32 = u32::MAX;

/// Events, values, and where the places of the values begin.
const HEAD: usize = 3;

/// What a JavaScript thread has got so far.
pub struct Batches {
    shapes: Vec<Shape>,
    by_type: HashMap<Box<str>, Vec<u32>>,
    values: Values,
    /// Of the batch that is being made: values, templates, and where the values go.
    fresh: Vec<u8>,
    templates: Vec<u8>,
    places: Vec<u32>,
}

impl Batches {
    pub fn new() -> Batches {
        Batches {
            shapes: Vec::new(),
            by_type: HashMap::new(),
            values: Values::new(),
            fresh: Vec::new(),
            templates: Vec::new(),
            places: Vec::new(),
        }
    }

    /// Writes events, as many as have room: how many, and the text. With `exact` numbers may not be rounded.
    pub fn write<'a>(
        &mut self,
        events: impl Iterator<Item = &'a Matched>,
        exact: bool,
        numbers: &mut [u32],
    ) -> (usize, Vec<u8>) {
        self.values.begin();
        self.fresh.clear();
        self.templates.clear();
        self.places.clear();
        let mut at = HEAD;
        let mut count = 0;
        let mut leaves = Vec::new();
        for event in events {
            let handlers = event.handlers.iter().count();
            let most = 4 + 2 * handlers + MOST_LEAVES;
            if at + most + self.places.len() + MOST_LEAVES > numbers.len() {
                break;
            }
            let shape = self.shape_of(event, exact, &mut leaves);
            let mut put = |number: u32| {
                numbers[at] = number;
                at += 1;
            };
            put(shape);
            put_long(event.sequence, &mut put);
            put(handlers as u32);
            for id in event.handlers.iter() {
                put_long(id.0, &mut put);
            }
            if shape == WHOLE {
                put(self.whole(event, exact));
                put(self.objects(event));
            } else {
                // All of them, before one of the others takes a slot.
                for slot in leaves.iter().filter_map(|leaf| leaf.slot) {
                    self.values.hold(slot);
                }
                for (index, leaf) in leaves.iter().enumerate() {
                    put(self.value(shape, index, leaf));
                }
            }
            count += 1;
        }
        numbers[0] = count as u32;
        numbers[1] = self.places.len() as u32;
        numbers[2] = at as u32;
        numbers[at..at + self.places.len()].copy_from_slice(&self.places);
        (count, [b"[[", &self.fresh[..], b"],[", &self.templates, b"]]"].concat())
    }

    /// The shape of an event, with its values; what has none, or no room for one, goes as it is.
    fn shape_of<'a>(&mut self, event: &'a Matched, exact: bool, leaves: &mut Vec<Leaf<'a>>) -> u32 {
        // The objects of an event that the library does not know are told besides.
        if !event.is_known() {
            return WHOLE;
        }
        let text = event.text();
        let shape = match self.known(event.name(), text, leaves) {
            Some(shape) => shape,
            None => match self.learn(event.name(), text) {
                Some(shape) if self.shapes[shape as usize - 1].find(text.as_bytes(), &self.values, leaves) => shape,
                _ => return WHOLE,
            },
        };
        let is_long_number = |leaf: &Leaf| leaf.json.len() > 15 && leaf.json[0] != b'"';
        if exact && leaves.iter().any(is_long_number) {
            return WHOLE;
        }
        shape
    }

    fn known<'a>(&mut self, name: &str, text: &'a str, leaves: &mut Vec<Leaf<'a>>) -> Option<u32> {
        let candidates = self.by_type.get_mut(name)?;
        let found = candidates
            .iter()
            .position(|&shape| self.shapes[shape as usize - 1].find(text.as_bytes(), &self.values, leaves))?;
        // What has just been there is likely to come again.
        candidates.swap(0, found);
        Some(candidates[0])
    }

    fn learn(&mut self, name: &str, text: &str) -> Option<u32> {
        let known = self.by_type.get(name).map_or(0, Vec::len);
        if known >= MOST_OF_A_TYPE || self.shapes.len() >= MOST_SHAPES {
            return None;
        }
        let (shape, template) = Shape::learn(text, name)?;
        self.shapes.push(shape);
        let number = self.shapes.len() as u32;
        self.by_type.entry(name.into()).or_default().push(number);
        append(&mut self.templates, template.as_bytes());
        Some(number)
    }

    fn value(&mut self, shape: u32, index: usize, leaf: &Leaf) -> u32 {
        if let Some(slot) = leaf.slot {
            return slot;
        }
        match self.values.place(leaf.json) {
            Place::Elsewhere => self.once(leaf.json),
            Place::Kept(slot) => {
                self.shapes[shape as usize - 1].keep(index, slot);
                slot
            }
            Place::New(slot) => {
                self.shapes[shape as usize - 1].keep(index, slot);
                append(&mut self.fresh, leaf.json);
                self.places.push(slot);
                slot
            }
        }
    }

    /// The event as one value. One that has to be exact is told as a text.
    fn whole(&mut self, event: &Matched, exact: bool) -> u32 {
        if exact {
            let quoted = serde_json::Value::from(event.text()).to_string();
            self.once(quoted.as_bytes())
        } else {
            self.once(event.text().as_bytes())
        }
    }

    /// Fields and classes of the objects of an event that the library does not know.
    fn objects(&mut self, event: &Matched) -> u32 {
        if event.is_known() {
            return NONE;
        }
        let objects: Vec<_> = event.objects().iter().map(|object| [object.field, object.class]).collect();
        let json = serde_json::json!(objects).to_string();
        self.once(json.as_bytes())
    }

    fn once(&mut self, json: &[u8]) -> u32 {
        let place = (SLOTS + self.places.len()) as u32;
        append(&mut self.fresh, json);
        self.places.push(place);
        place
    }
}

fn append(list: &mut Vec<u8>, json: &[u8]) {
    if !list.is_empty() {
        list.push(b',');
    }
    list.extend_from_slice(json);
}

fn put_long(number: u64, put: &mut impl FnMut(u32)) {
    put(number as u32);
    put((number >> 32) as u32);
}
