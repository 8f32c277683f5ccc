//! `new-language`: a folder of templates that renders the whole surface at once, to be turned into a language's own.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::write::Plan;

const FILES: [(&str, &str); 7] = [
    ("language.toml", include_str!("../starter/language.toml")),
    ("client.tera", include_str!("../starter/client.tera")),
    ("resource.tera", include_str!("../starter/resource.tera")),
    ("object.tera", include_str!("../starter/object.tera")),
    ("model.tera", include_str!("../starter/model.tera")),
    ("event.tera", include_str!("../starter/event.tera")),
    ("errors.tera", include_str!("../starter/errors.tera")),
];

/// Makes the folder of a new language and gives its path.
pub fn create(templates: &Path, name: &str) -> Result<PathBuf> {
    let is_name = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_'));
    if !is_name {
        return Err(Error::new(format!(
            "{name:?} is no name for a language here: small letters, digits, - and _, beginning with a letter"
        )));
    }
    let folder = templates.join(name);
    if folder.exists() {
        return Err(Error::in_file(folder.display().to_string(), "is there already"));
    }
    let mut plan = Plan::default();
    for (file, text) in FILES {
        plan.changed.insert(folder.join(file), text.replace("NAME", name));
    }
    plan.carry_out()?;
    Ok(folder)
}
