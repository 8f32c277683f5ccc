//! The API seen through one language: what templates are given. The reference is in `docs/generator.md`.

use std::collections::HashMap;

use serde_json::{json, Map, Value};

use crate::api::{text, Api, Call, Location, Model, Object, Operation, Parameter, Resource};
use crate::declarations::{Declarations, ErrorDeclaration};
use crate::docs::sentence;
use crate::error::{Error, Result};
use crate::language::{Language, Name, View};
use crate::samples;
use crate::types::Type;

mod prose;

/// Everything a template of this language may want to know of the API.
pub fn build(api: &Api, declarations: &Declarations, language: &Language) -> Result<Value> {
    let view = Builder { api, declarations, language };
    view.check_names()?;
    let (events, models): (Vec<&Model>, Vec<&Model>) =
        view.parents_first().into_iter().partition(|model| model.is_event);
    Ok(json!({
        "resources": api.resources.iter().map(|resource| view.resource(resource)).collect::<Vec<_>>(),
        "models": models.into_iter().map(|model| view.model(model)).collect::<Vec<_>>(),
        // Models and events together: some languages keep them in one file.
        "all_models": view.parents_first().into_iter().map(|model| view.model(model)).collect::<Vec<_>>(),
        "events": events.into_iter().map(|model| view.event(model)).collect::<Vec<_>>(),
        "objects": api.objects.iter().map(|object| view.object(object)).collect::<Vec<_>>(),
        "client": api.calls.iter().map(|call| view.call(call)).collect::<Vec<_>>(),
        "errors": view.errors(),
    }))
}

struct Builder<'a> {
    api: &'a Api,
    declarations: &'a Declarations,
    language: &'a Language,
}

