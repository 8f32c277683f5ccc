//! Case rules: Asterisk's names in a language's own case.

use serde::Deserialize;

/// How a name is written in a language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Case {
    /// As Asterisk writes it.
    #[default]
    Asis,
    /// `send_dtmf`
    Snake,
    /// `sendDTMF`; a name without separators keeps its inner capitals.
    Camel,
    /// `AsteriskInfo`; inner capitals are kept.
    Pascal,
    /// `send-dtmf`
    Kebab,
    /// `SEND_DTMF`
    Screaming,
}

impl Case {
    pub fn apply(self, name: &str) -> String {
        match self {
            Case::Asis => name.to_string(),
            Case::Snake => words(name).join("_"),
            Case::Kebab => words(name).join("-"),
            Case::Screaming => words(name).join("_").to_uppercase(),
            Case::Pascal => parts(name).map(capitalized).collect(),
            Case::Camel => {
                let mut parts = parts(name);
                let first = parts.next().map(uncapitalized).unwrap_or_default();
                parts.fold(first, |text, part| text + &capitalized(part))
            }
        }
    }
}

fn parts(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty())
}

fn capitalized(part: &str) -> String {
    let mut chars = part.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// `Channel` becomes `channel`, but a leading acronym becomes small as a whole: `RTPstat` is `rtpstat`.
fn uncapitalized(part: &str) -> String {
    let first = split_words(part).into_iter().next().unwrap_or_default();
    if first.chars().count() > 1 && first.chars().all(|c| c.is_uppercase() || c.is_numeric()) {
        return first.to_lowercase() + &part[first.len()..];
    }
    let mut chars = part.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

/// The words of a name, in small letters: `sendDTMFNow2` is `send`, `dtmf`, `now2`.
pub fn words(name: &str) -> Vec<String> {
    parts(name).flat_map(split_words).map(|word| word.to_lowercase()).collect()
}

/// A word begins at a capital after a small letter, and at the last capital of a run before a small letter.
fn split_words(part: &str) -> Vec<String> {
    let chars: Vec<char> = part.chars().collect();
    let mut words: Vec<String> = Vec::new();
    for (i, &c) in chars.iter().enumerate() {
        let begins = match i.checked_sub(1).map(|before| chars[before]) {
            None => true,
            Some(before) if before.is_uppercase() => {
                c.is_uppercase() && chars.get(i + 1).is_some_and(|next| next.is_lowercase())
            }
            Some(_) => c.is_uppercase(),
        };
        if begins {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(c);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_every_case() {
        let cases =
            |name| [Case::Snake, Case::Camel, Case::Pascal, Case::Kebab, Case::Screaming].map(|case| case.apply(name));
        assert_eq!(
            cases("continueInDialplan"),
            [
                "continue_in_dialplan",
                "continueInDialplan",
                "ContinueInDialplan",
                "continue-in-dialplan",
                "CONTINUE_IN_DIALPLAN"
            ]
        );
        assert_eq!(cases("sendDTMF"), ["send_dtmf", "sendDTMF", "SendDTMF", "send-dtmf", "SEND_DTMF"]);
        assert_eq!(
            cases("transfer_progress"),
            ["transfer_progress", "transferProgress", "TransferProgress", "transfer-progress", "TRANSFER_PROGRESS"]
        );
        assert_eq!(
            cases("DTMFReceived2x"),
            ["dtmf_received2x", "dtmfReceived2x", "DTMFReceived2x", "dtmf-received2x", "DTMF_RECEIVED2X"]
        );
        assert_eq!(Case::Asis.apply("rtp_Stat"), "rtp_Stat");
        assert_eq!(Case::Snake.apply("größeÄndern"), "größe_ändern");
    }
}
