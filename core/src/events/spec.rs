//! The shape of the generated tables about events and the objects in them.

use std::sync::LazyLock;

use foldhash::{HashMap, HashMapExt};

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

/// An event of the tables, with what is looked up of its objects.
#[derive(Debug)]
pub(crate) struct KnownEvent {
    pub spec: &'static EventSpec,
    pub objects: Vec<KnownObject>,
}

#[derive(Debug)]
pub(crate) struct KnownObject {
    pub field: &'static ObjectField,
    pub identity: &'static [Identity],
}

/// Lookups over the generated tables, made once.
pub(crate) struct Tables {
    events: HashMap<&'static str, KnownEvent>,
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
        let objects: HashMap<_, _> = OBJECTS.iter().map(|object| (object.class, object)).collect();
        let known = |field: &'static ObjectField| {
            objects.get(field.class).map(|object| KnownObject { field, identity: object.identity })
        };
        let events = EVENTS.iter().map(|spec| {
            let objects = spec.objects.iter().filter_map(known).collect();
            (spec.name, KnownEvent { spec, objects })
        });
        Tables { events: events.collect(), objects, fields }
    });
    &TABLES
}

impl Tables {
    pub fn event(&'static self, name: &str) -> Option<&'static KnownEvent> {
        self.events.get(name)
    }

    pub fn object(&self, class: &str) -> Option<&'static ObjectSpec> {
        self.objects.get(class).copied()
    }

    /// The name as the tables have it, if any event keeps an object under it.
    pub fn object_field(&self, name: &str) -> Option<&'static str> {
        self.fields.get_key_value(name).map(|(name, _)| *name)
    }

    /// What an unknown event's field of this name most likely holds.
    pub fn usual_object(&self, field: &str) -> Option<&'static ObjectField> {
        self.fields.get(field).copied().flatten()
    }
}
