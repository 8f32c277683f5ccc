//! `/sounds`.

use super::unknown;
use crate::answer::{Answer, Outcome};
use crate::table::Call;
use crate::world::sounds;
use crate::world::World;

pub fn perform(world: &mut World, call: &Call) -> Outcome {
    let options = &world.options;
    match call.operation.id {
        "sounds.list" => {
            let (language, format) = (call.text("lang"), call.text("format"));
            let json = |name| sounds::json(options, name, language.as_deref(), format.as_deref());
            let found: Vec<_> = sounds::names(options).filter_map(json).collect();
            match found.is_empty() {
                true => Err(Answer::refuse(404, "No sounds found that matched the query")),
                false => Ok(Answer::json(found.into())),
            }
        }
        "sounds.get" => {
            let sound = sounds::json(options, call.path("soundId"), None, None);
            sound.map(Answer::json).ok_or_else(|| Answer::refuse(404, "Sound not found"))
        }
        _ => unknown(call),
    }
}
