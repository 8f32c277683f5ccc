//! What came against what a case expects, in sentences for whoever has to mend the difference.

use base64::prelude::{Engine as _, BASE64_STANDARD};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::case::{Case, End, ErrorSpec, Expected, FieldType, Handled, PASSWORD};
use crate::http::Request;

/// What a runner saw.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    #[serde(default)]
    pub json: Option<Value>,
    #[serde(default)]
    pub nothing: bool,
    #[serde(default)]
    pub base64: Option<String>,
    #[serde(default)]
    pub error: Option<SeenError>,
    /// Class of the result where it is a domain object, or a list with the class of each member.
    #[serde(default)]
    pub object: Option<Value>,
    #[serde(default)]
    pub handled: Vec<SeenEvent>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeenError {
    pub class: String,
    /// The class and all it derives from.
    #[serde(default)]
    pub classes: Vec<String>,
    #[serde(default)]
    pub status: Option<u16>,
    #[serde(default)]
    pub message: Option<String>,
    #[serde(default)]
    pub delivery: Option<String>,
    #[serde(default)]
    pub body: Option<String>,
    /// The whole error as the language prints it.
    pub text: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeenEvent {
    pub handler: String,
    pub event: Value,
    #[serde(default)]
    pub objects: Map<String, Value>,
}

/// Equality of JSON; a number with a fraction of zero is the whole number, as languages with one number type have it.
pub fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(a), Value::Number(b)) if a.is_f64() || b.is_f64() => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, value)| b.get(key).is_some_and(|other| same(value, other)))
        }
        _ => left == right,
    }
}

/// Like `same`, but an object may have more members than are wanted: a language with types gives every field its
/// description requires.
fn has(seen: &Value, wanted: &Value) -> bool {
    match (seen, wanted) {
        (Value::Array(seen), Value::Array(wanted)) => {
            seen.len() == wanted.len() && seen.iter().zip(wanted).all(|(seen, wanted)| has(seen, wanted))
        }
        (Value::Object(seen), Value::Object(wanted)) => {
            wanted.iter().all(|(key, wanted)| has(seen.get(key).unwrap_or(&Value::Null), wanted))
        }
        _ => same(seen, wanted),
    }
}

/// Differences of a request whose target is already the part below `/ari`.
pub fn request(expected: &Expected, request: &Request, problems: &mut Vec<String>) {
    if request.method != expected.method || request.target != expected.target {
        problems.push(format!("request {:?}, expected {:?}", request.line(), line(expected)));
    }
    let text = String::from_utf8_lossy(&request.body);
    if let Some(wanted) = &expected.body {
        let is_json = |content_type: &str| content_type.to_ascii_lowercase().starts_with("application/json");
        if !request.header("content-type").is_some_and(is_json) {
            let content_type = request.header("content-type");
            problems.push(format!("the JSON body has the content type {content_type:?}, which Asterisk ignores"));
        }
        match serde_json::from_slice::<Value>(&request.body) {
            Ok(body) if same(&body, wanted) => {}
            Ok(_) => problems.push(format!("request body {text}, expected {wanted}")),
            Err(why) => problems.push(format!("request body {text:?} is not JSON ({why}), expected {wanted}")),
        }
    } else {
        let wanted = expected.body_text.as_deref().unwrap_or_default();
        if text != wanted {
            problems.push(format!("request body {text:?}, expected {wanted:?}"));
        }
    }
}

pub fn line(expected: &Expected) -> String {
    format!("{} {}", expected.method, expected.target)
}

/// Differences of what the caller got.
pub fn outcome(case: &Case, outcome: &Outcome, raw: &str, problems: &mut Vec<String>) {
    let encoded = BASE64_STANDARD.encode(format!("{}:{PASSWORD}", case.username));
    if raw.contains(PASSWORD) || raw.contains(&encoded) || raw.contains(&PASSWORD.escape_default().to_string()) {
        problems.push("the password is in what the caller can see".into());
    }
    if let Some(result) = &case.result {
        match (&result.error, &outcome.error) {
            (Some(wanted), Some(seen)) => error(wanted, seen, problems),
            (Some(wanted), None) => problems.push(format!("no error, expected {}", wanted.class)),
            (None, Some(seen)) => problems.push(format!("error {}: {}", seen.class, seen.text)),
            (None, None) => value(result, outcome, problems),
        }
    } else {
        ended(case.end.as_ref(), outcome, problems);
        handled(&case.expect, &outcome.handled, problems);
    }
    if let (Some(wanted), None) = (&case.object, &outcome.error) {
        object(wanted, outcome.object.as_ref(), problems);
    }
}

fn value(wanted: &crate::case::ResultSpec, seen: &Outcome, problems: &mut Vec<String>) {
    let got = match seen {
        Outcome { json: Some(json), .. } => format!("JSON {json}"),
        Outcome { base64: Some(bytes), .. } => format!("bytes {bytes}"),
        Outcome { nothing: true, .. } => "nothing".into(),
        _ => "no outcome at all".to_owned(),
    };
    if let Some(json) = &wanted.json {
        if !seen.json.as_ref().is_some_and(|other| same(json, other)) {
            problems.push(format!("result: {got}, expected JSON {json}"));
        }
    } else if let Some(bytes) = &wanted.base64 {
        if seen.base64.as_ref() != Some(bytes) {
            problems.push(format!("result: {got}, expected bytes {bytes}"));
        }
    } else if !seen.nothing {
        problems.push(format!("result: {got}, expected nothing"));
    }
}

