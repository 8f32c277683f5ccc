//! From documents and declarations to the API. Whatever does not fit is said with file and path.

use super::*;
use crate::error::{Error, Result};
use crate::source::{Parsed, ParsedResource};
use crate::swagger;
use std::collections::HashMap;

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"];

/// Builds the API from what a source holds.
pub fn build(parsed: &Parsed, declarations: &Declarations) -> Result<Api> {
    let models = models(parsed, declarations)?;
    let names: HashSet<String> = models.iter().map(|model| model.name.clone()).collect();
    let mut resources = Vec::new();
    let mut seen = HashSet::new();
    for document in &parsed.resources {
        if !seen.insert(&document.name) {
            return Err(Error::in_file(&document.file, format!("the resource {:?} is listed twice", document.name)));
        }
        resources.push(resource(document, &names)?);
    }
    for quirk in &declarations.whole_bodies {
        let operations = resources.iter_mut().flat_map(|resource: &mut Resource| &mut resource.operations);
        for operation in operations.filter(|operation| operation.id == quirk.operation) {
            for parameter in operation.parameters.iter_mut().filter(|parameter| parameter.name == quirk.parameter) {
                parameter.data_type = Type::Object;
            }
        }
    }
    resources.sort_by(|a, b| a.name.cmp(&b.name));
    let mut api =
        Api { resources, models, objects: Vec::new(), calls: Vec::new(), errors: declarations.errors.clone() };
    api.objects = objects(&api, declarations)?;
    api.calls = declarations
        .calls
        .iter()
        .filter(|call| api.operation(&call.operation).is_some())
        .map(|call| Call { name: call.name.clone(), operation: call.operation.clone() })
        .collect();
    Ok(api)
}

fn models(parsed: &Parsed, declarations: &Declarations) -> Result<Vec<Model>> {
    let names: HashSet<&str> =
        parsed.resources.iter().flat_map(|document| document.declaration.models.keys().map(String::as_str)).collect();
    let mut origins: HashMap<&str, &str> = HashMap::new();
    let mut models: Vec<Model> = Vec::new();
    for document in &parsed.resources {
        for (name, model) in &document.declaration.models {
            let place = format!("models.{name}");
            if let Some(other) = origins.insert(name, &document.file) {
                return Err(Error::at(&document.file, place, format!("this model is already declared in {other}")));
            }
            models.push(read_model(&document.file, &place, name, model, &names)?);
        }
    }
    inherit(parsed, &mut models)?;
    if names.contains("Event") {
        for event in &declarations.events {
            // Should Asterisk ever publish an event of this name, Asterisk's it is.
            if !names.contains(event.name.as_str()) {
                models.push(library_event(event)?);
            }
        }
    }
    models.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(models)
}

fn read_model(file: &str, place: &str, name: &str, model: &swagger::Model, names: &HashSet<&str>) -> Result<Model> {
    if let Some(id) = model.id.as_deref().filter(|id| *id != name) {
        return Err(Error::at(
            file,
            format!("{place}.id"),
            format!("{id:?} is not the name under which the model is declared"),
        ));
    }
    let mut properties = Vec::new();
    for (key, property) in &model.properties {
        let place = format!("{place}.properties.{key}");
        let data_type = Type::parse(&property.data_type, &|name| names.contains(name))
            .map_err(|reason| Error::at(file, format!("{place}.type"), reason))?;
        properties.push(Property {
            name: key.clone(),
            description: property.description.clone(),
            data_type,
            required: property.required,
            allowed: allowed(file, &place, property.allowable_values.as_ref())?,
        });
    }
    Ok(Model {
        name: name.to_string(),
        description: sentences(&model.description, &model.notes),
        parent: None,
        subtypes: model.sub_types.clone(),
        discriminator: model.discriminator.clone(),
        properties,
        is_event: false,
        library: false,
    })
}

