//! `/asterisk`.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{json, Map, Value};

use super::unknown;
use crate::answer::{Answer, Outcome};
use crate::table::Call;
use crate::world::system::{System, MESSAGES};
use crate::world::{now, World, ENTITY};

pub fn perform(world: &mut World, call: &Call) -> Outcome {
    match call.operation.id {
        "asterisk.ping" => Ok(Answer::json(json!({ "asterisk_id": ENTITY, "ping": "pong", "timestamp": now() }))),
        "asterisk.getInfo" => Ok(Answer::json(info(world, &call.list("only")).into())),
        "asterisk.getGlobalVar" => Ok(Answer::json(json!({ "value": variable(world, &name(call)?) }))),
        "asterisk.setGlobalVar" => {
            let name = name(call)?;
            let value = call.text("value").unwrap_or_default();
            let bare = name.strip_prefix("GLOBAL(").and_then(|rest| rest.strip_suffix(')')).unwrap_or(&name);
            world.globals.insert(bare.to_owned(), value);
            Ok(Answer::nothing())
        }
        "asterisk.listModules" => Ok(Answer::json(world.system.modules().map(module).collect())),
        "asterisk.getModule" | "asterisk.loadModule" | "asterisk.unloadModule" | "asterisk.reloadModule" => {
            modules(world, call, call.path("moduleName"))
        }
        "asterisk.listLogChannels" | "asterisk.addLog" | "asterisk.deleteLog" | "asterisk.rotateLog" => {
            logging(world, call, call.path("logChannelName"))
        }
        "asterisk.getObject" | "asterisk.updateObject" | "asterisk.deleteObject" => object(world, call),
        _ => unknown(call),
    }
}

fn info(world: &World, only: &[String]) -> Map<String, Value> {
    let Value::Object(mut info) = json!({
        "build": {
            "os": "Linux",
            "kernel": "unknown",
            "machine": "unknown",
            "options": "",
            "date": world.started,
            "user": "nobody",
        },
        "system": { "version": world.options.version, "entity_id": ENTITY },
        "config": { "name": "", "default_language": "en", "setid": { "user": "", "group": "" } },
        "status": { "startup_time": world.started, "last_reload_time": world.started },
    }) else {
        return Map::new();
    };
    info.retain(|part, _| only.is_empty() || only.contains(part));
    info
}

fn name(call: &Call) -> Result<String, Answer> {
    call.text("variable").ok_or_else(|| Answer::refuse(400, "Variable name is required"))
}

/// Functions have no value here, not even those that need no channel.
fn variable(world: &World, name: &str) -> String {
    match name {
        "EPOCH" => SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()).to_string(),
        _ => world.globals.get(name).cloned().unwrap_or_default(),
    }
}

/// A module as ARI shows it.
fn module(name: &str) -> Value {
    let description = match name {
        "res_ari.so" => "Asterisk RESTful Interface".to_owned(),
        "app_echo.so" => "Simple Echo Application".to_owned(),
        _ => format!("{} (simulated)", name.trim_end_matches(".so")),
    };
    json!({
        "name": name,
        "description": description,
        "use_count": i32::from(System::is_needed(name)),
        "status": "Running",
        "support_level": "core",
    })
}

fn modules(world: &mut World, call: &Call, name: &str) -> Outcome {
    let system = &mut world.system;
    let loaded = system.has_module(name);
    let absent = || Answer::refuse(404, "Module not found in running modules");
    match call.operation.id {
        "asterisk.getModule" if loaded => return Ok(Answer::json(module(name))),
        "asterisk.getModule" => return Err(Answer::refuse(404, "Module could not be found in running modules")),
        "asterisk.loadModule" if loaded => return Err(Answer::refuse(409, "Module is already loaded")),
        "asterisk.loadModule" if !system.load(name) => return Err(Answer::refuse(409, "Module load declined")),
        "asterisk.loadModule" => {}
        _ if !loaded => return Err(absent()),
        "asterisk.unloadModule" if System::is_needed(name) => {
            return Err(Answer::refuse(409, "Module could not be unloaded"));
        }
        "asterisk.unloadModule" => system.unload(name),
        _ => {}
    }
    Ok(Answer::nothing())
}

fn logging(world: &mut World, call: &Call, name: &str) -> Outcome {
    let logs = &mut world.system.logs;
    let absent = || Answer::refuse(404, "Log channel does not exist");
    match call.operation.id {
        "asterisk.listLogChannels" => {
            let channel = |kind: &str, name: &str, configuration: &str| json!({ "channel": name, "type": kind, "status": "Enabled", "configuration": configuration });
            let file =
                |name: &str, configuration: &str| channel("File", &format!("/simulator/log/{name}"), configuration);
            let mut list: Vec<_> = logs.iter().map(|(name, configuration)| file(name, configuration)).collect();
            list.push(file(MESSAGES.0, MESSAGES.1));
            list.push(channel("Console", "", "NOTICE WARNING ERROR VERBOSE "));
            return Ok(Answer::json(list.into()));
        }
        "asterisk.addLog" => {
            if call.text("configuration").is_none() {
                return Err(Answer::refuse(400, "Configuration levels are required"));
            }
            if logs.contains_key(name) || name == MESSAGES.0 {
                return Err(Answer::refuse(409, "Log channel already exists"));
            }
            logs.insert(name.to_owned(), System::levels(&call.list("configuration")));
        }
        "asterisk.deleteLog" => drop(logs.remove(name).ok_or_else(absent)?),
        // Asterisk begins anew with what its configuration file has: what was added is gone.
        _ if logs.contains_key(name) || name == MESSAGES.0 => logs.clear(),
        _ => return Err(absent()),
    }
    Ok(Answer::nothing())
}

fn object(world: &mut World, call: &Call) -> Outcome {
    let [class, kind, id] = ["configClass", "objectType", "id"].map(|name| call.path(name));
    System::check_kind(class, kind).map_err(|message| Answer::refuse(404, message))?;
    let system = &mut world.system;
    let absent = || Answer::refuse(404, format!("Object with id '{id}' not found"));
    match call.operation.id {
        "asterisk.deleteObject" => match system.delete_object(class, kind, id) {
            true => return Ok(Answer::nothing()),
            false => return Err(absent()),
        },
        "asterisk.updateObject" if System::is_read_only(class) => {
            return Err(Answer::refuse(403, format!("Cannot create sorcery objects of type '{kind}'")));
        }
        "asterisk.updateObject" => {
            let given = read_fields(call.body.get("fields"))?;
            system.object_or_new(class, kind, id).extend(given);
        }
        _ => {}
    }
    let object = system.object(class, kind, id).ok_or_else(absent)?;
    let tuple = |(attribute, value): (&String, &String)| json!({ "attribute": attribute, "value": value });
    Ok(Answer::json(object.iter().map(tuple).collect()))
}

fn read_fields(fields: Option<&Value>) -> Result<Vec<(String, String)>, Answer> {
    let bad = || Answer::refuse(400, "Each field needs an attribute and a value");
    let fields = match fields {
        None => return Ok(Vec::new()),
        Some(Value::Array(fields)) => fields,
        Some(_) => return Err(bad()),
    };
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let read = |field: &Value| text(&field["attribute"]).zip(text(&field["value"])).ok_or_else(bad);
    fields.iter().map(read).collect()
}
