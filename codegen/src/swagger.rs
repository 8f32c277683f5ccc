//! Asterisk's Swagger 1.1/1.2 documents, as they are.
//!
//! Faithful, and tolerant of what the releases from 12 on really publish: status codes written as
//! strings, misspelt keys (`descriptioni`, `defalutValue`), notes to the maintainers (`__note`), and
//! keys left out. What a document means is decided in `api.rs`.

use indexmap::IndexMap;
use serde::de::{self, DeserializeOwned, Deserializer};
use serde::Deserialize;
use serde_json::Value;

use crate::error::{Error, Result};

/// `resources.json`: the list of the other documents.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Listing {
    pub swagger_version: String,
    #[serde(default)]
    pub api_version: String,
    pub apis: Vec<ListingEntry>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct ListingEntry {
    pub path: String,
    #[serde(default)]
    pub description: String,
}

impl ListingEntry {
    /// `/api-docs/deviceStates.{format}` names the resource `deviceStates`.
    pub fn resource(&self) -> &str {
        let last = self.path.rsplit('/').next().unwrap_or_default();
        last.strip_suffix(".{format}").or_else(|| last.strip_suffix(".json")).unwrap_or(last)
    }
}

/// One resource's document, such as `channels.json`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Declaration {
    pub swagger_version: String,
    #[serde(default)]
    pub api_version: String,
    #[serde(default, deserialize_with = "one_or_many")]
    pub since: Vec<String>,
    #[serde(default, deserialize_with = "one_or_many")]
    pub requires_modules: Vec<String>,
    pub apis: Vec<Path>,
    #[serde(default)]
    pub models: IndexMap<String, Model>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Path {
    pub path: String,
    /// A path may stand there for its description alone, without operations.
    #[serde(default)]
    pub operations: Vec<Operation>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Operation {
    #[serde(alias = "method")]
    pub http_method: String,
    pub nickname: String,
    #[serde(default)]
    pub summary: String,
    #[serde(default)]
    pub notes: String,
    #[serde(default, deserialize_with = "one_or_many")]
    pub since: Vec<String>,
    pub upgrade: Option<String>,
    #[serde(alias = "type")]
    pub response_class: String,
    #[serde(default)]
    pub parameters: Vec<Parameter>,
    #[serde(default, alias = "responseMessages")]
    pub error_responses: Vec<ErrorResponse>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parameter {
    pub name: String,
    pub description: Option<String>,
    /// A slip of the pen in several releases.
    pub descriptioni: Option<String>,
    pub param_type: String,
    #[serde(alias = "type")]
    pub data_type: String,
    pub required: Option<bool>,
    #[serde(default)]
    pub allow_multiple: bool,
    #[serde(alias = "defalutValue")]
    pub default_value: Option<Value>,
    pub allowable_values: Option<AllowableValues>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct ErrorResponse {
    #[serde(deserialize_with = "status_code")]
    pub code: u16,
    #[serde(default, alias = "message")]
    pub reason: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AllowableValues {
    pub value_type: String,
    #[serde(default)]
    pub values: Vec<Value>,
    pub min: Option<Value>,
    pub max: Option<Value>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Model {
    pub id: Option<String>,
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    pub notes: String,
    pub discriminator: Option<String>,
    #[serde(default)]
    pub sub_types: Vec<String>,
    #[serde(default)]
    pub properties: IndexMap<String, Property>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Property {
    #[serde(rename = "type", alias = "dataType")]
    pub data_type: String,
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    pub required: bool,
    pub allowable_values: Option<AllowableValues>,
}

/// Reads one document; an error names the file, the path inside it and the reason.
pub fn parse<T: DeserializeOwned>(file: &str, text: &str) -> Result<T> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let document = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let reason = error.inner().to_string();
        match path.as_str() {
            "." => Error::in_file(file, reason),
            _ => Error::at(file, path, reason),
        }
    })?;
    reader.end().map_err(|error| Error::in_file(file, error.to_string()))?;
    Ok(document)
}

/// `"since": "12.0.0"` and `"since": ["12.0.0"]` say the same.
fn one_or_many<'de, D: Deserializer<'de>>(reader: D) -> std::result::Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected a text or a list of texts")]
    enum OneOrMany {
        One(String),
        Many(Vec<String>),
    }
    Ok(match OneOrMany::deserialize(reader)? {
        OneOrMany::One(text) => vec![text],
        OneOrMany::Many(texts) => texts,
    })
}

/// A status code is a number, but two operations of Asterisk write it as a string.
fn status_code<'de, D: Deserializer<'de>>(reader: D) -> std::result::Result<u16, D::Error> {
    let value = Value::deserialize(reader)?;
    let code = match &value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    code.and_then(|code| u16::try_from(code).ok())
        .filter(|code| (100..600).contains(code))
        .ok_or_else(|| de::Error::custom(format!("{value} is no HTTP status code")))
}
