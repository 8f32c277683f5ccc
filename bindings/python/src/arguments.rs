//! Python values as the core takes them.

use ari_core::{Arguments, Error};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyMapping, PyString, PyTuple};
use serde_json::{Map, Number, Value};

use crate::outcome::raise;

/// Deeper than any JSON Asterisk reads; a list that contains itself ends here instead of in a crash.
const DEPTH: usize = 100;

/// The keyword arguments of a call.
pub fn arguments(what: &str, dict: &Bound<'_, PyDict>) -> PyResult<Arguments> {
    let mut out = Map::with_capacity(dict.len());
    for (key, value) in dict.iter() {
        let name = key.cast::<PyString>()?.to_cow()?.into_owned();
        let value = named(what, &name, &value)?;
        out.insert(name, value);
    }
    Ok(out)
}

/// One value, refused by the name of what it was meant for.
pub fn named(what: &str, name: &str, value: &Bound<'_, PyAny>) -> PyResult<Value> {
    convert(value, DEPTH).map_err(|reason| {
        let message = format!("{name} of {what} {reason}");
        raise(value.py(), Error::argument(message))
    })
}

/// Name and value pairs of a query: what is `None` is left out, lists are joined by commas.
pub fn query(pairs: Vec<(String, Bound<'_, PyAny>)>) -> PyResult<Vec<(String, String)>> {
    let mut out = Vec::with_capacity(pairs.len());
    for (name, value) in pairs {
        if let Some(text) = text(named("the query", &name, &value)?) {
            out.push((name, text));
        }
    }
    Ok(out)
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        Value::Array(items) => Some(items.into_iter().filter_map(text).collect::<Vec<_>>().join(",")),
        other => Some(other.to_string()),
    }
}

fn convert(value: &Bound<'_, PyAny>, depth: usize) -> Result<Value, String> {
    if depth == 0 {
        return Err("is nested too deeply, or contains itself".into());
    }
    if value.is_none() {
        Ok(Value::Null)
    } else if let Ok(text) = value.cast::<PyString>() {
        let text = text.to_cow().map_err(|_| "holds half of a surrogate pair, which is no text".to_string())?;
        Ok(Value::from(text))
    } else if let Ok(flag) = value.cast::<PyBool>() {
        Ok(Value::from(flag.is_true()))
    } else if value.is_instance_of::<PyInt>() {
        let signed = value.extract::<i64>().map(Value::from);
        signed.or_else(|_| value.extract::<u64>().map(Value::from)).map_err(|_| "does not fit 64 bits".into())
    } else if let Ok(float) = value.cast::<PyFloat>() {
        Number::from_f64(float.value()).map(Value::Number).ok_or_else(|| "is not a finite number".into())
    } else if let Ok(list) = value.cast::<PyList>() {
        list.iter().map(|item| convert(&item, depth - 1)).collect()
    } else if let Ok(tuple) = value.cast::<PyTuple>() {
        tuple.iter().map(|item| convert(&item, depth - 1)).collect()
    } else if let Ok(mapping) = value.cast::<PyMapping>() {
        // Through items(), since an event fills its dict only when it is asked.
        let items = mapping.items().map_err(|error| error.to_string())?;
        items.iter().map(|item| member(&item, depth - 1)).collect::<Result<Map<_, _>, _>>().map(Value::Object)
    } else {
        let class = value.get_type().fully_qualified_name().map_or_else(|_| "object".into(), |name| name.to_string());
        Err(format!("cannot be of type {class}; it takes str, int, float, bool, None, list, tuple or dict"))
    }
}

fn member(item: &Bound<'_, PyAny>, depth: usize) -> Result<(String, Value), String> {
    let (key, value) = item.extract::<(Bound<'_, PyAny>, Bound<'_, PyAny>)>().map_err(|error| error.to_string())?;
    match convert(&key, depth)? {
        Value::String(key) => Ok((key, convert(&value, depth)?)),
        other => Err(format!("has the key {other}; keys have to be str")),
    }
}
