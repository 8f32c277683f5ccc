//! Which operation a request is, and with which arguments: read from the operation table that the clients use, too.

use std::collections::HashMap;
use std::sync::LazyLock;

use ari_core::generated::operations::OPERATIONS;
use ari_core::operation::{Location, Method, Operation};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::answer::Answer;

/// A request below `/ari` as it came.
#[derive(Clone, Debug, Default)]
pub struct Request {
    pub method: String,
    /// Path below `/ari`, still encoded.
    pub path: String,
    /// The query, still encoded.
    pub query: String,
    pub content_type: String,
    pub body: Vec<u8>,
}

/// A request that is an operation, with its arguments by name.
#[derive(Clone, Debug)]
pub struct Call {
    pub operation: &'static Operation,
    pub arguments: Map<String, Value>,
    /// The JSON of the body, as far as it is an object.
    pub body: Map<String, Value>,
}

/// An operation with its path cut at the slashes; parameters are the segments in braces.
type Route = (&'static Operation, Vec<&'static str>);

/// The operations, by how many segments their paths have.
static ROUTES: LazyLock<HashMap<usize, Vec<Route>>> = LazyLock::new(|| {
    let mut routes: HashMap<usize, Vec<Route>> = HashMap::new();
    for operation in OPERATIONS {
        let segments: Vec<_> = operation.path.trim_start_matches('/').split('/').collect();
        routes.entry(segments.len()).or_default().push((operation, segments));
    }
    routes
});

fn is_parameter(segment: &str) -> bool {
    segment.starts_with('{')
}

/// The operations of a path, the most literal path first: `/channels/externalMedia` before `/channels/{channelId}`.
fn candidates(path: &str) -> Vec<(&'static Operation, Vec<String>)> {
    let given: Vec<String> = path
        .trim_start_matches('/')
        .split('/')
        .map(|part| percent_decode_str(part).decode_utf8_lossy().into())
        .collect();
    let fits =
        |segments: &[&str]| segments.iter().zip(&given).all(|(segment, part)| is_parameter(segment) || segment == part);
    let mut found: Vec<_> = ROUTES
        .get(&given.len())
        .into_iter()
        .flatten()
        .filter(|(_, segments)| fits(segments))
        .map(|(operation, segments)| (*operation, segments))
        .collect();
    found.sort_by_key(|(_, segments)| segments.iter().map(|segment| is_parameter(segment)).collect::<Vec<_>>());
    let literal = found.first().map(|(operation, _)| operation.path);
    found
        .into_iter()
        .filter(|(operation, _)| Some(operation.path) == literal)
        .map(|(operation, segments)| {
            let values = segments.iter().zip(&given).filter(|(segment, _)| is_parameter(segment));
            (operation, values.map(|(_, part)| part.clone()).collect())
        })
        .collect()
}

/// Whether there is no operation at this path, but some below it.
fn is_folder(path: &str) -> bool {
    let given: Vec<_> = path.trim_start_matches('/').split('/').collect();
    let begins = |segments: &Vec<&str>| {
        segments.len() > given.len()
            && segments.iter().zip(&given).all(|(segment, part)| is_parameter(segment) || segment == part)
    };
    given == [""] || ROUTES.values().flatten().any(|(_, segments)| begins(segments))
}

/// The operation of a request and its arguments, or what Asterisk answers to what is none.
pub fn read(request: &Request) -> Result<Call, Answer> {
    if request.path.len() > 1 && request.path.ends_with('/') {
        let path = request.path.trim_end_matches('/');
        return Err(Answer::refuse(404, format!("ARI URLs do not end with a slash. Try /ari{path}")));
    }
    let candidates = candidates(&request.path);
    if candidates.is_empty() {
        return Err(match is_folder(&request.path) {
            true => Answer::refuse(405, "Invalid method").header("Allow", "OPTIONS"),
            false => Answer::refuse(404, "Resource not found"),
        });
    }
    let body = read_body(request)?;
    let allowed = || {
        let methods = ["GET", "POST", "PUT", "DELETE"].into_iter();
        let known =
            methods.filter(|method| candidates.iter().any(|(operation, _)| operation.method.as_str() == *method));
        std::iter::once("OPTIONS").chain(known).collect::<Vec<_>>().join(",")
    };
    if request.method == "OPTIONS" {
        return Err(Answer::nothing().header("Allow", allowed()));
    }
    let method = Method::parse(&request.method).ok();
    let Some((operation, values)) = candidates.iter().find(|(operation, _)| Some(operation.method) == method) else {
        return Err(Answer::refuse(405, "Invalid method").header("Allow", allowed()));
    };
    let mut arguments = Map::new();
    let in_path = operation.parameters.iter().filter(|parameter| parameter.location == Location::Path);
    // The path's order counts, not the parameters'.
    let names: Vec<_> =
        operation.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
    for parameter in in_path {
        if let Some(at) = names.iter().position(|name| *name == parameter.name) {
            arguments.insert(parameter.name.into(), values[at].clone().into());
        }
    }
    // Of a name that is repeated the last one counts, and the body counts more than the query.
    for (name, value) in pairs(&request.query).filter(|(name, _)| name != "api_key") {
        insert_unless_path(operation, &mut arguments, name, value.into());
    }
    for (name, value) in &body {
        insert_unless_path(operation, &mut arguments, name.clone(), value.clone());
    }
    Ok(Call { operation, arguments, body })
}

