//! The cases of an operation: its calls, and what the server may refuse them with.

use serde_json::{json, Map, Value};

use super::{encode, identity_of, salt, value_of, Style, AWKWARD, DATE, PLAIN, TEXTS};
use crate::api::{Api, Location, Object, Operation, Parameter};
use crate::declarations::{Declarations, ErrorDeclaration};
use crate::types::Type;

/// How a call is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// With what is required.
    Required,
    /// With all there is.
    All,
    /// With all there is, in values that are hard to carry, and an answer of that sort.
    Awkward,
}

/// Three calls that go well, one by the method of each object that has it, and one for each refusal that the
/// description knows.
pub fn cases(api: &Api, declarations: &Declarations, operation: &Operation) -> Vec<Value> {
    let mut cases = vec![
        success(api, operation, Kind::Required, "with its required parameters only"),
        success(api, operation, Kind::All, "with all its parameters"),
        success(api, operation, Kind::Awkward, "with values that are hard to carry, and an answer like them"),
    ];
    if operation.upgrade.is_none() {
        let objects = api.objects.iter().filter(|object| object.operations.contains(&operation.id));
        cases.extend(objects.map(|object| bound(api, operation, object)));
        cases.extend(refused(api, declarations, operation));
    }
    cases
}

fn success(api: &Api, operation: &Operation, kind: Kind, how: &str) -> Value {
    let (arguments, request) = call(api, operation, kind, None);
    let name = match kind {
        Kind::Required => "required",
        Kind::All => "all",
        Kind::Awkward => "awkward",
    };
    let mut case = json!({
        "id": format!("{}.{name}", operation.id),
        "kind": "call",
        "about": format!("{} {how}.", operation.id),
        "call": { "operation": operation.id, "arguments": arguments },
        "requests": [request],
    });
    if operation.upgrade.is_some() {
        // It opens the event WebSocket, which has no answer: what counts is the request of the handshake.
        case["kind"] = json!("upgrade");
        return case;
    }
    let (response, result, object) = answer(api, operation, kind);
    case["responses"] = json!([response]);
    case["result"] = result;
    if let Some(object) = object {
        case["object"] = object;
    }
    case
}

/// A call by the method of an object, which knows its own identity.
fn bound(api: &Api, operation: &Operation, object: &Object) -> Value {
    let (mut arguments, request) = call(api, operation, Kind::All, Some(object));
    arguments.retain(|name, _| object.identity.iter().all(|part| part.parameter != *name));
    let (_, id) = identity_of(api, &object.model, &operation.nickname);
    let mut case = success(api, operation, Kind::All, &format!("as a method of {}", object.model));
    case["id"] = json!(format!("{}.on-{}", operation.id, object.model));
    case["call"]["on"] = json!({ "class": object.model, "id": id });
    case["call"]["arguments"] = json!(arguments);
    case["requests"] = json!([request]);
    case
}

/// One case for each status the description names, or for the one every server may answer; the three shapes of body
/// take turns.
fn refused(api: &Api, declarations: &Declarations, operation: &Operation) -> Vec<Value> {
    let mut statuses: Vec<u16> = operation.errors.iter().map(|(status, _)| *status).collect();
    if statuses.is_empty() {
        statuses.push(500);
    }
    statuses.sort_unstable();
    statuses.dedup();
    let case = |status: u16| {
        let error = declarations.error_for(status)?;
        let parent = |error: &&ErrorDeclaration| {
            let parent = error.parent.as_deref()?;
            declarations.errors.iter().find(|error| error.kind == parent)
        };
        let parents = std::iter::successors(Some(error), parent).skip(1).map(|error| &error.class);
        let (arguments, request) = call(api, operation, Kind::Required, None);
        let message = format!("No, says {}", operation.resource);
        let response = match salt(&[&operation.id, &status.to_string()]) % 3 {
            0 => json!({ "status": status, "json": { "message": message } }),
            1 => json!({ "status": status, "json": { "error": message } }),
            _ => json!({
                "status": status,
                "headers": { "Content-Type": "text/html" },
                "text": format!("<html><head><title>{status} {message}</title></head><body>{message}</body></html>"),
            }),
        };
        Some(json!({
            "id": format!("{}.refused-{status}", operation.id),
            "kind": "call",
            "about": format!("{} refused with {status}.", operation.id),
            "call": { "operation": operation.id, "arguments": arguments },
            "requests": [request],
            "responses": [response],
            "result": { "error": {
                "class": error.class, "is": parents.collect::<Vec<_>>(), "status": status, "message": message,
                "delivery": "rejected", "text_contains": [operation.id, message],
            } },
        }))
    };
    statuses.into_iter().filter_map(case).collect()
}

