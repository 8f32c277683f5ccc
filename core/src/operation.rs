//! The operation table's shape, and the way from a caller's arguments to a request.
//!
//! Everything is checked here, before anything is sent, so that every language refuses the same mistakes in the
//! same words, and so that nothing a caller passes can change the path or the structure of the query.

use std::collections::HashMap;
use std::sync::LazyLock;

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::encoding::encode;
use crate::error::{Error, Result};
use crate::generated::operations::OPERATIONS;

/// Named arguments of a call, by Asterisk's names. `null` means not given.
pub type Arguments = Map<String, Value>;

/// HTTP method of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    Put,
    Delete,
    Patch,
    Head,
    Options,
}

impl Method {
    /// The method's name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Delete => "DELETE",
            Method::Patch => "PATCH",
            Method::Head => "HEAD",
            Method::Options => "OPTIONS",
        }
    }

    /// The method of a name in upper or lower case.
    pub fn parse(name: &str) -> Result<Method> {
        use Method::*;
        [Get, Post, Put, Delete, Patch, Head, Options]
            .into_iter()
            .find(|method| method.as_str().eq_ignore_ascii_case(name))
            .ok_or_else(|| Error::argument(format!("{name:?} is not an HTTP method")))
    }
}

/// Where a parameter travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Location {
    Path,
    Query,
    Body,
}

impl Location {
    fn as_str(self) -> &'static str {
        match self {
            Location::Path => "path",
            Location::Query => "query",
            Location::Body => "body",
        }
    }
}

/// What values a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    String,
    Integer,
    Number,
    Boolean,
    Date,
    /// A JSON object of names and values (or a list of such), sent in the body under the parameter's name.
    Map,
    /// A JSON object that is the whole body.
    Object,
    /// Any JSON, sent in the body under the parameter's name.
    Json,
}

/// One parameter of an operation.
#[derive(Debug)]
pub struct Parameter {
    pub name: &'static str,
    pub location: Location,
    pub required: bool,
    /// Takes a list, sent as one value joined by commas.
    pub multiple: bool,
    pub kind: Kind,
    /// The only values Asterisk takes; empty where it does not say.
    pub allowed: &'static [&'static str],
    pub minimum: Option<i64>,
    pub maximum: Option<i64>,
    /// What Asterisk takes when the parameter is left out.
    pub default: Option<&'static str>,
}

/// What a successful call answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returns {
    Nothing,
    Binary,
    /// JSON of this Swagger type, for example `List[Channel]`.
    Json(&'static str),
}

/// One operation of ARI.
#[derive(Debug)]
pub struct Operation {
    /// Resource and nickname: `channels.originate`.
    pub id: &'static str,
    pub resource: &'static str,
    pub nickname: &'static str,
    pub method: Method,
    /// Path below `/ari`, with `{parameter}` in place of values.
    pub path: &'static str,
    pub parameters: &'static [Parameter],
    pub returns: Returns,
    /// Error statuses the description names.
    pub errors: &'static [u16],
    /// The first release of each branch that has it.
    pub since: &'static [&'static str],
    /// The operation that opens the event WebSocket.
    pub upgrade: bool,
}

/// The operation with this id, for example `channels.originate`.
pub fn find(id: &str) -> Result<&'static Operation> {
    static INDEX: LazyLock<HashMap<&'static str, &'static Operation>> =
        LazyLock::new(|| OPERATIONS.iter().map(|operation| (operation.id, operation)).collect());
    INDEX.get(id).copied().ok_or_else(|| {
        Error::argument(format!(
            "there is no operation {id:?}; request() reaches what this release of the library does not know"
        ))
    })
}

/// The values of an argument that takes several, whether they were given as a list, joined by commas, or both.
pub(crate) fn listed<'a>(arguments: &'a Arguments, name: &str) -> impl Iterator<Item = &'a str> {
    let given = match arguments.get(name) {
        Some(Value::Array(items)) => items.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    given.iter().filter_map(Value::as_str).flat_map(|text| text.split(','))
}

