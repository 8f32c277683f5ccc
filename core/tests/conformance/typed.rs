//! Calls by the typed surface, for cases that are data. Which method belongs to which operation is generated.

mod answer;
mod fields;
#[path = "../../src/generated/conformance.rs"]
mod generated;

use ari_core::transport::BoxFuture;
use ari_core::{Client, Result};
use serde::de::DeserializeOwned;
use serde::Deserialize;
use serde_json::{json, Map, Value};

pub use generated::{add_handler, event, object};

/// What the call gives, as the table wants it.
pub type Outcome = BoxFuture<'static, Result<Value>>;

/// The call's arguments that no parameter has taken yet.
pub struct Given {
    client: Client,
    arguments: Map<String, Value>,
}

impl Given {
    /// `None` where there is none of this type: then the call would not compile.
    fn required<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        serde_json::from_value(self.arguments.remove(name)?).ok()
    }

    fn optional<T: DeserializeOwned>(&mut self, name: &str) -> Option<Option<T>> {
        match self.arguments.contains_key(name) {
            true => self.required(name).map(Some),
            false => Some(None),
        }
    }

    fn nothing_else(&self) -> Option<()> {
        self.arguments.is_empty().then_some(())
    }
}

/// What stands for several texts: one of them is written as a list of one in Rust.
#[derive(Deserialize)]
#[serde(untagged)]
enum Texts {
    Several(Vec<String>),
    One(String),
}

impl IntoIterator for Texts {
    type Item = String;
    type IntoIter = std::vec::IntoIter<String>;

    fn into_iter(self) -> Self::IntoIter {
        match self {
            Texts::Several(texts) => texts.into_iter(),
            Texts::One(text) => vec![text].into_iter(),
        }
    }
}

/// The typed call of a case; `None` where no program could be written that makes it.
pub fn call(client: &Client, call: &Value) -> Option<Outcome> {
    let operation = call["operation"].as_str()?;
    let mut given = Given { client: client.clone(), arguments: super::members(&call["arguments"]) };
    match call["on"]["class"].as_str() {
        Some(class) => generated::call_on(class, names(&call["on"]), operation, &mut given),
        None => generated::call(operation, &mut given),
    }
}

/// The fields by which an object is known.
pub fn names(on: &Value) -> Map<String, Value> {
    super::identity(on).map(|(part, value)| (part.field.to_string(), value)).collect()
}

/// Types differ from data where an answer lacks something, and there only: that is said here in the table's words.
pub fn as_wanted(outcome: Result<Value>, wanted: &Value) -> Result<Value> {
    match outcome {
        Ok(mut outcome) => {
            if let Some(json) = outcome.get_mut("json") {
                *json = as_answered(json.take(), wanted);
            }
            Ok(outcome)
        }
        // What has a type cannot be nothing.
        Err(error) if error.message() == "the answer is empty, and should be JSON" => Ok(json!({ "nothing": true })),
        Err(error) => Err(error),
    }
}

/// A field that is required is always there, if only empty, and one that may be absent is absent when it is null.
fn as_answered(typed: Value, answer: &Value) -> Value {
    match (typed, answer) {
        (Value::Object(mut typed), Value::Object(answer)) => {
            typed.retain(|name, value| answer.contains_key(name) || !is_empty(value));
            for (name, answer) in answer {
                match typed.remove(name) {
                    Some(value) => typed.insert(name.clone(), as_answered(value, answer)),
                    None if answer.is_null() => typed.insert(name.clone(), Value::Null),
                    None => None,
                };
            }
            Value::Object(typed)
        }
        (Value::Array(typed), Value::Array(answer)) if typed.len() == answer.len() => {
            typed.into_iter().zip(answer).map(|(typed, answer)| as_answered(typed, answer)).collect()
        }
        (typed, Value::Null) if is_empty(&typed) => Value::Null,
        (typed, _) => typed,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(flag) => !flag,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.values().all(is_empty),
    }
}
