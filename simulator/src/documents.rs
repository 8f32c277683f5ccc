//! The Swagger documents, as `GET /ari/api-docs/...` gives them.

use hyper::header::{HeaderMap, HOST};
use serde_json::Value;

use crate::answer::Answer;

macro_rules! documents {
    ($($name:literal),* $(,)?) => {
        &[$((concat!($name, ".json"), include_str!(concat!("../resources/asterisk/api-docs/", $name, ".json")))),*]
    };
}

const LIST: &str = include_str!("../resources/asterisk/resources.json");
const DOCUMENTS: &[(&str, &str)] = documents![
    "applications",
    "asterisk",
    "bridges",
    "channels",
    "deviceStates",
    "endpoints",
    "events",
    "mailboxes",
    "playbacks",
    "recordings",
    "sounds",
];

/// A document, with the address under which the client knows this server.
pub fn answer(name: &str, headers: &HeaderMap) -> Answer {
    let known = DOCUMENTS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text);
    let text = known.or((name == "resources.json").then_some(LIST));
    let Some(mut document) = text.and_then(|text| serde_json::from_str::<Value>(text).ok()) else {
        return Answer::refuse(404, "Resource not found");
    };
    if let Some(host) = headers.get(HOST).and_then(|host| host.to_str().ok()) {
        document["basePath"] = format!("http://{host}/ari").into();
    }
    Answer::json(document)
}