impl Builder<'_> {
    /// Two names of Asterisk that become one in a language would silently hide each other.
    fn check_names(&self) -> Result<()> {
        let language = self.language;
        let unique = |place: &str, names: &mut dyn Iterator<Item = &str>, sort: Name| {
            let mut seen: HashMap<String, &str> = HashMap::new();
            for name in names {
                for identifier in language.taken_by(&language.identifier(name, sort), sort) {
                    if let Some(other) = seen.insert(identifier.clone(), name) {
                        return Err(Error::at(
                            format!("templates/{}/language.toml", language.name),
                            place,
                            format!("{other:?} and {name:?} would both be called {identifier:?}"),
                        ));
                    }
                }
            }
            Ok(())
        };
        let resources = &self.api.resources;
        unique("resources", &mut resources.iter().map(|r| r.name.as_str()), Name::Resource)?;
        unique("models", &mut self.api.models.iter().map(|m| m.name.as_str()), Name::Class)?;
        for resource in resources {
            let mut names = resource.operations.iter().map(|o| o.nickname.as_str());
            unique(&resource.name, &mut names, Name::Method)?;
            for operation in &resource.operations {
                let mut names = operation.parameters.iter().map(|p| p.name.as_str());
                unique(&operation.id, &mut names, Name::Parameter)?;
            }
        }
        for model in &self.api.models {
            let properties = self.api.properties(model);
            let mut names = properties.iter().map(|(property, _)| property.name.as_str());
            unique(&model.name, &mut names, Name::Attribute)?;
        }
        Ok(())
    }

    /// Languages that define classes from top to bottom need a parent before its children.
    fn parents_first(&self) -> Vec<&Model> {
        let depth = |model: &Model| {
            std::iter::successors(Some(model), |model| self.api.model(model.parent.as_deref()?)).count()
        };
        let mut models: Vec<&Model> = self.api.models.iter().collect();
        models.sort_by_key(|model| (depth(model), &model.name));
        models
    }

    fn class(&self, name: &str) -> String {
        self.language.identifier(name, Name::Class)
    }

    fn file(&self, name: &str) -> String {
        self.language.case.file.apply(name)
    }

    fn type_name(&self, data_type: &Type, view: View) -> String {
        self.language.type_name(data_type, view, &|name| self.api.object(name).is_some())
    }

    fn resource(&self, resource: &Resource) -> Value {
        let language = self.language;
        let objects: Vec<String> = self
            .api
            .objects
            .iter()
            .filter(|object| object.resource == resource.name)
            .map(|object| self.class(&object.model))
            .collect();
        let name = language.identifier(&resource.name, Name::Resource);
        json!({
            "name": resource.name,
            "identifier": name,
            "alias": name != resource.name && language.is_usable(&resource.name, Name::Resource),
            "class": self.class(&resource.name),
            "file": self.file(&resource.name),
            "description": resource.description,
            "brief": self.brief(&resource.description, &resource.name),
            "doc": self.doc(&resource.description, format!("Operations of {}.", language.doc.code(&resource.name))),
            "since": resource.since,
            "modules": resource.modules,
            "objects": objects,
            "operations": resource.operations.iter().map(|operation| self.operation(operation, &[], true)).collect::<Vec<_>>(),
        })
    }

    /// `filled` names the parameters an object knows by itself.
    fn operation(&self, operation: &Operation, filled: &[&str], with_cases: bool) -> Value {
        let language = self.language;
        let name = language.identifier(&operation.nickname, Name::Method);
        let open: Vec<&Parameter> =
            operation.parameters.iter().filter(|parameter| !filled.contains(&parameter.name.as_str())).collect();
        let parameters: Vec<Value> = open.iter().map(|parameter| self.parameter(parameter)).collect();
        let some = |wanted: &dyn Fn(&Parameter) -> bool| -> Vec<&Value> {
            let pairs = open.iter().zip(&parameters);
            pairs.filter(|(parameter, _)| wanted(parameter)).map(|(_, value)| value).collect()
        };
        // By position they are given as they stand in the path, whatever the document's order.
        let mut identity = some(&|parameter| parameter.location == Location::Path);
        let position = |name: &Value| operation.path.find(&format!("{{{}}}", name.as_str().unwrap_or_default()));
        identity.sort_by_key(|parameter| position(&parameter["name"]));
        let required = some(&|parameter| parameter.location != Location::Path && parameter.required);
        let needed: Vec<&Value> = identity.iter().chain(&required).copied().collect();
        let mut value = json!({
            "id": operation.id,
            "resource": operation.resource,
            "nickname": operation.nickname,
            "name": name,
            "alias": self.alias(operation, &name),
            "class": self.class(&operation.nickname),
            "resource_identifier": language.identifier(&operation.resource, Name::Resource),
            "method": operation.method,
            "path": operation.path,
            "upgrade": operation.upgrade.is_some(),
            "summary": operation.summary,
            "notes": operation.notes,
            "doc": self.operation_doc(operation, &open),
            "since": operation.since,
            "parameters": parameters,
            "identity": identity,
            "required": required,
            // Identity and required: what a caller has to give.
            "needed": needed,
            "optional": some(&|parameter| !parameter.required),
            "returns": self.returns(&operation.returns),
            "creates": self.api.creates(operation).map(|parameter| &parameter.name),
            "errors": self.operation_errors(operation),
        });
        if with_cases && language.cases {
            value["cases"] = Value::Array(samples::operation_cases(self.api, self.declarations, operation));
        }
        value
    }

    /// Whether the nickname is another name of the operation: it is not its name, and no other operation's either.
    fn alias(&self, operation: &Operation, name: &str) -> bool {
        let language = self.language;
        let resource = self.api.resources.iter().find(|resource| resource.name == operation.resource);
        let others = resource.into_iter().flat_map(|resource| &resource.operations).filter(|o| o.id != operation.id);
        let taken: Vec<String> = others
            .flat_map(|other| language.taken_by(&language.identifier(&other.nickname, Name::Method), Name::Method))
            .collect();
        name != operation.nickname
            && language.is_usable(&operation.nickname, Name::Method)
            && !language.taken_by(&operation.nickname, Name::Method).iter().any(|name| taken.contains(name))
    }

    fn parameter(&self, parameter: &Parameter) -> Value {
        let language = self.language;
        let identifier = language.identifier(&parameter.name, Name::Parameter);
        let one = self.type_name(&parameter.data_type, View::Parameter);
        let full = match parameter.multiple {
            true => language.multiple(&one, View::Parameter),
            false => one,
        };
        let raw_type = match parameter.multiple {
            true => format!("List[{}]", parameter.data_type),
            false => parameter.data_type.to_string(),
        };
        json!({
            "name": parameter.name,
            "identifier": identifier,
            "escaped": identifier != parameter.name,
            // For languages where an optional parameter is set by a method of its own.
            "setter": language.identifier(&parameter.name, Name::Method),
            "location": parameter.location.as_str(),
            "required": parameter.required,
            "multiple": parameter.multiple,
            "kind": parameter.data_type.kind(),
            "raw_type": raw_type,
            "type": full,
            "optional_type": language.optional(&full, View::Parameter),
            "default": parameter.default,
            "default_text": parameter.default.as_ref().map(text),
            "allowed": parameter.allowed.values,
            "minimum": parameter.allowed.minimum,
            "maximum": parameter.allowed.maximum,
            "description": parameter.description,
            "doc": language.doc.wrap(&self.parameter_text(parameter), 0),
        })
    }

    fn returns(&self, returns: &Type) -> Value {
        let model = returns.model();
        let object = model.filter(|name| self.api.object(name).is_some());
        let kind = match returns {
            Type::Void => "void",
            Type::Binary => "binary",
            Type::List(_) => "list",
            Type::Model(_) if object.is_some() => "object",
            Type::Model(_) => "model",
            _ => "value",
        };
        json!({
            "raw": returns.to_string(),
            "type": self.type_name(returns, View::Return),
            "kind": kind,
            "object": object.map(|name| self.class(name)),
            "model": model.map(|name| self.class(name)),
            "is_list": matches!(returns, Type::List(_)),
            "is_void": *returns == Type::Void,
            "is_binary": *returns == Type::Binary,
            "doc": self.language.doc.wrap(&self.returns_text(returns), 0),
        })
    }

    fn operation_errors(&self, operation: &Operation) -> Vec<Value> {
        let mut errors = operation.errors.clone();
        errors.sort_by_key(|(status, _)| *status);
        errors
            .iter()
            .map(|(status, reason)| {
                json!({
                    "status": status,
                    "class": self.declarations.error_for(*status).map(|error| self.class(&error.class)),
                    "reason": reason,
                    "doc": self.language.doc.wrap(&self.error_text(reason), 0),
                })
            })
            .collect()
    }

    fn model(&self, model: &Model) -> Value {
        let properties: Vec<Value> = self
            .api
            .properties(model)
            .into_iter()
            .map(|(property, origin)| {
                let language = self.language;
                let attribute = language.identifier(&property.name, Name::Attribute);
                let full = self.type_name(&property.data_type, View::Property);
                let inner = property.data_type.model();
                let mut words = vec![language.doc.prose(&sentence(&property.description))];
                words.extend(self.allowed_text(&property.allowed));
                words.retain(|sentence| !sentence.is_empty());
                if words.is_empty() {
                    words.push(format!("Field {}.", language.doc.code(&property.name)));
                }
                json!({
                    "name": property.name,
                    "attribute": attribute,
                    "escaped": attribute != property.name,
                    "required": property.required,
                    "raw_type": property.data_type.to_string(),
                    "kind": property.data_type.kind(),
                    "type": full,
                    "optional_type": language.optional(&full, View::Property),
                    "is_list": matches!(property.data_type, Type::List(_)),
                    "model": inner.map(|name| self.class(name)),
                    "object": inner.filter(|name| self.api.object(name).is_some()).map(|name| self.class(name)),
                    "allowed": property.allowed.values,
                    "inherited": origin != model.name,
                    "recursive": self.api.is_recursive(model, &property.data_type),
                    "description": property.description,
                    "doc": language.doc.wrap(&words.join(" "), 0),
                })
            })
            .collect();
        let own: Vec<&Value> = properties.iter().filter(|property| property["inherited"] == false).collect();
        json!({
            "name": model.name,
            "class": self.class(&model.name),
            "file": self.file(&model.name),
            "parent": model.parent.as_deref().map(|name| self.class(name)),
            "subtypes": model.subtypes.iter().map(|name| self.class(name)).collect::<Vec<_>>(),
            "discriminator": model.discriminator,
            "is_object": self.api.object(&model.name).is_some(),
            "library": model.library,
            "description": model.description,
            "brief": self.brief(&model.description, &model.name),
            "doc": self.doc(&model.description, format!("Model {}.", self.language.doc.code(&model.name))),
            "properties": properties,
            "own_properties": own,
        })
    }

    /// An event is a model that knows which of its fields are domain objects.
    fn event(&self, model: &Model) -> Value {
        let mut value = self.model(model);
        let objects: Vec<Value> = self
            .object_fields(model)
            .map(|(name, class, required)| {
                json!({
                    "field": name,
                    "attribute": self.language.identifier(name, Name::Attribute),
                    "class": self.class(class),
                    "model": class,
                    "required": required,
                })
            })
            .collect();
        value["objects"] = Value::Array(objects);
        if self.language.cases {
            value["cases"] = Value::Array(samples::event_cases(self.api, model));
        }
        value
    }

    /// Fields of a model that hold one domain object.
    fn object_fields<'m>(&'m self, model: &'m Model) -> impl Iterator<Item = (&'m str, &'m str, bool)> {
        self.api.properties(model).into_iter().filter_map(|(property, _)| match &property.data_type {
            Type::Model(name) if self.api.object(name).is_some() => {
                Some((property.name.as_str(), name.as_str(), property.required))
            }
            _ => None,
        })
    }

    fn object(&self, object: &Object) -> Value {
        let language = self.language;
        let filled: Vec<&str> = object.identity.iter().map(|identity| identity.parameter.as_str()).collect();
        let operations: Vec<Value> = object
            .operations
            .iter()
            .filter_map(|id| self.api.operation(id))
            .map(|operation| self.bound(operation, object, &filled))
            .collect();
        let taken: Vec<String> = operations
            .iter()
            .flat_map(|operation| [operation["name"].as_str(), operation["nickname"].as_str()])
            .flatten()
            .flat_map(|name| language.taken_by(name, Name::Method))
            .collect();
        let mut value = match self.api.model(&object.model) {
            Some(model) => self.model(model),
            None => Value::Object(Map::new()),
        };
        for key in ["properties", "own_properties"] {
            for property in value[key].as_array_mut().into_iter().flatten() {
                let shadowed =
                    property["attribute"].as_str().is_some_and(|name| taken.iter().any(|taken| taken == name));
                property["shadowed"] = Value::Bool(shadowed);
            }
        }
        let identity: Vec<Value> = object
            .identity
            .iter()
            .map(|identity| {
                json!({
                    "parameter": identity.parameter,
                    "identifier": language.identifier(&identity.parameter, Name::Parameter),
                    "field": identity.field,
                    "attribute": language.identifier(&identity.field, Name::Attribute),
                })
            })
            .collect();
        let mut events: Vec<Value> = Vec::new();
        for event in self.api.events() {
            for (field, class, _) in self.object_fields(event) {
                if class == object.model {
                    events.push(json!({ "name": event.name, "class": self.class(&event.name), "field": field }));
                }
            }
        }
        value["resource"] = json!(object.resource);
        value["resource_identifier"] = json!(language.identifier(&object.resource, Name::Resource));
        value["resource_class"] = json!(self.class(&object.resource));
        value["identity"] = Value::Array(identity);
        value["operations"] = Value::Array(operations);
        value["events"] = Value::Array(events);
        value
    }

    /// An operation as a method of an object. `arguments` are those of the resource's method, in its order: each is
    /// a parameter, with the attribute that fills it if one does.
    fn bound(&self, operation: &Operation, object: &Object, filled: &[&str]) -> Value {
        let mut value = self.operation(operation, filled, false);
        let mut whole = self.operation(operation, &[], false);
        let mut arguments = whole["needed"].take();
        for argument in arguments.as_array_mut().into_iter().flatten() {
            let part = object.identity.iter().find(|part| argument["name"] == part.parameter);
            argument["attribute"] = json!(part.map(|part| self.language.identifier(&part.field, Name::Attribute)));
        }
        value["arguments"] = arguments;
        value
    }

    fn call(&self, call: &Call) -> Value {
        let name = self.language.identifier(&call.name, Name::Method);
        let operation = self.api.operation(&call.operation).map(|operation| self.operation(operation, &[], false));
        json!({
            "raw": call.name,
            "name": name,
            "alias": name != call.name && self.language.is_usable(&call.name, Name::Method),
            "operation": operation,
        })
    }

    fn errors(&self) -> Vec<Value> {
        let errors = &self.api.errors;
        let by_kind = |kind: &str| errors.iter().find(|error| error.kind == kind);
        let class = |error: &ErrorDeclaration| self.class(&error.class);
        errors
            .iter()
            .map(|error| {
                json!({
                    "kind": error.kind,
                    "class": class(error),
                    "parent": error.parent.as_deref().and_then(by_kind).map(class),
                    "parent_kind": error.parent,
                    "is_root": error.parent.is_none(),
                    "statuses": error.statuses,
                    "fallback": error.fallback,
                    "summary": error.summary,
                    "doc": self.language.doc.wrap(&self.language.doc.prose(&error.summary), 0),
                })
            })
            .collect()
    }
}
