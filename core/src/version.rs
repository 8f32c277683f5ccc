//! Asterisk's releases, for advice only: a server is never refused for its age.

use std::fmt;

/// A release number such as 22.10.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Release([u32; 3]);

impl Release {
    /// Reads the first number found: `22.10.1+dfsg` and `certified/18.9-cert3` are releases, a git build is not.
    pub fn parse(text: &str) -> Option<Release> {
        let start = text.find(|c: char| c.is_ascii_digit())?;
        let end =
            text[start..].find(|c: char| c != '.' && !c.is_ascii_digit()).map_or(text.len(), |length| start + length);
        let number = &text[start..end];
        if text[..start].to_ascii_uppercase().contains("GIT") || !number.contains('.') {
            return None;
        }
        let mut parts = [0; 3];
        for (part, digits) in parts.iter_mut().zip(number.split('.')) {
            *part = digits.parse().ok()?;
        }
        Some(Release(parts))
    }

    fn branch(self) -> u32 {
        self.0[0]
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0[0], self.0[1], self.0[2])
    }
}

/// Says that something came after the server's release, if it did. `since` names the first release of each branch.
pub(crate) fn advice(since: &[&str], server: Option<Release>) -> Option<String> {
    let server = server?;
    let mut releases: Vec<Release> = since.iter().filter_map(|text| Release::parse(text)).collect();
    releases.sort();
    // The branch's own entry decides; without one, the next branch that has it.
    let needed = releases.iter().find(|release| release.branch() == server.branch()).or_else(|| {
        releases
            .iter()
            .find(|release| **release > server)
            .filter(|_| !releases.iter().any(|release| release.branch() < server.branch()))
    })?;
    (*needed > server).then(|| format!("needs Asterisk {needed}, server is {server}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_found_in_what_asterisk_says() {
        let parse = |text| Release::parse(text).map(|release| release.to_string());
        assert_eq!(parse("22.10.1+dfsg+~cs6.17.60671434-1").as_deref(), Some("22.10.1"));
        assert_eq!(parse("certified/18.9-cert3").as_deref(), Some("18.9.0"));
        assert_eq!(parse("GIT-master-1a2b3c"), None);
        assert_eq!(parse("unknown"), None);
    }

    #[test]
    fn advice_knows_branches() {
        let since = ["22.6.0", "21.11.0", "20.16.0"];
        let say = |server: &str| advice(&since, Release::parse(server));
        assert_eq!(say("20.9.1").as_deref(), Some("needs Asterisk 20.16.0, server is 20.9.1"));
        assert_eq!(say("16.28.0").as_deref(), Some("needs Asterisk 20.16.0, server is 16.28.0"));
        assert_eq!(say("22.5.9").as_deref(), Some("needs Asterisk 22.6.0, server is 22.5.9"));
        assert_eq!(say("20.16.0"), None);
        assert_eq!(say("23.0.0"), None);
        assert_eq!(advice(&["12.0.0"], Release::parse("22.10.1")), None);
        assert_eq!(advice(&[], Release::parse("22.10.1")), None);
        assert_eq!(advice(&since, None), None);
    }
}
