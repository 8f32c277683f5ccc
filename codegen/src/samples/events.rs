//! The cases of an event: as it may come, to a handler of its type, to one of `*`, and to one of each object in it.

use serde_json::{json, Map, Value};

use super::{identity_of, model_value, salt, Style};
use crate::api::{Api, Model};
use crate::types::Type;

/// A field of an event that holds a domain object.
struct Field<'a> {
    name: &'a str,
    class: &'a str,
}

/// How an event comes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Full,
    Minimal,
    Null,
    Awkward,
    Odd,
    Same,
}

/// None for the library's own events, which no server sends.
pub fn cases(api: &Api, event: &Model) -> Vec<Value> {
    if event.library {
        return Vec::new();
    }
    let fields = object_fields(api, event);
    let twice = fields.iter().any(|field| fields.iter().filter(|other| other.class == field.class).count() > 1);
    let mut forms = vec![
        (Form::Full, "full", "with all its fields"),
        (Form::Minimal, "minimal", "with its required fields alone"),
        (Form::Awkward, "awkward", "with texts and numbers that are hard to carry, and a field of a newer server"),
        (Form::Null, "null", "with null in place of every field that is not required"),
    ];
    if !fields.is_empty() {
        forms.push((Form::Odd, "odd", "with something else in place of its objects, and a field of a newer server"));
    }
    if twice {
        forms.push((Form::Same, "same", "with the same object in all fields of a class: each handler is called once"));
    }
    forms.into_iter().map(|(form, name, how)| case(api, event, &fields, form, name, how)).collect()
}

fn object_fields<'a>(api: &'a Api, event: &'a Model) -> Vec<Field<'a>> {
    let properties = api.properties(event).into_iter();
    let object = |name: &str| api.object(name).is_some();
    properties
        .filter_map(|(property, _)| match &property.data_type {
            Type::Model(class) if object(class) => Some(Field { name: &property.name, class }),
            _ => None,
        })
        .collect()
}

fn case(api: &Api, event: &Model, fields: &[Field], form: Form, name: &str, how: &str) -> Value {
    let style = match form {
        Form::Minimal => Style::Bare,
        Form::Null => Style::Null,
        Form::Awkward => Style::Awkward,
        _ => Style::Full,
    };
    let mut frame = model_value(api, event, &event.name, style, 0);
    frame["type"] = json!(event.name);
    if form == Form::Odd {
        frame["of_a_newer_server"] = json!({ "wide": super::wide(0) });
    }
    let mut objects = Map::new();
    let mut handlers = vec![json!({ "name": "type", "event": event.name }), json!({ "name": "every", "event": "*" })];
    let mut reached = vec!["type", "every"];
    for field in fields {
        let of = if form == Form::Same { field.class } else { field.name };
        let (identity, id) = identity_of(api, field.class, of);
        let on = json!({ "class": field.class, "id": id });
        handlers.push(json!({ "name": field.name, "event": event.name, "on": on }));
        if form == Form::Odd {
            let others = [json!(5), json!(true), json!("text"), json!([identity])];
            frame[field.name] = others[salt(&[&event.name, field.name]) % others.len()].clone();
        }
        let there = form != Form::Odd && frame.get(field.name).is_some_and(Value::is_object);
        if there {
            for (part, value) in &identity {
                frame[field.name][part] = value.clone();
            }
            reached.push(field.name);
        }
        objects.insert(field.name.into(), if there { on } else { Value::Null });
    }
    if let Some(field) = fields.first() {
        let (_, nobody) = identity_of(api, field.class, "nobody");
        handlers.push(json!({ "name": "stranger", "event": "*", "on": { "class": field.class, "id": nobody } }));
    }
    // What is not of its type may be told in any way the language has.
    let told = |name: &String| form != Form::Odd || fields.iter().all(|field| field.name != name);
    let told: Map<String, Value> = frame
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| told(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let mut expect = vec![json!({ "handler": "every", "event": "Connected" })];
    expect.extend(reached.iter().map(|handler| json!({ "handler": handler, "event": event.name, "objects": objects })));
    expect[1]["fields"] = Value::Object(told);
    expect.push(json!({ "handler": "every", "event": "ConnectionClosed" }));
    json!({
        "id": format!("event.{}.{name}", event.name),
        "kind": "events",
        "about": format!("{} {how}.", event.name),
        "apps": ["hello"],
        "handlers": handlers,
        "frames": [frame],
        "expect": expect,
    })
}