/// Parents are known only from the `subTypes` of the parent.
fn inherit(parsed: &Parsed, models: &mut [Model]) -> Result<()> {
    let mut parents: HashMap<String, String> = HashMap::new();
    for document in &parsed.resources {
        for (name, model) in &document.declaration.models {
            for (i, child) in model.sub_types.iter().enumerate() {
                let place = format!("models.{name}.subTypes[{i}]");
                if !models.iter().any(|model| model.name == *child) {
                    return Err(Error::at(
                        &document.file,
                        place,
                        format!("{child:?} is not a model of these documents"),
                    ));
                }
                if let Some(other) = parents.insert(child.clone(), name.clone()) {
                    if other != *name {
                        return Err(Error::at(
                            &document.file,
                            place,
                            format!("{child:?} already derives from {other:?}"),
                        ));
                    }
                }
                // Whoever meets himself on the way up is his own ancestor.
                let mut ancestor = Some(name);
                while let Some(current) = ancestor {
                    if current == child {
                        return Err(Error::at(&document.file, place, format!("{child:?} would derive from itself")));
                    }
                    ancestor = parents.get(current);
                }
            }
        }
    }
    for model in models {
        model.parent = parents.get(&model.name).cloned();
        let mut ancestor = model.parent.as_ref();
        while let Some(name) = ancestor {
            model.is_event |= name == "Event";
            ancestor = parents.get(name);
        }
    }
    Ok(())
}

fn library_event(event: &EventDeclaration) -> Result<Model> {
    let file = "codegen/declarations/library-events.toml";
    let properties = event
        .properties
        .iter()
        .map(|property| {
            let place = format!("{}.{}", event.name, property.name);
            let data_type =
                Type::parse(&property.data_type, &|_| false).map_err(|reason| Error::at(file, place, reason))?;
            Ok(Property {
                name: property.name.clone(),
                description: property.description.clone(),
                data_type,
                required: true,
                allowed: Allowed::default(),
            })
        })
        .collect::<Result<_>>()?;
    Ok(Model {
        name: event.name.clone(),
        description: event.description.clone(),
        parent: Some("Event".to_string()),
        subtypes: Vec::new(),
        discriminator: None,
        properties,
        is_event: true,
        library: true,
    })
}

fn resource(document: &ParsedResource, models: &HashSet<String>) -> Result<Resource> {
    let mut operations: Vec<Operation> = Vec::new();
    for (i, path) in document.declaration.apis.iter().enumerate() {
        for (j, operation) in path.operations.iter().enumerate() {
            let place = Place { file: &document.file, path: format!("apis[{i}].operations[{j}]") };
            let operation = place.operation(&document.name, &path.path, operation, models)?;
            if operations.iter().any(|known| known.nickname == operation.nickname) {
                return Err(place.error(
                    "nickname",
                    format!("{:?} has another operation of this resource too", operation.nickname),
                ));
            }
            operations.push(operation);
        }
    }
    Ok(Resource {
        name: document.name.clone(),
        description: document.description.clone(),
        since: document.declaration.since.clone(),
        modules: document.declaration.requires_modules.clone(),
        operations,
    })
}

/// Where an operation stands, for its errors.
struct Place<'a> {
    file: &'a str,
    path: String,
}

impl Place<'_> {
    fn error(&self, key: &str, reason: impl Into<String>) -> Error {
        Error::at(self.file, format!("{}.{key}", self.path), reason)
    }

    fn operation(
        &self,
        resource: &str,
        path: &str,
        operation: &swagger::Operation,
        models: &HashSet<String>,
    ) -> Result<Operation> {
        let method = operation.http_method.to_uppercase();
        if !METHODS.contains(&method.as_str()) {
            return Err(self.error("httpMethod", format!("{:?} is no HTTP method", operation.http_method)));
        }
        if operation.nickname.is_empty() {
            return Err(self.error("nickname", "an operation needs a name"));
        }
        let returns = Type::parse(&operation.response_class, &|name| models.contains(name))
            .map_err(|reason| self.error("responseClass", reason))?;
        let mut parameters: Vec<Parameter> = Vec::new();
        for (i, parameter) in operation.parameters.iter().enumerate() {
            let read = self.parameter(i, parameter, models)?;
            if parameters.iter().any(|known| known.name == read.name) {
                return Err(
                    self.error(&format!("parameters[{i}].name"), format!("there are two parameters {:?}", read.name))
                );
            }
            if read.location == Location::Path && !path.contains(&format!("{{{}}}", read.name)) {
                return Err(self.error(
                    &format!("parameters[{i}].paramType"),
                    format!("the path {path:?} has no place for {:?}", read.name),
                ));
            }
            parameters.push(read);
        }
        for name in placeholders(path) {
            let known = parameters.iter().any(|known| known.location == Location::Path && known.name == name);
            if !known {
                return Err(self.error("parameters", format!("no path parameter fills {{{name}}} of {path:?}")));
            }
        }
        Ok(Operation {
            id: format!("{resource}.{}", operation.nickname),
            resource: resource.to_string(),
            nickname: operation.nickname.clone(),
            method,
            path: path.to_string(),
            upgrade: operation.upgrade.clone(),
            summary: operation.summary.clone(),
            notes: operation.notes.clone(),
            since: operation.since.clone(),
            returns,
            parameters,
            errors: operation.error_responses.iter().map(|error| (error.code, error.reason.clone())).collect(),
        })
    }

    fn parameter(&self, index: usize, parameter: &swagger::Parameter, models: &HashSet<String>) -> Result<Parameter> {
        let place = format!("parameters[{index}]");
        let location = match parameter.param_type.as_str() {
            "path" => Location::Path,
            "query" => Location::Query,
            "body" => Location::Body,
            other => {
                return Err(
                    self.error(&format!("{place}.paramType"), format!("{other:?} is neither path nor query nor body"))
                )
            }
        };
        let full_type = Type::parse(&parameter.data_type, &|name| models.contains(name))
            .map_err(|reason| self.error(&format!("{place}.dataType"), reason))?;
        // In a query a list and `allowMultiple` are the same thing: values joined by commas.
        let (data_type, is_list) = match full_type {
            Type::List(inner) if location != Location::Body => (*inner, true),
            other => (other, false),
        };
        Ok(Parameter {
            name: parameter.name.clone(),
            description: parameter.description.clone().or_else(|| parameter.descriptioni.clone()).unwrap_or_default(),
            location,
            required: location == Location::Path || parameter.required.unwrap_or(false),
            multiple: parameter.allow_multiple || is_list,
            data_type,
            default: parameter.default_value.clone(),
            allowed: allowed(self.file, &format!("{}.{place}", self.path), parameter.allowable_values.as_ref())?,
        })
    }
}