/// The arguments of a call and the request they have to make; those that name an object are that object's.
fn call(api: &Api, operation: &Operation, kind: Kind, object: Option<&Object>) -> (Map<String, Value>, Value) {
    let mut arguments = Map::new();
    let mut path = operation.path.clone();
    let mut query: Vec<String> = Vec::new();
    let mut body: Option<Value> = None;
    for parameter in operation.parameters.iter().filter(|parameter| kind != Kind::Required || parameter.required) {
        let value = object
            .and_then(|object| {
                let part = object.identity.iter().find(|part| part.parameter == parameter.name)?;
                identity_of(api, &object.model, &operation.nickname).0.remove(&part.field)
            })
            .unwrap_or_else(|| argument(api, operation, parameter, kind));
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
    (arguments, request)
}

fn on_the_wire(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(on_the_wire).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

fn argument(api: &Api, operation: &Operation, parameter: &Parameter, kind: Kind) -> Value {
    let salt = salt(&[&operation.id, &parameter.name]) + usize::from(kind != Kind::Required);
    if parameter.location == Location::Body {
        return body(api, operation, parameter, kind, salt);
    }
    let needs_care = match kind {
        // The two calls differ, so that no client can get both right by sending something fixed.
        Kind::Required => salt.is_multiple_of(3),
        Kind::All => !salt.is_multiple_of(3),
        Kind::Awkward => true,
    };
    // No two parameters of a call have the same text: one that went astray would not show.
    let position = operation.parameters.iter().take_while(|other| other.name != parameter.name).count();
    let one = |salt: usize, position: &str| scalar(parameter, salt, needs_care, kind == Kind::Awkward, position);
    match parameter.multiple {
        true => (0..2).map(|i| one(salt + i, &format!("{position}{}", ["", "b"][i]))).collect(),
        false => one(salt, &position.to_string()),
    }
}

fn scalar(parameter: &Parameter, salt: usize, needs_care: bool, awkward: bool, position: &str) -> Value {
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
            let is_long = parameter.data_type == Type::Long;
            let number = match (is_long, needs_care, awkward) {
                (true, _, true) => super::wide(salt),
                (true, true, _) => (salt % 500) as i64 + 5_000_000_000,
                _ => (salt % 500) as i64 + 7,
            };
            let least = allowed.minimum.unwrap_or(i64::MIN);
            json!(number.clamp(least, allowed.maximum.unwrap_or(i64::MAX).max(least)))
        }
        Type::Double => {
            let least = allowed.minimum.map_or(f64::MIN, |minimum| minimum as f64);
            let most = allowed.maximum.map_or(f64::MAX, |maximum| maximum as f64);
            json!((salt as f64 % 100.0 + 0.5).min(most).max(least))
        }
        Type::Boolean => json!(needs_care),
        Type::Date => json!(DATE),
        _ if awkward => json!(format!("{AWKWARD}{position}")),
        _ if needs_care => json!(format!("{}{position}", TEXTS[salt % TEXTS.len()])),
        _ => json!(format!("{}-{position}", PLAIN[salt % PLAIN.len()])),
    }
}

fn body(api: &Api, operation: &Operation, parameter: &Parameter, kind: Kind, salt: usize) -> Value {
    let text = if kind == Kind::Awkward { AWKWARD } else { TEXTS[salt % TEXTS.len()] };
    match &parameter.data_type {
        // The one whole body of ARI is an event filter; elsewhere any object serves.
        Type::Object if parameter.name == "filter" => {
            let unusual = if kind == Kind::Awkward { AWKWARD } else { "Grüße" };
            json!({ "allowed": [{ "type": "StasisStart" }, { "type": unusual }], "disallowed": [] })
        }
        Type::Containers if parameter.name == "fields" => {
            let attribute = if kind == Kind::Awkward { AWKWARD } else { "callerid" };
            json!([{ "attribute": attribute, "value": text }])
        }
        Type::Object | Type::Containers if kind == Kind::Awkward => {
            json!({ AWKWARD: "name", "value": AWKWARD, "nested": { AWKWARD: [AWKWARD, null, super::wide(salt)] } })
        }
        Type::Object | Type::Containers => json!({ "CALLERID(name)": text, "plain": operation.nickname }),
        other => value_of(api, other, &parameter.name, Style::Full, 0),
    }
}

/// What the server answers, what the caller gets for it, and as which class.
fn answer(api: &Api, operation: &Operation, kind: Kind) -> (Value, Value, Option<Value>) {
    match &operation.returns {
        Type::Void => {
            let status = if kind == Kind::Awkward { 200 } else { 204 };
            (json!({ "status": status }), json!({ "nothing": true }), None)
        }
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
            let style = if kind == Kind::Awkward { Style::Awkward } else { Style::Full };
            let value = value_of(api, returns, &operation.id, style, 0);
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
    fn a_list_is_joined_by_commas() {
        assert_eq!(on_the_wire(&json!(["a", 1, true])), "a,1,true");
    }

    #[test]
    fn bounds_and_allowed_values_are_respected() {
        let bounded = |minimum, maximum| Allowed { values: Vec::new(), minimum, maximum };
        for salt in 0..2000 {
            for (needs_care, awkward) in [(false, false), (true, false), (true, true)] {
                let value = |data_type, allowed| scalar(&parameter(data_type, allowed), salt, needs_care, awkward, "0");
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
