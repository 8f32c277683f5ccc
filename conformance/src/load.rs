//! Reads the case files, expands their shorthand and refuses what cannot be meant, naming file and case.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::case::{Accept, Case, Kind, Step};
use crate::expand::{expand, product, Scope};
use crate::validate::validate;

/// Why the table cannot be used.
#[derive(Debug)]
pub struct LoadError {
    pub file: PathBuf,
    pub case: Option<String>,
    pub reason: String,
}

impl fmt::Display for LoadError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: ", self.file.display())?;
        if let Some(case) = &self.case {
            write!(out, "case {case:?}: ")?;
        }
        out.write_str(&self.reason)
    }
}

impl std::error::Error for LoadError {}

/// A case and the file it is written in.
#[derive(Debug, Clone)]
pub struct Loaded {
    pub case: Case,
    pub file: String,
}

/// All cases below a folder, in the order of file names and then of the files.
pub fn load(folder: &Path) -> Result<Vec<Loaded>, LoadError> {
    let mut loaded: Vec<Loaded> = Vec::new();
    let mut seen: HashMap<String, String> = HashMap::new();
    for path in json_files(folder)? {
        let error = |case: Option<&str>, reason: String| LoadError {
            file: path.clone(),
            case: case.map(str::to_owned),
            reason,
        };
        let text = std::fs::read_to_string(&path).map_err(|why| error(None, why.to_string()))?;
        let file = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        let cases = parse_file(&text).map_err(|(case, reason)| error(case.as_deref(), reason))?;
        for case in cases {
            if let Some(other) = seen.insert(case.id.clone(), file.clone()) {
                return Err(error(Some(&case.id), format!("the id is taken by a case in {other}")));
            }
            let file = file.clone();
            loaded.push(Loaded { case, file });
        }
    }
    if loaded.is_empty() {
        let reason = "no case files (*.json) here".to_owned();
        return Err(LoadError { file: folder.to_owned(), case: None, reason });
    }
    Ok(loaded)
}

fn json_files(folder: &Path) -> Result<Vec<PathBuf>, LoadError> {
    let failed = |why: std::io::Error| LoadError { file: folder.to_owned(), case: None, reason: why.to_string() };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            files.extend(json_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[derive(Deserialize)]
#[serde(untagged)]
enum CaseFile {
    Bare(Vec<Value>),
    Described {
        #[serde(default)]
        define: Map<String, Value>,
        cases: Vec<Value>,
    },
}

type Refusal = (Option<String>, String);

/// The cases of one file's text.
pub fn parse_file(text: &str) -> Result<Vec<Case>, Refusal> {
    let whole: Value = serde_json::from_str(text).map_err(|why| (None, why.to_string()))?;
    let file: CaseFile = serde_json::from_value(whole)
        .map_err(|_| (None, "needs a list of cases, or an object with a list \"cases\"".to_owned()))?;
    let (define, entries) = match file {
        CaseFile::Bare(cases) => (Map::new(), cases),
        CaseFile::Described { define, cases } => (define, cases),
    };
    let scope = Scope::default();
    let scope = scope.with(&define);
    let mut cases = Vec::new();
    for entry in &entries {
        for value in expand_entry(entry, &scope)? {
            cases.push(read_case(value)?);
        }
    }
    Ok(cases)
}

/// An entry is a case, or `{"each": {...}, "case": {...}}`: one case for each combination.
fn expand_entry(entry: &Value, scope: &Scope) -> Result<Vec<Value>, Refusal> {
    let named = |entry: &Value, reason| (entry.get("id").and_then(Value::as_str).map(str::to_owned), reason);
    let (Some(each), Some(case)) = (entry.get("each"), entry.get("case")) else {
        return Ok(vec![expand(entry, scope).map_err(|reason| named(entry, reason))?]);
    };
    let Value::Object(each) = each else {
        return Err(named(case, "\"each\" needs an object of lists".to_owned()));
    };
    let mut expanded = Vec::new();
    for combination in product(each, scope).map_err(|reason| named(case, reason))? {
        expanded.push(expand(case, &scope.with(&combination)).map_err(|reason| named(case, reason))?);
    }
    Ok(expanded)
}

fn read_case(value: Value) -> Result<Case, Refusal> {
    let id = value.get("id").and_then(Value::as_str).map(str::to_owned);
    let mut case: Case = serde_json::from_value(value).map_err(|why| (id.clone(), why.to_string()))?;
    validate(&case).map_err(|reason| (id, reason))?;
    if case.kind.is_scripted() && case.script.is_empty() {
        // For an operation that opens the WebSocket, the one request is the handshake.
        let target = match case.kind {
            Kind::Upgrade => case.requests.pop().map(|handshake| handshake.target),
            _ => None,
        };
        case.script.push(Step::Accept(Accept { target }));
        if !case.frames.is_empty() {
            case.script.push(Step::Send(std::mem::take(&mut case.frames)));
        }
        case.script.push(Step::Close(case.close.take().unwrap_or(1000)));
    }
    Ok(case)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_of_each_combination() {
        let text = r#"{"define": {"lead": "x"}, "cases": [{"each": {"status": [{"code": 400}, {"code": 404}]},
            "case": {"id": "${lead}-${status.code}", "kind": "connect", "probe": {"status": "${status.code}"},
                     "result": {"nothing": true}}}]}"#;
        let cases = parse_file(text).unwrap();
        let ids: Vec<_> = cases.iter().map(|case| case.id.as_str()).collect();
        assert_eq!(ids, ["x-400", "x-404"]);
        assert_eq!(cases[1].probe.as_ref().unwrap().status, Some(404));
    }

    #[test]
    fn frames_become_a_script_that_ends_with_a_close_frame() {
        let text = r#"[{"id": "f", "kind": "events", "apps": ["hello"], "frames": [{"type": "A"}]}]"#;
        let cases = parse_file(text).unwrap();
        assert!(matches!(&cases[0].script[..], [Step::Accept(_), Step::Send(f), Step::Close(1000)] if f.len() == 1));
    }

    #[test]
    fn an_operation_that_opens_the_websocket_has_a_handshake() {
        let text = r#"[{"id": "e/all", "kind": "upgrade", "call": {"operation": "events.eventWebsocket"},
            "requests": [{"method": "GET", "target": "/events?app=a"}]}]"#;
        let cases = parse_file(text).unwrap();
        let Step::Accept(accept) = &cases[0].script[0] else { panic!("{:?}", cases[0].script) };
        assert_eq!(accept.target.as_deref(), Some("/events?app=a"));
        assert!(cases[0].requests.is_empty());
    }

    #[test]
    fn what_is_wrong_is_said_with_the_case() {
        let refusal = |text: &str| parse_file(text).unwrap_err();
        let (case, reason) = refusal(r#"[{"id": "a", "kind": "cal"}]"#);
        assert_eq!(case.as_deref(), Some("a"));
        assert!(reason.contains("cal"), "{reason}");
        let (case, reason) = refusal(r#"[{"id": "b", "kind": "call", "whatever": 1}]"#);
        assert_eq!(case.as_deref(), Some("b"));
        assert!(reason.contains("whatever"), "{reason}");
        let (case, reason) = refusal("[{]");
        assert_eq!(case, None);
        assert!(reason.contains("line 1"), "{reason}");
        assert!(refusal(r#"{"cses": []}"#).1.contains("cases"));
    }
}
