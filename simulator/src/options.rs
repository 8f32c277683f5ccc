//! What a simulator can be told before it starts. Every language passes them by these names.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// What a simulator is started with.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Address on which ARI listens. The control interface is on loopback in any case.
    pub host: IpAddr,
    /// Port of ARI; 0 takes a free one.
    pub port: u16,
    /// Port of the control interface; 0 takes a free one.
    pub control_port: u16,
    /// The user that may do everything.
    pub username: String,
    pub password: String,
    /// A user that may only read, with its password.
    pub read_only_username: String,
    pub read_only_password: String,
    /// How many seconds of telephony pass in one second: a prompt of 2 s takes 0.2 s at a speed of 10.
    pub speed: f64,
    /// The release that the simulator says it is; what follows a plus says that it is none.
    pub version: String,
    /// The text of an `extensions.conf`; by default what the tests and examples of the repository use.
    pub dialplan: Option<String>,
    /// Telephones that exist, and what they do when they are called: in JSON an object, or only the `on_call` of one.
    #[serde(deserialize_with = "phones")]
    pub phones: BTreeMap<String, Phone>,
    /// Sounds that exist besides the usual ones, with their length in seconds. `*` lets every name exist. In JSON also a list
    /// of names, of one second each.
    #[serde(deserialize_with = "sounds")]
    pub sounds: BTreeMap<String, f64>,
}

impl Default for Options {
    fn default() -> Self {
        let phones = ["PJSIP/alice", "PJSIP/bob"].map(|name| (name.to_owned(), Phone::default()));
        Options {
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            control_port: 0,
            username: "hey".into(),
            password: "peekaboo".into(),
            read_only_username: "reader".into(),
            read_only_password: "readonly".into(),
            speed: 10.0,
            version: "22.10.1+simulator".into(),
            dialplan: None,
            phones: phones.into(),
            sounds: BTreeMap::new(),
        }
    }
}

impl Options {
    /// Options from JSON; what is left out keeps its default.
    pub fn from_json(text: &str) -> Result<Options, String> {
        let options = serde_json::from_str::<Options>(text).map_err(|why| {
            // Nobody has seen the text that has this line and column.
            let why = why.to_string();
            format!("options of the simulator: {}", why.split(" at line ").next().unwrap_or_default())
        })?;
        options.check()?;
        Ok(options)
    }

    /// What cannot be meant.
    pub fn check(&self) -> Result<(), String> {
        check_speed(self.speed)?;
        for name in self.phones.keys() {
            check_phone(name)?;
        }
        if let Some((name, seconds)) =
            self.sounds.iter().find(|(_, seconds)| !(seconds.is_finite() && **seconds >= 0.0))
        {
            return Err(format!("the sound {name:?} cannot last {seconds} s"));
        }
        Ok(())
    }
}

/// Telephones by their names; what is wrong with one is said with its name.
fn phones<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, Phone>, D::Error> {
    let phone = |form: Value| match form {
        Value::String(_) => OnCall::deserialize(form).map(|on_call| Phone { on_call, ..Phone::default() }),
        form => Phone::deserialize(form),
    };
    let named = |(name, form)| match phone(form) {
        Ok(phone) => Ok((name, phone)),
        Err(why) => Err(D::Error::custom(format!("the telephone {name}: {why}"))),
    };
    BTreeMap::<String, Value>::deserialize(from)?.into_iter().map(named).collect()
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "sounds are names with their lengths in seconds, or a list of names")]
enum SoundsForm {
    Lengths(BTreeMap<String, f64>),
    Names(Vec<String>),
}

fn sounds<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, f64>, D::Error> {
    Ok(match SoundsForm::deserialize(from)? {
        SoundsForm::Lengths(lengths) => lengths,
        SoundsForm::Names(names) => names.into_iter().map(|name| (name, 1.0)).collect(),
    })
}

/// Whether time can pass that fast.
pub fn check_speed(speed: f64) -> Result<(), String> {
    match speed.is_finite() && (0.001..=1_000_000.0).contains(&speed) {
        true => Ok(()),
        false => Err(format!("the speed cannot be {speed}; it has to be between 0.001 and 1000000")),
    }
}

/// Whether this names a telephone: `PJSIP/alice`.
pub fn check_phone(name: &str) -> Result<(), String> {
    match name.split_once('/') {
        Some(("Local", _)) => Err(format!("{name:?} is a way into the dialplan, not a telephone")),
        Some((technology, resource)) if !technology.is_empty() && !resource.is_empty() => Ok(()),
        _ => Err(format!("{name:?} does not name a telephone; PJSIP/alice would")),
    }
}

/// A telephone, and what it does when it is called.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Phone {
    pub on_call: OnCall,
    /// After how many (simulated) seconds it does that.
    pub after: f64,
    /// `online`, `offline` or `unknown`. A telephone that is not online cannot be called.
    pub state: String,
}

impl Default for Phone {
    fn default() -> Self {
        Phone { on_call: OnCall::Ring, after: 0.0, state: "online".into() }
    }
}

/// What a telephone does when it is called.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OnCall {
    /// It rings until the test answers or rejects the call, or the caller gives up.
    #[default]
    Ring,
    /// It rings and answers.
    Answer,
    /// It is busy.
    Busy,
    /// It rings and the call is declined.
    Decline,
    /// Nothing happens at all.
    Silent,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn telephones_and_sounds_have_short_forms() {
        let text = r#"{"phones": {"PJSIP/a": "busy", "PJSIP/b": {"after": 2}}, "sounds": ["x"]}"#;
        let options = Options::from_json(text).unwrap();
        assert_eq!(options.phones["PJSIP/a"].on_call, OnCall::Busy);
        assert_eq!(options.phones["PJSIP/b"], Phone { after: 2.0, ..Phone::default() });
        assert_eq!(options.sounds["x"], 1.0);
        assert_eq!(Options::from_json(r#"{"sounds": {"x": 2}}"#).unwrap().sounds["x"], 2.0);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, why) in [
            (r#"{"phones": {"PJSIP/a": "bussy"}}"#, "PJSIP/a: unknown variant `bussy`, expected one of `ring`"),
            (r#"{"phones": {"PJSIP/a": {"on_cal": "busy"}}}"#, "PJSIP/a: unknown field `on_cal`"),
            (r#"{"phones": {"alice": "busy"}}"#, "PJSIP/alice would"),
            (r#"{"sounds": 5}"#, "a list of names"),
            (r#"{"sounds": {"x": -1}}"#, "cannot last -1 s"),
            (r#"{"spede": 5}"#, "spede"),
            (r#"{"speed": 0}"#, "speed"),
        ] {
            let message = Options::from_json(text).unwrap_err();
            assert!(message.contains(why) && !message.contains("line 1"), "{text}: {message}");
        }
    }
}
