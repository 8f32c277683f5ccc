//! Models as a program sees them, field by field: what ended up in the wrong place cannot pass for being there.

use serde::Serialize;
use serde_json::{json, Map, Value};

/// A value of a model's field, or a model itself.
pub trait Field {
    /// `None` where it is absent.
    fn value(&self) -> Option<Value>;
}

macro_rules! plain {
    ($($type:ty)*) => {
        $(impl Field for $type {
            fn value(&self) -> Option<Value> {
                Some(json!(self))
            }
        })*
    };
}

plain!(String i64 f64 bool Value);

impl<T: Field> Field for Option<T> {
    fn value(&self) -> Option<Value> {
        self.as_ref().and_then(Field::value)
    }
}

impl<T: Field> Field for Box<T> {
    fn value(&self) -> Option<Value> {
        (**self).value()
    }
}

impl<T: Field> Field for Vec<T> {
    fn value(&self) -> Option<Value> {
        Some(self.iter().filter_map(Field::value).collect())
    }
}

/// A model with its described fields, and with those of `extra` that are not described.
pub fn whole<const N: usize>(
    model: &impl Serialize,
    extra: &Map<String, Value>,
    described: [(&str, Option<Value>); N],
) -> Option<Value> {
    let mut fields = extra.clone();
    for (name, value) in described {
        match value {
            Some(value) => fields.insert(name.to_string(), value),
            None => fields.remove(name),
        };
    }
    let (fields, serialized) = (Value::Object(fields), json!(model));
    Some(match fields == serialized {
        true => fields,
        false => json!({ "the fields": fields, "the model as JSON": serialized }),
    })
}