/// A checked call: what goes on the wire.
#[derive(Debug, PartialEq)]
pub struct Prepared {
    /// Path and query below `/ari`, percent-encoded.
    pub target: String,
    pub body: Option<Bytes>,
}

impl Operation {
    /// Checks the arguments and makes the request's target and body of them.
    ///
    /// With `drop_unknown`, arguments the operation does not have are left out; otherwise they are refused.
    pub fn prepare(&self, arguments: &Arguments, drop_unknown: bool) -> Result<Prepared> {
        self.prepare_unmarked(arguments, drop_unknown).map_err(|error| error.with_operation(self.id))
    }

    fn prepare_unmarked(&self, arguments: &Arguments, drop_unknown: bool) -> Result<Prepared> {
        let is_known = |name: &str| self.parameters.iter().any(|parameter| parameter.name == name);
        if let Some(name) = arguments.keys().find(|name| !drop_unknown && !is_known(name)) {
            return Err(self.unknown(name));
        }
        let mut target = self.path.to_string();
        let mut query = String::new();
        let mut body: Option<Map<String, Value>> = None;
        for parameter in self.parameters {
            let value = match arguments.get(parameter.name) {
                None | Some(Value::Null) if parameter.required => {
                    return Err(Error::argument(format!(
                        "{} is a required {} parameter of {}",
                        parameter.name,
                        parameter.location.as_str(),
                        self.id
                    )));
                }
                None | Some(Value::Null) => continue,
                Some(value) => value,
            };
            match parameter.location {
                Location::Path => {
                    let text = parameter.segment(value, self.id)?;
                    target = target.replace(&format!("{{{}}}", parameter.name), &text);
                }
                Location::Query => {
                    query.push(if query.is_empty() { '?' } else { '&' });
                    query.push_str(parameter.name);
                    query.push('=');
                    query.push_str(&encode(&parameter.text(value, self.id)?));
                }
                Location::Body => {
                    let members = parameter.members(value, self.id)?;
                    body.get_or_insert_with(Map::new).extend(members);
                }
            }
        }
        target.push_str(&query);
        let body = body.map(|members| Bytes::from(Value::Object(members).to_string()));
        Ok(Prepared { target, body })
    }

    fn unknown(&self, name: &str) -> Error {
        let known: Vec<_> = self.parameters.iter().map(|parameter| parameter.name).collect();
        let known = if known.is_empty() { "none".to_string() } else { known.join(", ") };
        Error::argument(format!("{} has no parameter {name:?}; its parameters: {known}", self.id))
    }
}

impl Parameter {
    /// One path segment. What a URL reader would take for "here" or "up" cannot be an id, encoded or not.
    fn segment(&self, value: &Value, operation: &str) -> Result<String> {
        let text = if value.is_array() {
            return Err(self.wrong(value, operation, "one value"));
        } else {
            self.text(value, operation)?
        };
        if text.is_empty() || text == "." || text == ".." {
            return Err(Error::argument(format!(
                "{} of {operation} cannot be {text:?}: it has to make one segment of the path",
                self.name
            )));
        }
        Ok(encode(&text))
    }

    /// A value as the text Asterisk reads: lists joined by commas, numbers in digits, booleans as `true` and `false`.
    fn text(&self, value: &Value, operation: &str) -> Result<String> {
        match value {
            Value::Array(items) if self.multiple || self.kind == Kind::String => {
                let texts: Result<Vec<_>> = items.iter().map(|item| self.scalar(item, operation)).collect();
                Ok(texts?.join(","))
            }
            Value::String(text) if self.multiple && !self.allowed.is_empty() => {
                for item in text.split(',') {
                    self.check_allowed(item.trim(), operation)?;
                }
                Ok(text.clone())
            }
            _ => self.scalar(value, operation),
        }
    }