/// A list with one class stands for a list of that class, however long.
fn object(wanted: &Value, seen: Option<&Value>, problems: &mut Vec<String>) {
    let right = match (wanted, seen) {
        (Value::Array(wanted), Some(Value::Array(seen))) if wanted.len() == 1 => {
            seen.iter().all(|class| *class == wanted[0])
        }
        (wanted, seen) => Some(wanted) == seen,
    };
    if !right {
        let seen = seen.map_or_else(|| "no domain object".to_owned(), Value::to_string);
        problems.push(format!("the result is {seen}, expected objects of class {wanted}"));
    }
}

fn error(wanted: &ErrorSpec, seen: &SeenError, problems: &mut Vec<String>) {
    let text = &seen.text;
    if seen.class != wanted.class {
        problems.push(format!("error {}, expected {} ({text})", seen.class, wanted.class));
    }
    for class in wanted.is.iter().filter(|class| !seen.classes.contains(class)) {
        problems.push(format!("{} is no {class}: it is {:?}", seen.class, seen.classes));
    }
    if wanted.status.is_some() && seen.status != wanted.status {
        problems.push(format!("error status {:?}, expected {:?}", seen.status, wanted.status));
    }
    let texts = [
        ("message", &wanted.message, &seen.message),
        ("delivery", &wanted.delivery, &seen.delivery),
        ("body", &wanted.body, &seen.body),
    ];
    for (name, wanted, seen) in texts {
        if wanted.is_some() && seen != wanted {
            problems.push(format!("error {name} {seen:?}, expected {wanted:?}"));
        }
    }
    for part in wanted.text_contains.iter().filter(|part| !text.contains(*part)) {
        problems.push(format!("the error does not say {part:?}: {text}"));
    }
    for part in wanted.text_lacks.iter().filter(|part| text.contains(*part)) {
        problems.push(format!("the error says {part:?}: {text}"));
    }
}

fn ended(wanted: Option<&End>, seen: &Outcome, problems: &mut Vec<String>) {
    match (wanted, &seen.error) {
        (Some(End::Error(wanted)), Some(seen)) => error(wanted, seen, problems),
        (Some(End::Error(wanted)), None) => problems.push(format!("the run ended well, expected {}", wanted.class)),
        (_, Some(seen)) => problems.push(format!("the run failed: {}: {}", seen.class, seen.text)),
        (_, None) => {}
    }
}

fn handled(wanted: &[Handled], seen: &[SeenEvent], problems: &mut Vec<String>) {
    for (index, (wanted, seen)) in wanted.iter().zip(seen).enumerate() {
        let before = problems.len();
        one_handled(wanted, seen, problems);
        if problems.len() > before {
            problems.push(format!("(that was call {} of a handler; further ones are not compared)", index + 1));
            return;
        }
    }
    if let Some(missing) = wanted.get(seen.len()) {
        let name = called(&missing.handler, &missing.event, missing.n);
        problems.push(format!("{} calls of handlers, expected {}; missing: {name}", seen.len(), wanted.len()));
    } else if let Some(extra) = seen.get(wanted.len()) {
        let name = called(&extra.handler, type_of(&extra.event), extra.event["n"].as_i64());
        problems.push(format!("{} calls of handlers, expected {}; too much: {name}", seen.len(), wanted.len()));
    }
}

fn type_of(event: &Value) -> &str {
    event["type"].as_str().unwrap_or("an event without type")
}

fn called(handler: &str, event: &str, n: Option<i64>) -> String {
    match n {
        Some(n) => format!("{handler}({event} {n})"),
        None => format!("{handler}({event})"),
    }
}

fn one_handled(wanted: &Handled, seen: &SeenEvent, problems: &mut Vec<String>) {
    let n = seen.event["n"].as_i64();
    let same_n = wanted.n.is_none() || wanted.n == n;
    if wanted.handler != seen.handler || wanted.event != type_of(&seen.event) || !same_n {
        let got = called(&seen.handler, type_of(&seen.event), n);
        let expected = called(&wanted.handler, &wanted.event, wanted.n);
        return problems.push(format!("handler call {got}, expected {expected}"));
    }
    for (field, value) in &wanted.fields {
        let got = seen.event.get(field).unwrap_or(&Value::Null);
        if !has(got, value) {
            problems.push(format!("field {field:?} of {} is {got}, expected {value}", wanted.event));
        }
    }
    for (field, wanted_type) in &wanted.types {
        let got = seen.event.get(field).unwrap_or(&Value::Null);
        let right = match wanted_type {
            FieldType::Text => got.as_str().is_some_and(|text| !text.is_empty()),
            FieldType::Number => got.as_f64().is_some_and(|number| number >= 0.0),
            FieldType::List => got.is_array(),
        };
        if !right {
            problems.push(format!("field {field:?} of {} is {got}, expected some {wanted_type:?}", wanted.event));
        }
    }
    for (field, value) in &wanted.objects {
        let got = seen.objects.get(field).unwrap_or(&Value::Null);
        if !same(got, value) {
            problems.push(format!("object {field:?} of {} is {got}, expected {value}", wanted.event));
        }
    }
}
