//! Facts the Swagger documents do not hold, declared as data beside the generator.

use serde::Deserialize;

use crate::error::{Error, Result};

/// Everything in `declarations/`.
#[derive(Debug, Clone)]
pub struct Declarations {
    pub objects: Vec<ObjectDeclaration>,
    pub calls: Vec<CallDeclaration>,
    pub errors: Vec<ErrorDeclaration>,
    pub events: Vec<EventDeclaration>,
    /// Body parameters that are the whole body, whatever the description says.
    pub whole_bodies: Vec<WholeBody>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WholeBody {
    pub operation: String,
    pub parameter: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectDeclaration {
    pub model: String,
    pub resource: String,
    pub identity: Vec<Identity>,
    /// Parameters by which a caller chooses the id of a new one.
    #[serde(default)]
    pub new_id: Vec<String>,
}

#[derive(Debug, Clone, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    pub parameter: String,
    pub field: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallDeclaration {
    pub name: String,
    pub operation: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorDeclaration {
    pub kind: String,
    pub class: String,
    pub parent: Option<String>,
    #[serde(default)]
    pub statuses: Vec<u16>,
    pub fallback: Option<String>,
    pub summary: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventDeclaration {
    pub name: String,
    pub description: String,
    #[serde(default)]
    pub properties: Vec<EventProperty>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventProperty {
    pub name: String,
    #[serde(rename = "type")]
    pub data_type: String,
    pub description: String,
}

#[derive(Deserialize)]
struct Objects {
    object: Vec<ObjectDeclaration>,
}

#[derive(Deserialize)]
struct Calls {
    call: Vec<CallDeclaration>,
}

#[derive(Deserialize)]
struct Errors {
    error: Vec<ErrorDeclaration>,
}

#[derive(Deserialize)]
struct Events {
    event: Vec<EventDeclaration>,
}

#[derive(Deserialize)]
struct Quirks {
    whole_body: Vec<WholeBody>,
}

impl Declarations {
    /// The declarations this generator was built with.
    pub fn embedded() -> Result<Declarations> {
        let objects: Objects = read("objects.toml", include_str!("../declarations/objects.toml"))?;
        let calls: Calls = read("client.toml", include_str!("../declarations/client.toml"))?;
        let errors: Errors = read("errors.toml", include_str!("../declarations/errors.toml"))?;
        let events: Events = read("library-events.toml", include_str!("../declarations/library-events.toml"))?;
        let quirks: Quirks = read("quirks.toml", include_str!("../declarations/quirks.toml"))?;
        Ok(Declarations {
            objects: objects.object,
            calls: calls.call,
            errors: errors.error,
            events: events.event,
            whole_bodies: quirks.whole_body,
        })
    }

    /// The error a status means.
    pub fn error_for(&self, status: u16) -> Option<&ErrorDeclaration> {
        let class = format!("{}xx", status / 100);
        self.errors
            .iter()
            .find(|error| error.statuses.contains(&status))
            .or_else(|| self.errors.iter().find(|error| error.fallback.as_deref() == Some(class.as_str())))
    }
}

fn read<T: serde::de::DeserializeOwned>(name: &str, text: &str) -> Result<T> {
    toml::from_str(text).map_err(|error| Error::in_file(format!("codegen/declarations/{name}"), error.to_string()))
}
