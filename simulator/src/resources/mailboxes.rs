//! `/mailboxes`, for which Asterisk needs a module that not every package brings along.

use serde_json::{json, Value};

use super::unknown;
use crate::answer::{Answer, Outcome};
use crate::table::Call;
use crate::world::World;

pub fn perform(world: &mut World, call: &Call) -> Outcome {
    let name = call.path("mailboxName");
    let not_found = || Answer::refuse(404, "Mailbox not found");
    match call.operation.id {
        "mailboxes.list" => {
            Ok(Answer::json(world.mailboxes.iter().map(|(name, counts)| json(name, *counts)).collect()))
        }
        "mailboxes.get" => {
            let counts = world.mailboxes.get(name).ok_or_else(not_found)?;
            Ok(Answer::json(json(name, *counts)))
        }
        "mailboxes.update" => {
            let count = |name| call.integer(name).unwrap_or(0);
            world.mailboxes.insert(name.to_owned(), (count("oldMessages"), count("newMessages")));
            Ok(Answer::nothing())
        }
        "mailboxes.delete" => {
            world.mailboxes.remove(name).ok_or_else(not_found)?;
            Ok(Answer::nothing())
        }
        _ => unknown(call),
    }
}

fn json(name: &str, (old, new): (i64, i64)) -> Value {
    json!({ "name": name, "old_messages": old, "new_messages": new })
}