/// Names between braces.
pub fn placeholders(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|part| part.split('}').next())
}

fn allowed(file: &str, place: &str, values: Option<&swagger::AllowableValues>) -> Result<Allowed> {
    let Some(values) = values else {
        return Ok(Allowed::default());
    };
    let place = format!("{place}.allowableValues");
    match values.value_type.as_str() {
        "LIST" => Ok(Allowed { values: values.values.iter().map(text).collect(), ..Allowed::default() }),
        "RANGE" => {
            let bound = |key: &str, value: &Option<Value>| match value {
                None => Ok(None),
                Some(value) => whole_number(value)
                    .map(Some)
                    .ok_or_else(|| Error::at(file, format!("{place}.{key}"), format!("{value} is no whole number"))),
            };
            Ok(Allowed { values: Vec::new(), minimum: bound("min", &values.min)?, maximum: bound("max", &values.max)? })
        }
        other => Err(Error::at(file, format!("{place}.valueType"), format!("{other:?} is neither LIST nor RANGE"))),
    }
}

fn whole_number(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => text.trim().parse().ok(),
        number => number.as_i64().or_else(|| number.as_f64().filter(|f| f.fract() == 0.0).map(|f| f as i64)),
    }
}

/// A scalar as text: strings without quotes.
pub fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Two pieces of prose as one.
fn sentences(first: &str, second: &str) -> String {
    match (first.trim(), second.trim()) {
        (first, "") => first.to_string(),
        ("", second) => second.to_string(),
        (first, second) if first.ends_with(['.', '!', '?']) => format!("{first} {second}"),
        (first, second) => format!("{first}. {second}"),
    }
}

fn objects(api: &Api, declarations: &Declarations) -> Result<Vec<Object>> {
    let mut objects = Vec::new();
    for declared in &declarations.objects {
        let resource = api.resources.iter().find(|resource| resource.name == declared.resource);
        let (Some(model), Some(resource)) = (api.model(&declared.model), resource) else {
            continue;
        };
        for identity in &declared.identity {
            if !model.properties.iter().any(|property| property.name == identity.field) {
                return Err(Error::at(
                    "codegen/declarations/objects.toml",
                    &declared.model,
                    format!("the model has no property {:?}", identity.field),
                ));
            }
        }
        let operations = resource
            .operations
            .iter()
            .filter(|operation| {
                declared
                    .identity
                    .iter()
                    .all(|identity| placeholders(&operation.path).any(|name| name == identity.parameter))
            })
            .map(|operation| operation.id.clone())
            .collect();
        objects.push(Object {
            model: declared.model.clone(),
            resource: declared.resource.clone(),
            identity: declared.identity.clone(),
            new_id: declared.new_id.clone(),
            operations,
        });
    }
    objects.sort_by(|a, b| a.model.cmp(&b.model));
    Ok(objects)
}
