//! `diff`: what changed between two descriptions of the API. Facts only: prose, addresses and order are no facts.

use std::collections::BTreeMap;
use std::fmt;

use crate::api::{text, Allowed, Api};

/// Facts under names, and the parts that have facts of their own.
#[derive(Debug, Default)]
struct Node {
    facts: BTreeMap<&'static str, String>,
    parts: BTreeMap<String, Node>,
}

/// What is different, line by line, and how much there is in each description.
#[derive(Debug)]
pub struct Report {
    added: Vec<String>,
    removed: Vec<String>,
    changed: Vec<String>,
    old: String,
    new: String,
}

/// Compares two descriptions.
pub fn diff(old: &Api, new: &Api) -> Report {
    let mut report =
        Report { added: Vec::new(), removed: Vec::new(), changed: Vec::new(), old: counts(old), new: counts(new) };
    report.compare("", &facts(old), &facts(new));
    report
}

impl Report {
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }

    /// What is there on one side only is said once, without its parts.
    fn compare(&mut self, place: &str, old: &Node, new: &Node) {
        let at = |name: &str| match place {
            "" => name.to_string(),
            _ => format!("{place}, {name}"),
        };
        let empty = String::new();
        for name in old.facts.keys().chain(new.facts.keys().filter(|name| !old.facts.contains_key(*name))) {
            let before = old.facts.get(name).unwrap_or(&empty);
            let after = new.facts.get(name).unwrap_or(&empty);
            if before != after {
                self.changed.push(format!("{}: {} -> {}", at(name), shown(before), shown(after)));
            }
        }
        for (name, part) in &old.parts {
            match new.parts.get(name) {
                Some(other) => self.compare(&at(name), part, other),
                None => self.removed.push(at(name)),
            }
        }
        for name in new.parts.keys().filter(|name| !old.parts.contains_key(*name)) {
            self.added.push(at(name));
        }
    }
}

fn shown(value: &str) -> &str {
    match value {
        "" => "nothing",
        value => value,
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return writeln!(f, "no difference in facts: {}", self.new);
        }
        for (sign, lines) in [("+", &self.added), ("-", &self.removed), ("~", &self.changed)] {
            for line in lines {
                writeln!(f, "{sign} {line}")?;
            }
        }
        writeln!(f, "{} added, {} removed, {} changed", self.added.len(), self.removed.len(), self.changed.len())?;
        writeln!(f, "old: {}", self.old)?;
        writeln!(f, "new: {}", self.new)
    }
}

/// How much a description holds, in one line.
pub fn counts(api: &Api) -> String {
    let operations: Vec<_> = api.resources.iter().flat_map(|resource| &resource.operations).collect();
    let parameters: usize = operations.iter().map(|operation| operation.parameters.len()).sum();
    let models: Vec<_> = api.models.iter().filter(|model| !model.library).collect();
    let events = models.iter().filter(|model| model.is_event).count();
    let properties: usize = models.iter().map(|model| model.properties.len()).sum();
    format!(
        "{} resources, {} operations, {parameters} parameters, {} models, {events} events, {properties} properties",
        api.resources.len(),
        operations.len(),
        models.len()
    )
}

fn facts(api: &Api) -> Node {
    let mut root = Node::default();
    for resource in &api.resources {
        let node = root.part(format!("resource {}", resource.name));
        node.fact("since", resource.since.join(", "));
        node.fact("needs the modules", resource.modules.join(", "));
        for operation in &resource.operations {
            let node = root.part(format!("operation {}", operation.id));
            node.fact("request", format!("{} {}", operation.method, operation.path));
            node.fact("answer", operation.returns.to_string());
            node.fact("since", operation.since.join(", "));
            node.fact("upgrade", operation.upgrade.clone().unwrap_or_default());
            for (status, _) in &operation.errors {
                node.part(format!("error {status}"));
            }
            for parameter in &operation.parameters {
                let node = node.part(format!("parameter {}", parameter.name));
                node.fact("place", parameter.location.as_str().to_string());
                node.fact("type", parameter.data_type.to_string());
                node.fact("required", parameter.required.to_string());
                node.fact("multiple", parameter.multiple.to_string());
                node.fact("default", parameter.default.as_ref().map(text).unwrap_or_default());
                node.fact("allowed", allowed(&parameter.allowed));
            }
        }
    }
    for model in api.models.iter().filter(|model| !model.library) {
        let sort = if model.is_event { "event" } else { "model" };
        let node = root.part(format!("{sort} {}", model.name));
        node.fact("derives from", model.parent.clone().unwrap_or_default());
        node.fact("discriminator", model.discriminator.clone().unwrap_or_default());
        for property in &model.properties {
            let node = node.part(format!("property {}", property.name));
            node.fact("type", property.data_type.to_string());
            node.fact("required", property.required.to_string());
            node.fact("allowed", allowed(&property.allowed));
        }
    }
    root
}

impl Node {
    fn part(&mut self, name: String) -> &mut Node {
        self.parts.entry(name).or_default()
    }

    fn fact(&mut self, name: &'static str, value: String) {
        self.facts.insert(name, value);
    }
}

fn allowed(allowed: &Allowed) -> String {
    let mut parts = Vec::new();
    if !allowed.values.is_empty() {
        // Their order means nothing to the server.
        let mut values = allowed.values.clone();
        values.sort();
        parts.push(values.join(" | "));
    }
    parts.extend(allowed.minimum.map(|minimum| format!("at least {minimum}")));
    parts.extend(allowed.maximum.map(|maximum| format!("at most {maximum}")));
    parts.join(", ")
}
