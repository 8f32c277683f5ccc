//! The conformance table, run in Rust.

#[path = "conformance/outcome.rs"]
mod outcome;

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use ari_conformance::Server;
use futures_util::StreamExt;
use serde_json::Value;

/// Cases under way at once: many of them only wait.
const AT_ONCE: usize = 16;

const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_case_of_the_table() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../test_resources/conformance");
    let server = Server::start(&folder).await.unwrap_or_else(|reason| panic!("{reason}"));
    let cases = server.cases();
    let total = cases.len();
    let verdicts = cases.into_iter().map(|case| judge(&server, case));
    let failures: Vec<String> = futures_util::stream::iter(verdicts)
        .buffer_unordered(AT_ONCE)
        .filter_map(|failure| async { failure })
        .collect()
        .await;
    // Not by println, which is kept back when a test passes.
    let _ = writeln!(std::io::stdout(), "conformance: rust {} of {total}", total - failures.len());
    assert!(failures.is_empty(), "{} cases failed:\n{}", failures.len(), failures.join("\n"));
}

async fn judge(server: &Server, case: Value) -> Option<String> {
    let id = case["id"].as_str().unwrap_or_default();
    let problems = match tokio::time::timeout(PATIENCE, outcome::run(&case)).await {
        Ok(outcome) => server.verdict(id, &outcome).await,
        Err(_) => {
            let mut problems = vec!["it did not come to its end".to_string()];
            problems.extend(server.verdict(id, &Value::Null).await);
            problems
        }
    };
    (!problems.is_empty())
        .then(|| format!("{id} ({}):\n  {}", case["file"].as_str().unwrap_or(""), problems.join("\n  ")))
}
