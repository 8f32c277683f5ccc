//! The API as this generator understands it: what the Swagger documents and the declarations mean together,
//! checked, in an order that does not depend on the order of the files.

use std::collections::HashSet;

use serde_json::Value;

use crate::declarations::{Declarations, ErrorDeclaration, EventDeclaration, Identity};
use crate::types::Type;

mod build;

pub use build::{build, text};

/// A whole API.
#[derive(Debug, Clone)]
pub struct Api {
    /// By name.
    pub resources: Vec<Resource>,
    /// By name; events and the library's own events are among them.
    pub models: Vec<Model>,
    /// By name.
    pub objects: Vec<Object>,
    /// The calls of the client itself.
    pub calls: Vec<Call>,
    /// Parents before children.
    pub errors: Vec<ErrorDeclaration>,
}

#[derive(Debug, Clone)]
pub struct Resource {
    pub name: String,
    pub description: String,
    pub since: Vec<String>,
    pub modules: Vec<String>,
    /// In the order of the document.
    pub operations: Vec<Operation>,
}

#[derive(Debug, Clone)]
pub struct Operation {
    /// `channels.originate`
    pub id: String,
    pub resource: String,
    pub nickname: String,
    pub method: String,
    pub path: String,
    pub upgrade: Option<String>,
    pub summary: String,
    pub notes: String,
    pub since: Vec<String>,
    pub returns: Type,
    pub parameters: Vec<Parameter>,
    pub errors: Vec<(u16, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Location {
    Path,
    Query,
    Body,
}

impl Location {
    pub fn as_str(self) -> &'static str {
        match self {
            Location::Path => "path",
            Location::Query => "query",
            Location::Body => "body",
        }
    }
}

#[derive(Debug, Clone)]
pub struct Parameter {
    pub name: String,
    pub description: String,
    pub location: Location,
    pub required: bool,
    /// Several values, joined by commas.
    pub multiple: bool,
    /// Of one value.
    pub data_type: Type,
    pub default: Option<Value>,
    pub allowed: Allowed,
}

/// What values are allowed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Allowed {
    pub values: Vec<String>,
    pub minimum: Option<i64>,
    pub maximum: Option<i64>,
}

#[derive(Debug, Clone)]
pub struct Model {
    pub name: String,
    pub description: String,
    pub parent: Option<String>,
    pub subtypes: Vec<String>,
    pub discriminator: Option<String>,
    /// Without those of the parents.
    pub properties: Vec<Property>,
    /// Derives from `Event`.
    pub is_event: bool,
    /// Made by the library, not by Asterisk.
    pub library: bool,
}

#[derive(Debug, Clone)]
pub struct Property {
    pub name: String,
    pub description: String,
    pub data_type: Type,
    pub required: bool,
    pub allowed: Allowed,
}

/// A domain object.
#[derive(Debug, Clone)]
pub struct Object {
    pub model: String,
    pub resource: String,
    pub identity: Vec<Identity>,
    /// Parameters by which a caller chooses the id of a new one; the first that an operation has counts.
    pub new_id: Vec<String>,
    /// Ids of the operations whose path carries the identity.
    pub operations: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct Call {
    pub name: String,
    pub operation: String,
}

impl Api {
    pub fn model(&self, name: &str) -> Option<&Model> {
        self.models.iter().find(|model| model.name == name)
    }

    pub fn object(&self, model: &str) -> Option<&Object> {
        self.objects.iter().find(|object| object.model == model)
    }

    pub fn operation(&self, id: &str) -> Option<&Operation> {
        self.resources.iter().flat_map(|resource| &resource.operations).find(|operation| operation.id == id)
    }

    /// The parameter by which the caller chooses the id of the object this operation makes. One that says in the path of
    /// the object's own resource which object is meant is none: the object may be there long since.
    pub fn creates<'a>(&self, operation: &'a Operation) -> Option<&'a Parameter> {
        let Type::Model(model) = &operation.returns else { return None };
        let object = self.object(model)?;
        let addresses = |parameter: &Parameter| {
            object.resource == operation.resource
                && parameter.location == Location::Path
                && object.identity.iter().any(|identity| identity.parameter == parameter.name)
        };
        let named = |name: &String| operation.parameters.iter().find(|parameter| parameter.name == *name);
        object.new_id.iter().filter_map(named).find(|parameter| !addresses(parameter))
    }

    /// Properties of a model, those of its parents first, each with the model it comes from.
    /// A property said again by a child replaces its parent's.
    pub fn properties<'a>(&'a self, model: &'a Model) -> Vec<(&'a Property, &'a str)> {
        let mut line = vec![model];
        while let Some(parent) = line.last().and_then(|model| self.model(model.parent.as_deref()?)) {
            line.push(parent);
        }
        let mut seen = HashSet::new();
        let mut found: Vec<(&Property, &str)> = Vec::new();
        for model in line.into_iter().rev() {
            for property in &model.properties {
                if seen.insert(&property.name) {
                    found.push((property, &model.name));
                } else if let Some(slot) = found.iter_mut().find(|(known, _)| known.name == property.name) {
                    *slot = (property, &model.name);
                }
            }
        }
        found
    }

    /// Whether a field of this type, in this model, holds the model again, directly or through other models. Through a
    /// list it does not count: a list may be empty, and in every language it is a thing of its own.
    pub fn is_recursive(&self, model: &Model, data_type: &Type) -> bool {
        let mut seen = HashSet::new();
        let mut open = vec![data_type];
        while let Some(Type::Model(name)) = open.pop() {
            if *name == model.name {
                return true;
            }
            if let Some(inner) = self.model(name).filter(|_| seen.insert(name)) {
                let held = self.properties(inner).into_iter().map(|(property, _)| &property.data_type);
                open.extend(held.filter(|held| matches!(held, Type::Model(_))));
            }
        }
        false
    }

    /// Models derived from `Event`, without `Event` itself.
    pub fn events(&self) -> impl Iterator<Item = &Model> {
        self.models.iter().filter(|model| model.is_event)
    }
}
