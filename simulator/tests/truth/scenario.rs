//! Scenarios as they lie in `test_resources/scenarios`.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    #[serde(skip)]
    pub name: String,
    pub about: String,
    pub steps: Vec<Step>,
}

/// One thing that is done, and the events that have to have come before the next.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// `METHOD /path`, below `/ari`.
    pub request: Option<String>,
    #[serde(default)]
    pub query: Map<String, Value>,
    /// Sent as JSON; a text is sent as it is, whether it is JSON or not.
    pub body: Option<Value>,
    /// `username:password` where it is not the usual user.
    pub login: Option<String>,
    /// Of an answer that is the server's own, such as the list of its modules, only the status is told.
    #[serde(default)]
    pub status_only: bool,
    /// The name of a new event connection; the query says for which applications.
    pub connect: Option<String>,
    /// The name of an event connection that is closed.
    pub disconnect: Option<String>,
    /// Milliseconds, where there is no event to wait for.
    pub pause: Option<u64>,
    #[serde(default)]
    pub until: Vec<Wait>,
    #[serde(default)]
    pub races: Vec<Race>,
    /// Types of events that another thread of Asterisk makes than the rest, so that they come before or after them.
    #[serde(default)]
    pub loose: Vec<String>,
}

/// A value that is one or the other in Asterisk itself, as its threads come along.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Race {
    /// The event's type, or `answer`.
    pub of: String,
    #[serde(default)]
    with: Value,
    /// A JSON pointer to the object, and the field in it.
    at: String,
    field: String,
    /// `null` is a field that is not there.
    values: [Value; 2],
}

impl Race {
    pub fn settle(&self, value: &mut Value) {
        if !contains(value, &self.with) {
            return;
        }
        let Some(Value::Object(fields)) = value.pointer_mut(&self.at) else { return };
        if self.values.contains(fields.get(&self.field).unwrap_or(&Value::Null)) {
            let either: Vec<String> = self.values.iter().map(Value::to_string).collect();
            fields.insert(self.field.clone(), format!("<{}>", either.join(" or ")).into());
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wait {
    pub event: String,
    /// Fields of the event, of objects in it as far as they are given.
    #[serde(default)]
    pub with: Value,
    /// The connection, where it is not the first.
    #[serde(default = "main")]
    pub on: String,
    #[serde(default = "one")]
    pub times: usize,
}

fn main() -> String {
    "main".to_string()
}

fn one() -> usize {
    1
}

impl Scenario {
    /// All of them in the order of their names.
    pub fn all() -> Vec<Scenario> {
        let mut files: Vec<PathBuf> =
            std::fs::read_dir(folder()).expect("the scenarios").map(|file| file.unwrap().path()).collect();
        files.retain(|file| file.extension().is_some_and(|end| end == "json") && !file.ends_with("differences.json"));
        files.sort();
        let read = |file: PathBuf| {
            let text = std::fs::read_to_string(&file).unwrap();
            let scenario: Scenario =
                serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            Scenario { name: file.file_stem().unwrap().to_string_lossy().into_owned(), ..scenario }
        };
        files.into_iter().map(read).collect()
    }

    /// All, or the ones that SCENARIO names.
    pub fn wanted() -> Vec<Scenario> {
        let mut all = Scenario::all();
        if let Ok(names) = std::env::var("SCENARIO") {
            all.retain(|scenario| names.split(',').any(|name| name == scenario.name));
            assert!(!all.is_empty(), "no scenario is called {names}");
        }
        all
    }

    pub fn golden(&self) -> PathBuf {
        folder().join(format!("{}.trace", self.name))
    }
}

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../test_resources/scenarios")
}

impl Wait {
    pub fn met(&self, inbox: &[(String, Value)]) -> bool {
        let fits = |(on, event): &&(String, Value)| {
            *on == self.on && event["type"] == *self.event && contains(event, &self.with)
        };
        inbox.iter().filter(fits).count() >= self.times
    }
}

fn contains(whole: &Value, part: &Value) -> bool {
    match part {
        Value::Null => true,
        Value::Object(fields) => fields.iter().all(|(name, value)| contains(&whole[name], value)),
        _ => whole == part,
    }
}
