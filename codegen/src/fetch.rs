//! `fetch`: brings in a server's documents. Facts are the server's; descriptions that are there already stay.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use serde_json::{Map, Value};

use crate::api;
use crate::declarations::Declarations;
use crate::error::{Error, Result};
use crate::source::{Credentials, Document, Documents};
use crate::write::Plan;

/// The address that stands in documents kept here; a server writes its own.
const ADDRESS: &str = "http://localhost:8088/ari";

/// Notes of the documents' authors to themselves; no part of the description.
const DROPPED: [&str; 4] = ["_copyright", "_author", "_svn_revision", "__note"];

/// What a fetch would write, and which descriptions are still to be written.
#[derive(Debug)]
pub struct Fetched {
    pub plan: Plan,
    pub empty: Vec<String>,
}

/// Prepares the files of a folder from documents just read; nothing is written yet.
pub fn fetch(documents: &Documents, folder: &Path, without_descriptions: bool) -> Result<Fetched> {
    // What this generator cannot read does not belong into the folder it reads from.
    api::build(&documents.parse()?, &Declarations::embedded()?)?;
    let known = known_prose(folder)?;
    let mut wanted = BTreeMap::new();
    let mut empty = Vec::new();
    let mut keep = |name: &str, document: &Document| -> Result<String> {
        let mut value = read(document)?;
        tidy(&mut value);
        if let Some(address) = value.get_mut("basePath") {
            *address = known.get(&address_slot(name)).cloned().unwrap_or_else(|| ADDRESS.to_string()).into();
        }
        each_slot(name, &mut value, &mut |slot, holder, key| {
            if let Some(ours) = known.get(&slot).filter(|text| !text.is_empty()) {
                holder.insert(key.to_string(), ours.clone().into());
                return;
            }
            let theirs = holder.entry(key).or_insert_with(|| Value::String(String::new()));
            if without_descriptions {
                *theirs = Value::String(String::new());
            }
            if theirs.as_str().unwrap_or_default().is_empty() {
                empty.push(slot);
            }
        });
        let text = serde_json::to_string_pretty(&value).map_err(|error| Error::new(error.to_string()))?;
        Ok(text + "\n")
    };
    wanted.insert(folder.join("resources.json"), keep("resources", &documents.listing)?);
    for (name, document) in &documents.resources {
        wanted.insert(folder.join("api-docs").join(format!("{name}.json")), keep(name, document)?);
    }
    let mut plan = Plan::default();
    for (path, text) in wanted {
        match std::fs::read(&path) {
            Ok(bytes) if bytes == text.as_bytes() => plan.unchanged += 1,
            _ => {
                plan.changed.insert(path, text);
            }
        }
    }
    Ok(Fetched { plan, empty })
}

/// Descriptions in a folder, by the slot they stand in. A folder that is not there has none.
fn known_prose(folder: &Path) -> Result<HashMap<String, String>> {
    let mut known = HashMap::new();
    if !folder.join("resources.json").is_file() {
        return Ok(known);
    }
    let documents = Documents::load(&folder.display().to_string(), &Credentials::default())?;
    let listing = [("resources", &documents.listing)];
    let resources = documents.resources.iter().map(|(name, document)| (name.as_str(), document));
    for (name, document) in listing.into_iter().chain(resources) {
        let mut value = read(document)?;
        if let Some(address) = value.get("basePath").and_then(Value::as_str) {
            known.insert(address_slot(name), address.to_string());
        }
        each_slot(name, &mut value, &mut |slot, holder, key| {
            if let Some(text) = holder.get(key).and_then(Value::as_str) {
                known.insert(slot, text.to_string());
            }
        });
    }
    Ok(known)
}

fn address_slot(document: &str) -> String {
    format!("{document}: basePath")
}

fn read(document: &Document) -> Result<Value> {
    serde_json::from_str(&document.text).map_err(|error| Error::in_file(&document.file, error.to_string()))
}

/// Leaves out what is no part of the description, and mends a misspelt key.
fn tidy(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(tidy),
        Value::Object(fields) => {
            let old = std::mem::take(fields);
            let mut misspelt = None;
            for (key, mut inner) in old {
                // A model may have a property of any name; those are objects, the notes are texts.
                if DROPPED.contains(&key.as_str()) && !inner.is_object() {
                    continue;
                }
                tidy(&mut inner);
                match key.as_str() {
                    "descriptioni" if inner.is_string() => misspelt = Some(inner),
                    _ => {
                        fields.insert(key, inner);
                    }
                }
            }
            if let Some(description) = misspelt {
                fields.entry("description").or_insert(description);
            }
        }
        _ => {}
    }
}

/// Is given a place for prose: its name, what holds it, and the key in there.
type Visit<'a> = dyn FnMut(String, &mut Map<String, Value>, &'static str) + 'a;

/// Visits every place for prose with a name that does not depend on the order of the document.
fn each_slot(document: &str, value: &mut Value, visit: &mut Visit) {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_string);
    let is_listing = document == "resources";
    for path in objects(value.get_mut("apis")) {
        let name = path.get("path").map(text).unwrap_or_default();
        let sort = if is_listing { "resource" } else { "path" };
        visit(format!("{document}: {sort} {name}"), path, "description");
        for operation in objects(path.get_mut("operations")) {
            let name = operation.get("nickname").map(text).unwrap_or_default();
            visit(format!("{document}: {name}.summary"), operation, "summary");
            if operation.contains_key("notes") {
                visit(format!("{document}: {name}.notes"), operation, "notes");
            }
            for parameter in objects(operation.get_mut("parameters")) {
                let parameter_name = parameter.get("name").map(text).unwrap_or_default();
                visit(format!("{document}: {name}({parameter_name})"), parameter, "description");
            }
            for error in objects(operation.get_mut("errorResponses")) {
                let status = error.get("code").map(text).unwrap_or_default();
                visit(format!("{document}: {name}!{status}"), error, "reason");
            }
        }
    }
    let models = value.get_mut("models").and_then(Value::as_object_mut);
    for (name, model) in models.into_iter().flatten() {
        let Some(model) = model.as_object_mut() else { continue };
        visit(format!("{document}: {name}"), model, "description");
        if model.contains_key("notes") {
            visit(format!("{document}: {name}.notes"), model, "notes");
        }
        let properties = model.get_mut("properties").and_then(Value::as_object_mut);
        for (property_name, property) in properties.into_iter().flatten() {
            if let Some(property) = property.as_object_mut() {
                visit(format!("{document}: {name}.{property_name}"), property, "description");
            }
        }
    }
}

fn objects(list: Option<&mut Value>) -> impl Iterator<Item = &mut Map<String, Value>> {
    list.and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut)
}
