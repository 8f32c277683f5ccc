//! The shape of the generated tables about events and the objects in them.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::generated::events::{EVENTS, OBJECTS};

/// What is known of one type of event.
#[derive(Debug)]
pub struct EventSpec {
    pub name: &'static str,
    /// True for events this library makes itself, such as `Reconnected`.
    pub library: bool,
    /// Its fields that hold domain objects.
    pub objects: &'static [ObjectField],
}

/// A field of an event that holds a domain object.
#[derive(Debug, PartialEq, Eq)]
pub struct ObjectField {
    pub field: &'static str,
    pub class: &'static str,
    pub required: bool,
}

/// A class of domain objects.
#[derive(Debug)]
pub struct ObjectSpec {
    pub class: &'static str,
    pub resource: &'static str,
    /// What names one object, in the order in which an id is written: `technology/resource`.
    pub identity: &'static [Identity],
}

/// A part of an object's identity: the path parameter and the field of the model that hold it.
#[derive(Debug)]
pub struct Identity {
    pub parameter: &'static str,
    pub field: &'static str,
}

/// Lookups over the generated tables, made once.
pub(crate) struct Tables {
    events: HashMap<&'static str, &'static EventSpec>,
    objects: HashMap<&'static str, &'static ObjectSpec>,
    /// For events newer than the tables: the class a field's name has wherever it is known, where all agree.
    fields: HashMap<&'static str, Option<&'static ObjectField>>,
}

pub(crate) fn tables() -> &'static Tables {
    static TABLES: LazyLock<Tables> = LazyLock::new(|| {
        let mut fields: HashMap<&'static str, Option<&'static ObjectField>> = HashMap::new();
        for field in EVENTS.iter().flat_map(|event| event.objects) {
            let known = fields.entry(field.field).or_insert(Some(field));
            if known.is_some_and(|known| known.class != field.class) {
                *known = None;
            }
        }
        Tables {
            events: EVENTS.iter().map(|event| (event.name, event)).collect(),
            objects: OBJECTS.iter().map(|object| (object.class, object)).collect(),
            fields,
        }
    });
    &TABLES
}

impl Tables {
    pub fn event(&self, name: &str) -> Option<&'static EventSpec> {
        self.events.get(name).copied()
    }

    pub fn object(&self, class: &str) -> Option<&'static ObjectSpec> {
        self.objects.get(class).copied()
    }

    /// The name as the tables have it, if any event keeps an object under it.
    pub fn object_field(&self, name: &str) -> Option<&'static str> {
        self.fields.get_key_value(name).map(|(name, _)| *name)
    }

    /// The class an unknown event's field most likely has.
    pub fn usual_class(&self, field: &str) -> Option<&'static str> {
        self.fields.get(field).copied().flatten().map(|field| field.class)
    }
}
