//! The shorthand of case files: variables, copies and products, so that a table of statuses stays a table.

use serde_json::{Map, Value};

/// Variables by name, the innermost last.
#[derive(Clone, Default)]
pub struct Scope<'a> {
    frames: Vec<&'a Map<String, Value>>,
}

impl<'a> Scope<'a> {
    pub fn with(&self, variables: &'a Map<String, Value>) -> Self {
        let mut frames = self.frames.clone();
        frames.push(variables);
        Scope { frames }
    }

    /// A variable, or a part of one: `status.code`.
    fn find(&self, path: &str) -> Result<&'a Value, String> {
        let mut parts = path.split('.');
        let name = parts.next().unwrap_or_default();
        let mut value = (self.frames.iter().rev())
            .find_map(|frame| frame.get(name))
            .ok_or_else(|| format!("there is no variable {name:?} for ${{{path}}}"))?;
        for part in parts {
            value = value.get(part).ok_or_else(|| format!("{name:?} has no {part:?} for ${{{path}}}"))?;
        }
        Ok(value)
    }
}

/// Fills in every `${variable}`, spreads every `"..."`, copies every `{"repeat": N, "of": X}` and writes out every
/// `{"times": N, "text": X}`.
pub fn expand(value: &Value, scope: &Scope) -> Result<Value, String> {
    match value {
        Value::String(text) => expand_text(text, scope),
        Value::Array(items) => {
            let mut expanded = Vec::with_capacity(items.len());
            for item in items {
                match as_repeat(item) {
                    Some((times, of)) => {
                        for n in 1..=times {
                            let counter = Map::from_iter([("n".to_owned(), Value::from(n))]);
                            expanded.push(expand(of, &scope.with(&counter))?);
                        }
                    }
                    None => expanded.push(expand(item, scope)?),
                }
            }
            Ok(Value::Array(expanded))
        }
        Value::Object(fields) => {
            if let Some((times, text)) = as_long_text(fields) {
                return expand_text(text, scope)
                    .map(|text| Value::String(text.as_str().unwrap_or_default().repeat(times)));
            }
            let mut expanded = Map::new();
            for (key, field) in fields {
                let field = expand(field, scope)?;
                if key == "..." {
                    let Value::Object(spread) = field else {
                        return Err(format!("\"...\" needs an object, not {field}"));
                    };
                    expanded.extend(spread);
                } else {
                    let Value::String(key) = expand_text(key, scope)? else {
                        return Err(format!("the key {key:?} has to be a text"));
                    };
                    expanded.insert(key, field);
                }
            }
            Ok(Value::Object(expanded))
        }
        other => Ok(other.clone()),
    }
}

fn as_repeat(item: &Value) -> Option<(u64, &Value)> {
    let fields = item.as_object().filter(|fields| fields.len() == 2)?;
    Some((fields.get("repeat")?.as_u64()?, fields.get("of")?))
}

fn as_long_text(fields: &Map<String, Value>) -> Option<(usize, &str)> {
    let times = fields.get("times")?.as_u64().filter(|_| fields.len() == 2)?;
    Some((usize::try_from(times).ok()?, fields.get("text")?.as_str()?))
}

/// A string that is one variable becomes its value, of whatever type; inside a longer string it becomes text.
fn expand_text(text: &str, scope: &Scope) -> Result<Value, String> {
    if let Some(name) = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) {
        if !name.contains('}') {
            return expand(scope.find(name)?, scope);
        }
    }
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let after = &rest[start + 2..];
        let end = after.find('}').ok_or_else(|| format!("\"${{\" without \"}}\" in {text:?}"))?;
        result.push_str(&rest[..start]);
        match expand(scope.find(&after[..end])?, scope)? {
            Value::String(part) => result.push_str(&part),
            part => result.push_str(&part.to_string()),
        }
        rest = &after[end + 1..];
    }
    result.push_str(rest);
    Ok(Value::String(result))
}

/// Every combination of one value of each variable: `{"a": [1, 2], "b": [3]}` is `{a: 1, b: 3}` and `{a: 2, b: 3}`.
pub fn product(each: &Map<String, Value>, scope: &Scope) -> Result<Vec<Map<String, Value>>, String> {
    let mut combinations = vec![Map::new()];
    for (name, values) in each {
        let Value::Array(values) = expand(values, scope)? else {
            return Err(format!("\"each\" needs a list of values for {name:?}"));
        };
        combinations = (combinations.into_iter())
            .flat_map(|combination| {
                values.iter().map(move |value| {
                    let mut longer = combination.clone();
                    longer.insert(name.clone(), value.clone());
                    longer
                })
            })
            .collect();
    }
    Ok(combinations)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn expanded(value: Value, variables: Value) -> Result<Value, String> {
        let variables = variables.as_object().cloned().unwrap_or_default();
        expand(&value, &Scope::default().with(&variables))
    }

    #[test]
    fn a_variable_keeps_its_type_alone_and_is_text_inside_text() {
        let value = expanded(json!({"a": "${n}", "${s.t}": "id-${n}-${s.t}"}), json!({"n": 7, "s": {"t": "x"}}));
        assert_eq!(value, Ok(json!({"a": 7, "x": "id-7-x"})));
    }

    #[test]
    fn variables_may_use_variables_and_be_spread() {
        let value = expanded(json!({"...": "${b}", "z": 2}), json!({"a": 1, "b": {"y": "${a}", "z": 1}}));
        assert_eq!(value, Ok(json!({"y": 1, "z": 2})));
    }

    #[test]
    fn copies_count_from_one() {
        let value = expanded(json!([0, {"repeat": 2, "of": {"n": "${n}"}}]), json!({}));
        assert_eq!(value, Ok(json!([0, {"n": 1}, {"n": 2}])));
    }

    #[test]
    fn a_long_text_is_written_short() {
        let value = expanded(json!({"a": "${x}"}), json!({"x": {"times": 3, "text": "a${s}"}, "s": "b"}));
        assert_eq!(value, Ok(json!({"a": "ababab"})));
    }

    #[test]
    fn an_unknown_variable_is_named() {
        let problem = expanded(json!("x${y.z}"), json!({})).unwrap_err();
        assert_eq!(problem, "there is no variable \"y\" for ${y.z}");
    }

    #[test]
    fn a_product_has_every_combination_in_order() {
        let each = json!({"a": [1, 2], "b": [3, 4]});
        let all = product(each.as_object().unwrap(), &Scope::default()).unwrap();
        let all: Vec<String> = all.into_iter().map(|one| Value::Object(one).to_string()).collect();
        assert_eq!(all, [r#"{"a":1,"b":3}"#, r#"{"a":1,"b":4}"#, r#"{"a":2,"b":3}"#, r#"{"a":2,"b":4}"#]);
    }
}
