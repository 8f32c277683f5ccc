//! The documentation of operations and models, put together from Asterisk's prose and facts.

use super::Builder;
use crate::api::{text, Allowed, Operation, Parameter};
use crate::docs::{replace_all, sentence};
use crate::language::View;
use crate::types::Type;

impl Builder<'_> {
    /// A description with fallback, as wrapped paragraphs ready for the `doc` filter.
    pub(super) fn doc(&self, description: &str, fallback: String) -> String {
        let style = &self.language.doc;
        let text = match description.trim() {
            "" => fallback,
            _ => style.prose(&sentence(description)),
        };
        style.paragraphs(&[text])
    }

    /// The first sentence of a description, in one line and without its full stop.
    pub(super) fn brief(&self, description: &str, fallback: &str) -> String {
        match first_sentence(description).trim().trim_end_matches('.') {
            "" => fallback.to_string(),
            first => self.language.doc.prose(first),
        }
    }

    /// Meaning, allowed values and default, as prose.
    pub(super) fn parameter_text(&self, parameter: &Parameter) -> String {
        let style = &self.language.doc;
        let mut sentences = vec![style.prose(&sentence(&parameter.description))];
        sentences.extend(self.allowed_text(&parameter.allowed));
        if let Some(default) = &parameter.default {
            sentences.push(format!("Default: {}.", style.code(&text(default))));
        }
        sentences.retain(|sentence| !sentence.is_empty());
        if sentences.is_empty() {
            sentences.push(sentence(if parameter.required { "Required" } else { "Optional" }));
        }
        sentences.join(" ")
    }

    pub(super) fn allowed_text(&self, allowed: &Allowed) -> Option<String> {
        let code = |value: &dyn std::fmt::Display| self.language.doc.code(&value.to_string());
        match (allowed.values.as_slice(), allowed.minimum, allowed.maximum) {
            ([], None, None) => None,
            ([], Some(minimum), None) => Some(format!("At least {}.", code(&minimum))),
            ([], None, Some(maximum)) => Some(format!("At most {}.", code(&maximum))),
            ([], Some(minimum), Some(maximum)) => Some(format!("From {} to {}.", code(&minimum), code(&maximum))),
            ([only], ..) => Some(format!("Only {}.", code(only))),
            (values, ..) => {
                let values: Vec<String> = values.iter().map(|value| code(value)).collect();
                Some(format!("One of {}.", values.join(", ")))
            }
        }
    }

    pub(super) fn operation_doc(&self, operation: &Operation, parameters: &[&Parameter]) -> String {
        let style = &self.language.doc;
        let sections = &style.operation;
        let mut blocks = vec![style.wrap(
            &match operation.summary.trim() {
                "" => format!("Operation {}.", style.code(&operation.id)),
                summary => style.prose(&sentence(summary)),
            },
            0,
        )];
        let mut push = |block: String| {
            if !block.trim().is_empty() {
                blocks.push(block);
            }
        };
        push(style.wrap(&style.prose(&sentence(&operation.notes)), 0));
        let facts = sections.operation.replace("{method}", &operation.method).replace("{path}", &operation.path);
        push(style.wrap(&facts, 0));
        if !operation.since.is_empty() && !sections.since.is_empty() {
            push(style.wrap(&sections.since.replace("{since}", &operation.since.join(", ")), 0));
        }
        if !parameters.is_empty() && !sections.parameter.is_empty() {
            let mut lines = vec![sections.parameters.clone()];
            for parameter in parameters {
                let context = self.parameter(parameter);
                let fill = |key: &str| context[key].as_str().unwrap_or_default().to_string();
                let line = fill_in(
                    &sections.parameter,
                    &[
                        ("{name}", fill("name")),
                        ("{identifier}", fill("identifier")),
                        ("{type}", fill("type")),
                        ("{text}", self.parameter_text(parameter)),
                    ],
                );
                lines.push(style.wrap(&line, sections.hang));
            }
            lines.push(sections.parameters_end.clone());
            push(join_lines(&lines));
        }
        if operation.returns != Type::Void && !sections.returns.is_empty() {
            let line = fill_in(
                &sections.returns,
                &[
                    ("{type}", self.type_name(&operation.returns, View::Return)),
                    ("{text}", self.returns_text(&operation.returns)),
                ],
            );
            push(style.wrap(&line, sections.hang));
        }
        let errors = self.operation_errors(operation);
        if !errors.is_empty() && !sections.error.is_empty() {
            let mut lines = vec![sections.errors.clone()];
            for error in &errors {
                let line = fill_in(
                    &sections.error,
                    &[
                        ("{class}", error["class"].as_str().unwrap_or_default().to_string()),
                        ("{status}", error["status"].to_string()),
                        ("{text}", self.error_text(error["reason"].as_str().unwrap_or_default())),
                    ],
                );
                lines.push(style.wrap(&line, sections.hang));
            }
            lines.push(sections.errors_end.clone());
            push(join_lines(&lines));
        }
        blocks.join("\n\n")
    }

    /// When an error comes, in words.
    pub(super) fn error_text(&self, reason: &str) -> String {
        self.language.doc.prose(&sentence(match reason {
            "" => "Asterisk does not say why",
            reason => reason,
        }))
    }

    /// What comes back, in words: the first sentence of the model's description.
    pub(super) fn returns_text(&self, returns: &Type) -> String {
        let style = &self.language.doc;
        let about = match returns.model().and_then(|name| self.api.model(name)) {
            Some(model) => style.prose(&sentence(first_sentence(&model.description))),
            None if *returns == Type::Binary => "The bytes.".to_string(),
            None => String::new(),
        };
        match (returns, about.as_str()) {
            (Type::Void, _) => String::new(),
            (Type::List(_), "") => "A list.".to_string(),
            (Type::List(_), about) => format!("A list; each: {about}"),
            (_, "") => format!("{}.", style.code(&returns.to_string())),
            (_, about) => about.to_string(),
        }
    }
}

fn first_sentence(text: &str) -> &str {
    text.split_inclusive(". ").next().unwrap_or_default()
}

/// Fills all holes of a pattern at once, so that a hole in a filled-in text stays text.
fn fill_in(pattern: &str, values: &[(&str, String)]) -> String {
    let replacements: Vec<(String, String)> =
        values.iter().map(|(hole, value)| (hole.to_string(), value.clone())).collect();
    replace_all(pattern, &replacements)
}

fn join_lines(lines: &[String]) -> String {
    lines.iter().filter(|line| !line.is_empty()).cloned().collect::<Vec<_>>().join("\n")
}