fn insert_unless_path(operation: &Operation, arguments: &mut Map<String, Value>, name: String, value: Value) {
    let in_path = |parameter: &&ari_core::operation::Parameter| parameter.location == Location::Path;
    if !operation.parameters.iter().filter(in_path).any(|parameter| parameter.name == name) {
        arguments.insert(name, value);
    }
}

fn read_body(request: &Request) -> Result<Map<String, Value>, Answer> {
    if request.body.is_empty() {
        return Ok(Map::new());
    }
    let kind = request.content_type.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        let text = String::from_utf8_lossy(&request.body);
        return Ok(pairs(&text).map(|(name, value)| (name, value.into())).collect());
    }
    if !kind.eq_ignore_ascii_case("application/json") {
        return Ok(Map::new());
    }
    match serde_json::from_slice(&request.body) {
        Ok(Value::Object(body)) => Ok(body),
        Ok(Value::Array(_)) => Ok(Map::new()),
        _ => Err(Answer::refuse(400, "Error parsing request body")),
    }
}

/// The names and values of a query or form.
pub fn pairs(text: &str) -> impl Iterator<Item = (String, String)> + '_ {
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    text.split('&').filter(|pair| !pair.is_empty()).map(move |pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(name), decode(value))
    })
}

impl Call {
    /// An argument as text; an empty one is as good as none, as Asterisk has it.
    pub fn text(&self, name: &str) -> Option<String> {
        self.given(name).filter(|text| !text.is_empty())
    }

    /// An argument as text, even if it is empty.
    pub fn given(&self, name: &str) -> Option<String> {
        match self.arguments.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            Value::Array(items) => Some(
                items
                    .iter()
                    .map(|item| item.as_str().map_or(item.to_string(), str::to_owned))
                    .collect::<Vec<_>>()
                    .join(","),
            ),
            other => Some(other.to_string()),
        }
    }

    /// A parameter of the path, which is always there.
    pub fn path(&self, name: &str) -> &str {
        self.arguments.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// An argument that takes several values.
    pub fn list(&self, name: &str) -> Vec<String> {
        let text = self.text(name).unwrap_or_default();
        text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
    }

    /// A truth value, in Asterisk's words for it.
    pub fn flag(&self, name: &str) -> Option<bool> {
        let text = self.text(name)?.to_ascii_lowercase();
        Some(matches!(text.as_str(), "true" | "yes" | "1" | "on" | "y" | "t"))
    }

    /// A number. What follows its digits does not count, and no digits are 0: so Asterisk reads numbers.
    pub fn integer(&self, name: &str) -> Option<i64> {
        let text = self.text(name)?;
        let text = text.trim_start();
        let end = text.char_indices().find(|(at, c)| !(c.is_ascii_digit() || *at == 0 && matches!(c, '-' | '+')));
        Some(text[..end.map_or(text.len(), |(at, _)| at)].parse().unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn call(method: &str, path: &str, query: &str, body: Option<Value>) -> Call {
        let request = Request {
            method: method.into(),
            path: path.into(),
            query: query.into(),
            content_type: "application/json; charset=utf-8".into(),
            body: body.map(|body| body.to_string().into_bytes()).unwrap_or_default(),
        };
        read(&request).unwrap()
    }

    #[test]
    fn every_operation_is_found_by_its_own_path() {
        for operation in OPERATIONS {
            let path: Vec<_> =
                operation.path.split('/').map(|part| if is_parameter(part) { "a%2Fb" } else { part }).collect();
            let call = call(operation.method.as_str(), &path.join("/"), "", None);
            assert_eq!(call.operation.id, operation.id);
            for parameter in operation.parameters.iter().filter(|parameter| parameter.location == Location::Path) {
                assert_eq!(call.path(parameter.name), "a/b", "{}", operation.id);
            }
        }
    }

    #[test]
    fn the_body_counts_more_than_the_query_and_the_last_of_a_name_most() {
        let call =
            call("POST", "/channels/c/play", "media=a&media=b&lang=en", Some(json!({"lang": "de", "skipms": 5})));
        assert_eq!(call.text("media").as_deref(), Some("b"));
        assert_eq!(call.text("lang").as_deref(), Some("de"));
        assert_eq!(call.integer("skipms"), Some(5));
    }

    #[test]
    fn what_is_no_operation_is_refused_as_asterisk_refuses_it() {
        let refuse = |method: &str, path: &str| {
            let request = Request { method: method.into(), path: path.into(), ..Request::default() };
            let answer = read(&request).unwrap_err();
            (answer.status, answer.message())
        };
        assert_eq!(refuse("GET", "/nothing"), (404, Some("Resource not found".into())));
        assert_eq!(refuse("GET", "/channels/").0, 404);
        assert_eq!(refuse("GET", "/"), (405, Some("Invalid method".into())));
        assert_eq!(refuse("GET", "/recordings/live"), (405, Some("Invalid method".into())));
        assert_eq!(refuse("PUT", "/channels"), (405, Some("Invalid method".into())));
        assert_eq!(refuse("OPTIONS", "/channels"), (204, None));
    }

    #[test]
    fn numbers_are_read_as_far_as_they_go() {
        let call = call("POST", "/channels/c/play", "skipms=12ab&offsetms=x&lang=-3", None);
        assert_eq!(call.integer("skipms"), Some(12));
        assert_eq!(call.integer("offsetms"), Some(0));
        assert_eq!(call.integer("lang"), Some(-3));
        assert_eq!(call.integer("none"), None);
    }
}
