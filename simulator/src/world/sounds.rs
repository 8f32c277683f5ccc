//! The sounds there are: names and lengths of Asterisk's English ones, and those of the options. What is said in them is
//! nobody's business here.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{json, Value};

use crate::options::Options;

/// A name and its seconds a line.
static SOUNDS: LazyLock<BTreeMap<&str, f64>> = LazyLock::new(|| {
    let lines = include_str!("../../resources/sounds.txt").lines();
    lines
        .filter_map(|line| line.split_once(' '))
        .filter_map(|(name, seconds)| Some((name, seconds.parse().ok()?)))
        .collect()
});

/// As Asterisk has them, a folder each.
const LANGUAGES: [&str; 2] = ["en_US_f_Allison", "en"];
const FORMAT: &str = "gsm";
/// The length of a sound that exists because every one does.
const USUAL: f64 = 1.0;

/// How long a sound is; None if there is none of the name.
pub fn seconds(options: &Options, name: &str) -> Option<f64> {
    let named = options.sounds.get(name).or_else(|| SOUNDS.get(name)).copied();
    named.or_else(|| options.sounds.get("*").map(|seconds| if *seconds > 0.0 { *seconds } else { USUAL }))
}

/// A sound as ARI shows it, as far as it is there in the language and format; None if it is not.
pub fn json(options: &Options, name: &str, language: Option<&str>, format: Option<&str>) -> Option<Value> {
    let listed = options.sounds.contains_key(name) && name != "*" || SOUNDS.contains_key(name);
    let formats: Vec<_> = LANGUAGES
        .into_iter()
        .filter(|known| language.is_none_or(|language| language == *known))
        .filter(|_| format.is_none_or(|format| format == FORMAT))
        .map(|known| json!({ "language": known, "format": FORMAT }))
        .collect();
    (listed && !formats.is_empty()).then(|| json!({ "id": name, "formats": formats }))
}

/// The names of all sounds.
pub fn names(options: &Options) -> impl Iterator<Item = &str> {
    let own = options.sounds.keys().map(String::as_str).filter(|name| *name != "*" && !SOUNDS.contains_key(name));
    SOUNDS.keys().copied().chain(own)
}
