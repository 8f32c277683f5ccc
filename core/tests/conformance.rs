//! The conformance table, run in Rust.

#[path = "conformance/outcome.rs"]
mod outcome;

use std::path::Path;
use std::time::Duration;

use ari_conformance::Server;
use futures_util::StreamExt;
use outcome::Surface;
use serde_json::Value;

/// Cases under way at once: many of them only wait.
const AT_ONCE: usize = 16;

const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_case_of_the_table() {
    let table = Table::open().await;
    let cases = table.ask(reqwest::Method::GET, "/cases", None).await;
    let by_id = show(&table, &cases, Surface::ById).await;
    let typed = show(&table, &cases, Surface::Typed).await;
    assert!(by_id.is_empty() && typed.is_empty(), "{by_id}{typed}");
}

/// Runs all cases; what is wrong, if anything is.
async fn show(table: &Table, cases: &Value, surface: Surface) -> String {
    let verdicts = cases.as_array().into_iter().flatten().map(|case| judge(table, case, surface));
    let failures: Vec<String> = futures_util::stream::iter(verdicts)
        .buffer_unordered(AT_ONCE)
        .filter_map(|failure| async { failure })
        .collect()
        .await;
    let name = surface.name();
    let tally = table.ask(reqwest::Method::GET, &format!("/tally/{name}"), None).await;
    if table.own.is_some() {
        // Not by println, which is kept back when a test passes.
        let _ =
            std::io::Write::write_fmt(&mut std::io::stdout(), format_args!("{}\n", tally["line"].as_str().unwrap()));
    }
    match failures.is_empty() && tally["complete"] == true {
        true => String::new(),
        false => format!("{name}: {} cases failed:\n{}\n{tally}\n", failures.len(), failures.join("\n")),
    }
}

async fn judge(table: &Table, case: &Value, surface: Surface) -> Option<String> {
    let id = case["id"].as_str().unwrap_or_default();
    let (outcome, late) = match tokio::time::timeout(PATIENCE, outcome::run(case, surface, &table.url)).await {
        Ok(outcome) => (outcome, None),
        Err(_) => (Value::Null, Some("it did not come to its end".to_string())),
    };
    let path = format!("/verdict/{id}?surface={}", surface.name());
    let verdict = table.ask(reqwest::Method::POST, &path, Some(outcome)).await;
    table.ask(reqwest::Method::POST, &format!("/reset/{id}"), None).await;
    let problems = verdict["problems"].as_array().into_iter().flatten();
    let problems: Vec<String> =
        late.into_iter().chain(problems.map(|problem| problem.as_str().unwrap_or_default().to_string())).collect();
    (!problems.is_empty())
        .then(|| format!("{id} ({}):\n  {}", case["file"].as_str().unwrap_or(""), problems.join("\n  ")))
}

/// The server with the cases: the one of `make conformance`, or one of our own.
struct Table {
    url: String,
    http: reqwest::Client,
    own: Option<Server>,
}

impl Table {
    async fn open() -> Table {
        let http = http();
        if let Ok(url) = std::env::var("ARI_CONFORMANCE") {
            return Table { url, http, own: None };
        }
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../test_resources/conformance");
        let server = Server::start(&folder).await.unwrap_or_else(|reason| panic!("{reason}"));
        Table { url: server.url().to_string(), http, own: Some(server) }
    }

    async fn ask(&self, method: reqwest::Method, path: &str, body: Option<Value>) -> Value {
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let request = self.http.request(method, format!("{}{path}", self.url)).body(body);
        let answer = request.send().await.and_then(|answer| answer.error_for_status()).expect("the server's answer");
        serde_json::from_slice(&answer.bytes().await.expect("the server's answer")).expect("JSON")
    }
}

/// A client that has nothing to do with the library's.
fn http() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().expect("a client")
}
