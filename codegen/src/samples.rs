//! Sample calls of every operation: what the conformance cases are made of.
//!
//! Values depend on names alone, never on chance, so that the cases stay the same from run to run.

use serde_json::{json, Map, Value};

use crate::api::{Api, Location, Model, Operation, Parameter};
use crate::types::Type;

/// Texts that a careless client would send wrongly: they need encoding, in the path as in the query.
const TEXTS: [&str; 8] = [
    "Local/100@default",
    "two words",
    "50%&more=x",
    "Grüße ☎",
    "a+b;c",
    "question?#mark",
    "\"quoted\" \\ 'text'",
    "tilde~dot.dash-under_score",
];

/// Texts without a surprise.
const PLAIN: [&str; 4] = ["alpha", "1699999999.42", "hello-world", "PJSIP-bob-00000001"];

/// Two cases: the required parameters alone, and all of them.
pub fn cases(api: &Api, operation: &Operation) -> Vec<Value> {
    [("required", false), ("all", true)].into_iter().map(|(name, all)| case(api, operation, name, all)).collect()
}

fn case(api: &Api, operation: &Operation, name: &str, all: bool) -> Value {
    let mut arguments = Map::new();
    let mut path = operation.path.clone();
    let mut query: Vec<String> = Vec::new();
    let mut body: Option<Value> = None;
    for parameter in operation.parameters.iter().filter(|parameter| all || parameter.required) {
        let value = argument(api, operation, parameter, all);
        match parameter.location {
            Location::Path => path = path.replace(&format!("{{{}}}", parameter.name), &encode(&on_the_wire(&value))),
            Location::Query => query.push(format!("{}={}", encode(&parameter.name), encode(&on_the_wire(&value)))),
            Location::Body if parameter.data_type == Type::Object => body = Some(value.clone()),
            Location::Body => {
                let whole = body.get_or_insert_with(|| json!({}));
                whole[&parameter.name] = value.clone();
            }
        }
        arguments.insert(parameter.name.clone(), value);
    }
    let mut target = path;
    if !query.is_empty() {
        target = format!("{target}?{}", query.join("&"));
    }
    let mut request = json!({ "method": operation.method, "target": target });
    if let Some(body) = body {
        request["body"] = body;
    }
    let about = match all {
        false => format!("{} with its required parameters only.", operation.id),
        true => format!("{} with all its parameters.", operation.id),
    };
    let id = format!("{}.{name}", operation.id);
    if operation.upgrade.is_some() {
        // It opens the event WebSocket, which has no answer: what counts is the request of the handshake.
        return json!({
            "id": id,
            "kind": "upgrade",
            "about": about,
            "call": { "operation": operation.id, "arguments": arguments },
            "requests": [request],
        });
    }
    let (response, result, object) = answer(api, operation);
    let mut case = json!({
        "id": id,
        "kind": "call",
        "about": about,
        "call": { "operation": operation.id, "arguments": arguments },
        "requests": [request],
        "responses": [response],
        "result": result,
    });
    if let Some(object) = object {
        case["object"] = object;
    }
    case
}

/// Everything but letters, digits and `-._~` as `%XX` of its UTF-8.
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(byte as char),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