    fn scalar(&self, value: &Value, operation: &str) -> Result<String> {
        let text = match (self.kind, value) {
            (Kind::String | Kind::Date, Value::String(text)) => text.clone(),
            (Kind::String | Kind::Date, Value::Number(number)) => number.to_string(),
            (Kind::String | Kind::Boolean, Value::Bool(flag)) => flag.to_string(),
            (Kind::Integer, Value::Number(number)) => match whole(number) {
                Some(text) => text,
                None => return Err(self.wrong(value, operation, "an integer")),
            },
            (Kind::Integer, Value::String(text)) if is_integer(text) => text.clone(),
            (Kind::Integer, _) => return Err(self.wrong(value, operation, "an integer")),
            (Kind::Number, Value::Number(number)) => number.to_string(),
            (Kind::Number, Value::String(text)) if text.parse::<f64>().is_ok_and(f64::is_finite) => text.clone(),
            (Kind::Number, _) => return Err(self.wrong(value, operation, "a number")),
            (Kind::Boolean, Value::String(text)) if is_boolean(text) => text.clone(),
            (Kind::Boolean, Value::Number(number)) if matches!(number.as_u64(), Some(0 | 1)) => number.to_string(),
            (Kind::Boolean, _) => return Err(self.wrong(value, operation, "true or false")),
            (Kind::Map | Kind::Object | Kind::Json, _) => value.to_string(),
            (Kind::String | Kind::Date, _) => return Err(self.wrong(value, operation, "a text")),
        };
        self.check_allowed(&text, operation)?;
        self.check_range(&text, operation)?;
        Ok(text)
    }

    fn check_allowed(&self, text: &str, operation: &str) -> Result<()> {
        if self.allowed.is_empty() || self.allowed.contains(&text) {
            return Ok(());
        }
        Err(Error::argument(format!(
            "{} of {operation} cannot be {text:?}; allowed: {}",
            self.name,
            self.allowed.join(", ")
        )))
    }

    fn check_range(&self, text: &str, operation: &str) -> Result<()> {
        if self.minimum.is_none() && self.maximum.is_none() {
            return Ok(());
        }
        let Ok(number) = text.parse::<f64>() else { return Ok(()) };
        let (bound, limit) = match (self.minimum, self.maximum) {
            (Some(minimum), _) if number < minimum as f64 => ("least", minimum),
            (_, Some(maximum)) if number > maximum as f64 => ("most", maximum),
            _ => return Ok(()),
        };
        Err(Error::argument(format!("{} of {operation} is {text}; it has to be at {bound} {limit}", self.name)))
    }

    /// The members this parameter adds to the JSON body. A value that is already wrapped in its own name is taken as it is.
    fn members(&self, value: &Value, operation: &str) -> Result<Map<String, Value>> {
        if let Value::Object(object) = value {
            let inner = if object.len() == 1 { object.get(self.name) } else { None };
            match (self.kind, inner) {
                (Kind::Object, Some(Value::Object(inner))) => return Ok(inner.clone()),
                (Kind::Object, _) => return Ok(object.clone()),
                (Kind::Map | Kind::Json, Some(Value::Object(_) | Value::Array(_))) => return Ok(object.clone()),
                _ => {}
            }
        } else if self.kind == Kind::Object {
            return Err(self.wrong(value, operation, "an object of names and values"));
        } else if !value.is_array() {
            return Err(self.wrong(value, operation, "a list or an object"));
        }
        Ok(Map::from_iter([(self.name.to_string(), value.clone())]))
    }

    fn wrong(&self, value: &Value, operation: &str, wanted: &str) -> Error {
        let mut shown = value.to_string();
        if shown.len() > 60 {
            shown = shown.chars().take(60).chain("...".chars()).collect();
        }
        Error::argument(format!("{} of {operation} has to be {wanted}, not {shown}", self.name))
    }
}

/// A JSON number as an integer's digits; languages with one number type say `30.0` for 30.
fn whole(number: &serde_json::Number) -> Option<String> {
    if number.is_i64() || number.is_u64() {
        return Some(number.to_string());
    }
    let float = number.as_f64()?;
    (float.fract() == 0.0 && float.abs() < 9e15).then(|| (float as i64).to_string())
}

fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// The words Asterisk itself reads as a truth value.
fn is_boolean(text: &str) -> bool {
    const WORDS: [&str; 12] = ["true", "false", "yes", "no", "1", "0", "on", "off", "y", "n", "t", "f"];
    WORDS.iter().any(|word| word.eq_ignore_ascii_case(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn prepare(id: &str, arguments: Value) -> Result<Prepared> {
        let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
        find(id)?.prepare(&arguments, false)
    }

    fn target(id: &str, arguments: Value) -> String {
        prepare(id, arguments).unwrap().target
    }

    fn refusal(id: &str, arguments: Value) -> String {
        let error = prepare(id, arguments).unwrap_err();
        assert!(error.is_argument());
        assert_eq!(error.delivery().as_str(), "not sent");
        error.message().to_string()
    }

    #[test]
    fn a_value_is_one_segment_or_one_query_value() {
        assert_eq!(target("channels.get", json!({"channelId": "a/b c;1?x"})), "/channels/a%2Fb%20c%3B1%3Fx");
        assert_eq!(
            target("channels.setChannelVar", json!({"channelId": "1", "variable": "a&b=c#d+e", "value": "ü"})),
            "/channels/1/variable?variable=a%26b%3Dc%23d%2Be&value=%C3%BC"
        );
        for id in ["", ".", ".."] {
            assert!(refusal("channels.get", json!({"channelId": id})).contains("channelId"));
        }
    }

    #[test]
    fn scalars_become_text() {
        assert_eq!(target("channels.hold", json!({"channelId": 17})), "/channels/17/hold");
        assert_eq!(
            target("channels.originate", json!({"endpoint": "Local/1", "timeout": "30", "callerId": ""})),
            "/channels?endpoint=Local%2F1&callerId=&timeout=30"
        );
        assert_eq!(
            target("applications.subscribe", json!({"applicationName": "a", "eventSource": ["channel:1", "bridge:2"]})),
            "/applications/a/subscription?eventSource=channel%3A1%2Cbridge%3A2"
        );
    }

    #[test]
    fn mistakes_are_named() {
        assert!(
            refusal("channels.get", json!({})).starts_with("channelId is a required path parameter of channels.get")
        );
        assert!(refusal("channels.get", json!({"channelId": null})).contains("required"));
        let text = refusal("channels.get", json!({"channelId": "1", "chanelId": "1"}));
        assert_eq!(text, "channels.get has no parameter \"chanelId\"; its parameters: channelId");
        assert!(refusal("channels.originate", json!({"endpoint": "x", "timeout": "soon"})).contains("an integer"));
        assert!(refusal("playbacks.control", json!({"playbackId": "1", "operation": "explode"})).contains("allowed: "));
        assert!(refusal("channels.originate", json!({"endpoint": "x", "variables": 5})).contains("variables"));
        assert!(refusal("nope.nope", json!({})).contains("nope.nope"));
    }

    #[test]
    fn bodies_are_wrapped_once() {
        let body = |arguments| prepare("channels.originate", arguments).unwrap().body.unwrap();
        let wanted = r#"{"variables":{"A":1,"B":null}}"#;
        assert_eq!(body(json!({"endpoint": "x", "variables": {"A": 1, "B": null}})), wanted);
        assert_eq!(body(json!({"endpoint": "x", "variables": {"variables": {"A": 1, "B": null}}})), wanted);
        let filter = prepare("applications.filter", json!({"applicationName": "a", "filter": {"allowed": []}}));
        assert_eq!(filter.unwrap().body.unwrap(), r#"{"allowed":[]}"#);
        assert_eq!(prepare("channels.originate", json!({"endpoint": "x"})).unwrap().body, None);
        // The server takes the whole body as the variables of a new bridge.
        for variables in [json!({"A": "1"}), json!({"variables": {"A": "1"}})] {
            let bridge = prepare("bridges.create", json!({ "variables": variables }));
            assert_eq!(bridge.unwrap().body.unwrap(), r#"{"A":"1"}"#);
        }
    }

    #[test]
    fn unknown_arguments_can_be_dropped() {
        let arguments = Arguments::from_iter([("channelId".into(), json!("1")), ("colour".into(), json!("red"))]);
        let prepared = find("channels.get").unwrap().prepare(&arguments, true).unwrap();
        assert_eq!(prepared.target, "/channels/1");
    }
}
