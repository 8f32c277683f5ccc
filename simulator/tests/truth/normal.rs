//! The normal form: what changes from run to run becomes a placeholder, the same value the same one.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::{Map, Value};

/// Fields whose values are the run's, or the machine's, own.
const OWN: [(&str, &str); 19] = [
    ("timestamp", "<time>"),
    ("asterisk_id", "<asterisk>"),
    ("entity_id", "<asterisk>"),
    ("creationtime", "<time>"),
    ("creation_time", "<time>"),
    ("startup_time", "<time>"),
    ("last_reload_time", "<time>"),
    ("duration", "<number>"),
    ("duration_ms", "<number>"),
    ("talking_duration", "<number>"),
    ("silence_duration", "<number>"),
    ("use_count", "<number>"),
    ("version", "<version>"),
    ("date", "<date>"),
    ("kernel", "<text>"),
    ("machine", "<text>"),
    ("options", "<text>"),
    ("os", "<text>"),
    ("UNICASTRTP_LOCAL_PORT", "<port>"),
];

/// Lists that come out of a hash table, in any order.
const SETS: [&str; 5] = ["channels", "channel_ids", "bridge_ids", "endpoint_ids", "device_names"];

static GENERATED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d{4})",
        r"|(?<uuid>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})",
        r"|(?<id>\b\d{10}\.\d+)",
        r"|(?<logs>^/.*/log/(asterisk/)?)",
        r"|-(?<n>[0-9a-f]{8}|0x[0-9a-f]+)(?<half>;[12])?$",
    ))
    .unwrap()
});

static DIGITS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\d+").unwrap());

/// The placeholders of a trace.
#[derive(Default)]
pub struct Names {
    known: HashMap<String, String>,
    count: HashMap<&'static str, usize>,
}

impl Names {
    fn of(&mut self, kind: &'static str, value: &str) -> String {
        if let Some(name) = self.known.get(value) {
            return name.clone();
        }
        let count = self.count.entry(kind).or_default();
        *count += 1;
        let name = format!("<{kind}{count}>");
        self.known.insert(value.to_string(), name.clone());
        name
    }

    fn text(&mut self, text: &str) -> String {
        let replaced = GENERATED.replace_all(text, |found: &Captures| {
            if found.name("time").is_some() {
                return "<time>".to_string();
            }
            if found.name("logs").is_some() {
                return "<logs>/".to_string();
            }
            if let Some(n) = found.name("n") {
                let half = found.name("half").map_or("", |half| half.as_str());
                // Each kind of channel counts by itself.
                let technology = text.split('/').next().unwrap_or_default();
                return format!("-{}{half}", self.of("n", &format!("{technology}-{}", n.as_str())));
            }
            let kind = if found.name("uuid").is_some() { "uuid" } else { "id" };
            self.of(kind, &found[0])
        });
        replaced.into_owned()
    }

    /// The value on one line, what says most first.
    pub fn line(&mut self, value: &Value) -> String {
        let ordered = sorted(value, None);
        self.normal(&ordered).to_string()
    }

    fn normal(&mut self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(list) => list.iter().map(|one| self.normal(one)).collect(),
            Value::Object(fields) => {
                let fields = folded(fields);
                let field = |(name, value): (&String, &Value)| {
                    let scalar = value.is_string() || value.is_number();
                    let own = OWN.iter().find(|(key, _)| key == name).filter(|_| scalar);
                    (self.text(name), own.map_or_else(|| self.normal(value), |(_, placeholder)| (*placeholder).into()))
                };
                Value::Object(fields.iter().map(field).collect())
            }
            _ => value.clone(),
        }
    }
}

/// A channel as people write it: what is as with most channels is left out (`null` where there is nothing at all), caller and
/// dialplan are one text each.
fn folded(fields: &Map<String, Value>) -> Map<String, Value> {
    let mut fields = fields.clone();
    if !["id", "name", "state", "dialplan"].iter().all(|name| fields.contains_key(*name)) {
        return fields;
    }
    for (name, usual) in [("accountcode", ""), ("language", "en"), ("protocol_id", "")] {
        if fields.entry(name).or_insert(Value::Null) == usual {
            fields.shift_remove(name);
        }
    }
    if fields.entry("creationtime").or_insert(Value::Null).is_string() {
        fields.shift_remove("creationtime");
    }
    for name in ["caller", "connected"] {
        let party = fields.entry(name).or_insert(Value::Null);
        if let Some(text) = texts(party, &["name", "number"]).map(|text| format!("{} <{}>", text[0], text[1])) {
            *party = text.into();
            if party == " <>" {
                fields.shift_remove(name);
            }
        }
    }
    let dialplan = &mut fields["dialplan"];
    if let Some(text) = texts(dialplan, &["context", "exten", "priority", "app_name", "app_data"]) {
        *dialplan = format!("{},{},{} {}({})", text[0], text[1], text[2], text[3], text[4]).into();
    }
    fields
}

/// The values of the fields where the object has these and no others.
fn texts(object: &Value, names: &[&str]) -> Option<Vec<String>> {
    let fields = object.as_object().filter(|fields| fields.len() == names.len())?;
    let text = |name: &&str| match fields.get(*name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if *name == "priority" => Some(number.to_string()),
        _ => None,
    };
    names.iter().map(text).collect()
}

/// Fields and sets in an order that does not depend on the server.
fn sorted(value: &Value, key: Option<&str>) -> Value {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<(String, Value)> =
                fields.iter().map(|(name, value)| (name.clone(), sorted(value, Some(name)))).collect();
            let rank = |name: &str| {
                ["type", "id", "name", "state"].iter().position(|first| *first == name).unwrap_or(usize::MAX)
            };
            fields.sort_by(|(a, _), (b, _)| rank(a).cmp(&rank(b)).then_with(|| a.cmp(b)));
            Value::Object(fields.into_iter().collect::<Map<_, _>>())
        }
        Value::Array(list) => {
            let mut list: Vec<Value> = list.iter().map(|one| sorted(one, None)).collect();
            if key.is_none_or(|key| SETS.contains(&key)) {
                list.sort_by(|a, b| natural(&a.to_string(), &b.to_string()));
            }
            Value::Array(list)
        }
        _ => value.clone(),
    }
}

/// By what is left without the generated parts, then by age: generated numbers grow.
pub fn natural(a: &str, b: &str) -> Ordering {
    let masked = |text: &str| Names::default().text(&DIGITS.replace_all(text, "0"));
    let numbers = |text: &str| -> Vec<u128> {
        DIGITS.find_iter(text).map(|digits| digits.as_str().parse().unwrap_or(u128::MAX)).collect()
    };
    masked(a).cmp(&masked(b)).then_with(|| numbers(a).cmp(&numbers(b))).then_with(|| a.cmp(b))
}

/// The object whose story an event belongs to: of one object, Asterisk's order is kept.
pub fn object_of(event: &Value) -> String {
    for (field, key) in [("channel", "id"), ("peer", "id"), ("bridge", "id")] {
        if let Some(id) = event[field][key].as_str() {
            let kind = if field == "peer" { "channel" } else { field };
            return format!("{kind}:{id}");
        }
    }
    for field in ["playback", "recording"] {
        if let Some(target) = event[field]["target_uri"].as_str() {
            return target.to_string();
        }
    }
    match (event["device_state"]["name"].as_str(), event["endpoint"]["resource"].as_str()) {
        (Some(device), _) => format!("deviceState:{device}"),
        (_, Some(endpoint)) => format!("endpoint:{endpoint}"),
        _ => String::new(),
    }
}
