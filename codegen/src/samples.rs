//! Sample values, and the cases of the conformance table that are made of them: of every operation and of every event.
//!
//! Values depend on names alone, never on chance, so that the cases stay the same from run to run.

use serde_json::{json, Map, Value};

use crate::api::{Api, Model, Property};
use crate::types::Type;

mod events;
mod operations;

pub use events::cases as event_cases;
pub use operations::cases as operation_cases;

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

/// All at once: what is reserved in URLs, quoted in JSON, cut off in C, and not ASCII.
const AWKWARD: &str = "../a?b=c&d#e;f+g %2F%20:@!$'()*,[]{}|^`~<>\"\\\t\r\nX: y\u{0}\u{7f}é电📞\u{2028}";

/// A date as Asterisk writes it.
const DATE: &str = "2026-11-20T23:20:16.050+0000";

/// What a sample is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// Every field, down to a depth.
    Full,
    /// Required fields alone.
    Bare,
    /// Required fields; null in place of the others.
    Null,
    /// Texts and numbers that are hard to carry, null in place of what is not required, and a field of a newer server.
    Awkward,
}

/// Everything but letters, digits and `-._~` as `%XX` of its UTF-8.
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(byte as char),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// A number that is always the same for the same names.
fn salt(texts: &[&str]) -> usize {
    let mut hash: u32 = 0x811c_9dc5;
    for byte in texts.iter().flat_map(|text| text.bytes()) {
        hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    }
    (hash >> 8) as usize
}

/// A number of 64 bits that a double does not hold.
fn wide(salt: usize) -> i64 {
    [9_007_199_254_740_993, -9_007_199_254_740_993, i64::MAX, i64::MIN][salt % 4]
}

/// A sample of a type; a full one leaves out what a model may leave out below the second level.
fn value_of(api: &Api, data_type: &Type, name: &str, style: Style, depth: usize) -> Value {
    let salt = salt(&[name]);
    let awkward = style == Style::Awkward;
    match data_type {
        Type::Void => Value::Null,
        Type::String | Type::Binary => match salt % 3 {
            _ if awkward => json!(format!("{AWKWARD}{}", salt % 100)),
            0 => json!(TEXTS[salt % TEXTS.len()]),
            _ => json!(PLAIN[salt % PLAIN.len()]),
        },
        Type::Int => json!(salt % 1000),
        Type::Long if awkward => json!(wide(salt)),
        Type::Long => json!(4_294_967_296_u64 + (salt % 1000) as u64),
        Type::Double => json!((salt % 1000) as f64 + 0.25),
        Type::Boolean => json!(salt.is_multiple_of(2)),
        Type::Date => json!(DATE),
        Type::Object | Type::Containers if awkward => json!({ AWKWARD: [null, { "wide": wide(salt) }] }),
        Type::Object | Type::Containers => json!({ "key": PLAIN[salt % PLAIN.len()] }),
        Type::List(item) => {
            let count = if depth == 0 { 2 } else { 1 };
            (0..count).map(|i| value_of(api, item, &format!("{name}{i}"), style, depth + 1)).collect()
        }
        Type::Model(model) => match api.model(model) {
            Some(model) => model_value(api, model, name, style, depth),
            None => json!({}),
        },
    }
}

fn model_value(api: &Api, model: &Model, name: &str, style: Style, depth: usize) -> Value {
    let mut fields = Map::new();
    for (property, _) in api.properties(model) {
        // Models may hold each other in a circle; required fields alone would never end it below this depth.
        if depth > 5 {
            break;
        }
        let optional = !property.required;
        let value = match style {
            Style::Bare if optional => continue,
            Style::Null | Style::Awkward if optional => Value::Null,
            Style::Full if optional && depth > 1 => continue,
            _ => property_value(api, model, property, name, style, depth),
        };
        fields.insert(property.name.clone(), value);
    }
    if style == Style::Awkward {
        fields.insert("of_a_newer_server".into(), json!({ "wide": wide(salt(&[name])), "list": [null, AWKWARD] }));
    }
    Value::Object(fields)
}

fn property_value(api: &Api, model: &Model, property: &Property, name: &str, style: Style, depth: usize) -> Value {
    match property.allowed.values.as_slice() {
        [] if property.name == "type" && model.discriminator.is_some() => json!(model.name),
        [] => value_of(api, &property.data_type, &format!("{name}.{}", property.name), style, depth + 1),
        values => json!(values[salt(&[name, &property.name]) % values.len()]),
    }
}

/// The fields that name an object, and its id: no two names give the same.
fn identity_of(api: &Api, class: &str, name: &str) -> (Map<String, Value>, String) {
    let parts = api.object(class).map(|object| object.identity.as_slice()).unwrap_or_default();
    let mut identity = Map::new();
    let mut id = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        // Only what stands last may have a slash: the id of an endpoint is split at the first.
        let last = index + 1 == parts.len();
        let value = if last { format!("{name}/1;2 ü📞") } else { "PJSIP".to_owned() };
        identity.insert(part.field.clone(), json!(value));
        id.push(value);
    }
    (identity, id.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_needs_no_encoding_is_left_as_it_is() {
        assert_eq!(encode("aZ09-._~"), "aZ09-._~");
        assert_eq!(encode("a/b c%&+,;=?#\"ü☎"), "a%2Fb%20c%25%26%2B%2C%3B%3D%3F%23%22%C3%BC%E2%98%8E");
    }

    #[test]
    fn no_double_holds_the_wide_numbers() {
        let exact = |number: i64| number as f64 as i128 == i128::from(number);
        assert!(!exact(wide(0)) && !exact(wide(1)) && !exact(wide(2)));
    }
}