fn on_the_wire(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(on_the_wire).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

/// A number that is always the same for the same names.
fn salt(texts: &[&str]) -> usize {
    let mut hash: u32 = 0x811c_9dc5;
    for byte in texts.iter().flat_map(|text| text.bytes()) {
        hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    }
    (hash >> 8) as usize
}

fn argument(api: &Api, operation: &Operation, parameter: &Parameter, all: bool) -> Value {
    let salt = salt(&[&operation.id, &parameter.name]) + usize::from(all);
    // The two cases differ, so that no client can get both right by sending something fixed.
    let is_awkward = all != salt.is_multiple_of(3);
    if parameter.location == Location::Body {
        return body(api, operation, parameter, salt);
    }
    // No two parameters of a call have the same text: one that went astray would not show.
    let position = operation.parameters.iter().take_while(|other| other.name != parameter.name).count().to_string();
    match parameter.multiple {
        true => (0..2).map(|i| scalar(parameter, salt + i, is_awkward, &position)).collect(),
        false => scalar(parameter, salt, is_awkward, &position),
    }
}

fn scalar(parameter: &Parameter, salt: usize, is_awkward: bool, position: &str) -> Value {
    let allowed = &parameter.allowed;
    if !allowed.values.is_empty() {
        let value = &allowed.values[salt % allowed.values.len()];
        return match parameter.data_type {
            Type::Int | Type::Long => value.parse::<i64>().map_or_else(|_| json!(value), |number| json!(number)),
            _ => json!(value),
        };
    }
    match &parameter.data_type {
        Type::Int | Type::Long => {
            // A long is there to be longer than 32 bits, where nothing forbids it.
            let wide = matches!(parameter.data_type, Type::Long) && is_awkward;
            let number = (salt % 500) as i64 + if wide { 5_000_000_000 } else { 7 };
            let least = allowed.minimum.unwrap_or(i64::MIN);
            json!(number.clamp(least, allowed.maximum.unwrap_or(i64::MAX).max(least)))
        }
        Type::Double => {
            let least = allowed.minimum.map_or(f64::MIN, |minimum| minimum as f64);
            let most = allowed.maximum.map_or(f64::MAX, |maximum| maximum as f64);
            json!((salt as f64 % 100.0 + 0.5).min(most).max(least))
        }
        Type::Boolean => json!(is_awkward),
        Type::Date => json!("2026-11-20T23:20:16.050+0000"),
        _ if is_awkward => json!(format!("{}{position}", TEXTS[salt % TEXTS.len()])),
        _ => json!(format!("{}-{position}", PLAIN[salt % PLAIN.len()])),
    }
}

fn body(api: &Api, operation: &Operation, parameter: &Parameter, salt: usize) -> Value {
    match &parameter.data_type {
        // The one whole body of ARI is an event filter; elsewhere any object serves.
        Type::Object if parameter.name == "filter" => {
            json!({ "allowed": [{ "type": "StasisStart" }, { "type": "Grüße" }], "disallowed": [] })
        }
        Type::Containers if parameter.name == "fields" => {
            json!([{ "attribute": "callerid", "value": TEXTS[salt % TEXTS.len()] }])
        }
        Type::Object | Type::Containers => {
            json!({ "CALLERID(name)": TEXTS[salt % TEXTS.len()], "plain": operation.nickname })
        }
        other => value_of(api, other, &parameter.name, 0),
    }
}

/// What the server answers, what the caller gets for it, and as which class.
fn answer(api: &Api, operation: &Operation) -> (Value, Value, Option<Value>) {
    match &operation.returns {
        Type::Void => (json!({ "status": 204 }), json!({ "nothing": true }), None),
        Type::Binary => {
            // Bytes that are neither text nor end where a text would.
            let base64 = "UklGRiQAAABXQVZFAP+A/w0KAA==";
            (
                json!({ "status": 200, "headers": { "Content-Type": "audio/wav" }, "base64": base64 }),
                json!({ "base64": base64 }),
                None,
            )
        }
        returns => {
            let value = value_of(api, returns, &operation.id, 0);
            let object = match returns {
                Type::Model(name) if api.object(name).is_some() => Some(json!(name)),
                Type::List(inner) => match inner.as_ref() {
                    Type::Model(name) if api.object(name).is_some() => {
                        let count = value.as_array().map_or(0, Vec::len);
                        Some(json!(vec![name; count]))
                    }
                    _ => None,
                },
                _ => None,
            };
            (json!({ "status": 200, "json": value }), json!({ "json": value }), object)
        }
    }
}

/// A sample of a type; what a model may leave out is left out below the second level.
fn value_of(api: &Api, data_type: &Type, name: &str, depth: usize) -> Value {
    let salt = salt(&[name]);
    match data_type {
        Type::Void => Value::Null,
        Type::String | Type::Binary => json!(match salt % 3 {
            0 => TEXTS[salt % TEXTS.len()],
            _ => PLAIN[salt % PLAIN.len()],
        }),
        Type::Int => json!(salt % 1000),
        Type::Long => json!(4_294_967_296_u64 + (salt % 1000) as u64),
        Type::Double => json!((salt % 1000) as f64 + 0.25),
        Type::Boolean => json!(salt.is_multiple_of(2)),
        Type::Date => json!("2026-11-20T23:20:16.050+0000"),
        Type::Object | Type::Containers => json!({ "key": PLAIN[salt % PLAIN.len()] }),
        Type::List(item) => {
            let count = if depth == 0 { 2 } else { 1 };
            (0..count).map(|i| value_of(api, item, &format!("{name}{i}"), depth + 1)).collect()
        }
        Type::Model(model) => match api.model(model) {
            Some(model) => model_value(api, model, name, depth),
            None => json!({}),
        },
    }
}

fn model_value(api: &Api, model: &Model, name: &str, depth: usize) -> Value {
    let mut fields = Map::new();
    for (property, _) in api.properties(model) {
        // Models may hold each other in a circle; required fields alone would never end it below this depth.
        if depth > 5 || (depth > 1 && !property.required) {
            continue;
        }
        let value = match property.allowed.values.as_slice() {
            [] if property.name == "type" && model.discriminator.is_some() => json!(model.name),
            [] => value_of(api, &property.data_type, &format!("{name}.{}", property.name), depth + 1),
            values => json!(values[salt(&[name, &property.name]) % values.len()]),
        };
        fields.insert(property.name.clone(), value);
    }
    Value::Object(fields)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Allowed;

    fn parameter(data_type: Type, allowed: Allowed) -> Parameter {
        Parameter {
            name: "p".into(),
            description: String::new(),
            location: Location::Query,
            required: true,
            multiple: false,
            data_type,
            default: None,
            allowed,
        }
    }

    #[test]
    fn only_what_needs_no_encoding_is_left_as_it_is() {
        assert_eq!(encode("aZ09-._~"), "aZ09-._~");
        assert_eq!(encode("a/b c%&+,;=?#\"ü☎"), "a%2Fb%20c%25%26%2B%2C%3B%3D%3F%23%22%C3%BC%E2%98%8E");
        assert_eq!(on_the_wire(&json!(["a", 1, true])), "a,1,true");
    }

    #[test]
    fn bounds_and_allowed_values_are_respected() {
        let bounded = |minimum, maximum| Allowed { values: Vec::new(), minimum, maximum };
        for salt in 0..2000 {
            for is_awkward in [false, true] {
                let value = |data_type, allowed| scalar(&parameter(data_type, allowed), salt, is_awkward, "0");
                let int = value(Type::Int, bounded(Some(3), Some(5))).as_i64().unwrap();
                assert!((3..=5).contains(&int));
                let double = value(Type::Double, bounded(Some(1), Some(10))).as_f64().unwrap();
                assert!((1.0..=10.0).contains(&double));
                assert!(value(Type::Long, bounded(None, Some(-1))).as_i64().unwrap() <= -1);
                let listed = Allowed { values: vec!["a".into(), "b".into()], ..Allowed::default() };
                assert!(["a", "b"].contains(&value(Type::String, listed).as_str().unwrap()));
            }
        }
    }
}
