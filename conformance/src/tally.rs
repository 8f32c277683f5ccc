//! Which surface has passed which case. The server counts, so that no runner can leave a case out and not show it.

use std::collections::BTreeMap;

use serde_json::{json, Value};

/// The surfaces of this house, each of which has to pass every case.
pub const SURFACES: [&str; 8] =
    ["rust", "rust-typed", "python", "asyncio", "javascript", "javascript-callbacks", "perl", "perl-callbacks"];

/// The verdicts on each surface.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    ids: Vec<String>,
    verdicts: BTreeMap<String, BTreeMap<String, bool>>,
}

impl Tally {
    pub(crate) fn new(ids: Vec<String>) -> Self {
        Tally { ids, verdicts: BTreeMap::new() }
    }

    pub(crate) fn is_name(surface: &str) -> bool {
        !surface.is_empty() && surface.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    }

    pub(crate) fn note(&mut self, surface: &str, id: &str, passed: bool) {
        // What failed once has failed, also if a runner tries again.
        let verdict = self.verdicts.entry(surface.to_owned()).or_default().entry(id.to_owned()).or_insert(passed);
        *verdict &= passed;
    }

    /// Surfaces there are verdicts on, and those of this house, which come first.
    pub fn surfaces(&self) -> Vec<&str> {
        let others = self.verdicts.keys().map(String::as_str).filter(|surface| !SURFACES.contains(surface));
        SURFACES.into_iter().chain(others).collect()
    }

    /// `conformance: python 1234 of 1234`
    pub fn line(&self, surface: &str) -> String {
        let passed = self.passed(surface);
        format!("conformance: {surface} {passed} of {}", self.ids.len())
    }

    pub fn is_complete(&self, surface: &str) -> bool {
        self.passed(surface) == self.ids.len()
    }

    /// Cases that failed, and cases nobody has given an outcome of.
    pub fn open(&self, surface: &str) -> (Vec<&str>, Vec<&str>) {
        let verdict = |id: &str| self.verdicts.get(surface).and_then(|verdicts| verdicts.get(id)).copied();
        let with = |wanted: Option<bool>| {
            self.ids.iter().map(String::as_str).filter(move |id| verdict(id) == wanted).collect::<Vec<_>>()
        };
        (with(Some(false)), with(None))
    }

    fn passed(&self, surface: &str) -> usize {
        self.verdicts.get(surface).into_iter().flatten().filter(|(_, passed)| **passed).count()
    }

    pub(crate) fn told(&self, surface: &str) -> Value {
        let (failed, missing) = self.open(surface);
        json!({ "line": self.line(surface), "complete": self.is_complete(surface), "failed": failed, "missing": missing })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_without_an_outcome_is_missing() {
        let mut tally = Tally::new(vec!["a".into(), "b".into(), "c".into()]);
        tally.note("go", "a", true);
        tally.note("go", "b", false);
        assert_eq!(tally.line("go"), "conformance: go 1 of 3");
        assert_eq!(tally.open("go"), (vec!["b"], vec!["c"]));
        tally.note("go", "c", true);
        assert_eq!(tally.open("go"), (vec!["b"], vec![]));
    }

    #[test]
    fn a_second_try_does_not_help() {
        let mut tally = Tally::new(vec!["a".into()]);
        tally.note("go", "a", false);
        tally.note("go", "a", true);
        assert!(!tally.is_complete("go"));
        tally.note("other", "a", true);
        tally.note("other", "a", true);
        assert!(tally.is_complete("other"));
    }

    #[test]
    fn the_surfaces_of_the_house_are_there_without_a_verdict() {
        let mut tally = Tally::new(vec!["a".into()]);
        tally.note("go", "a", true);
        let count = SURFACES.len();
        assert_eq!(tally.surfaces()[..count], SURFACES);
        assert_eq!(tally.surfaces()[count..], ["go"]);
        assert_eq!(tally.open("perl"), (vec![], vec!["a"]));
    }
}
