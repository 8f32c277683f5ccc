//! One suite of scenarios for the real Asterisk and the simulator: both have to give the traces that were recorded of the
//! real one. `UPDATE_TRACES=1 cargo test -p ari-simulator --test truth real` records them; SCENARIO=name,name runs some only.

#[path = "truth/events.rs"]
mod events;
#[path = "truth/http.rs"]
mod http;
#[path = "truth/normal.rs"]
mod normal;
#[path = "truth/run.rs"]
mod run;
#[path = "truth/scenario.rs"]
mod scenario;
#[path = "../../core/tests/support/mod.rs"]
mod support;
#[path = "truth/trace.rs"]
mod trace;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use http::Server;
use scenario::Scenario;
use support::Asterisk;

/// How many servers share the scenarios, which mostly wait.
const WORKERS: usize = 4;

fn golden(scenario: &Scenario) -> Vec<run::Block> {
    let file = scenario.golden();
    let text = std::fs::read_to_string(&file)
        .unwrap_or_else(|error| panic!("{}: {error}; UPDATE_TRACES=1 records it", file.display()));
    trace::parse(&text)
}

/// Every scenario with one of the servers, several at a time; what is wrong with any.
async fn check(servers: Vec<Server>, record: bool) -> String {
    let queue = Arc::new(Mutex::new(VecDeque::from(Scenario::all())));
    let workers = servers.into_iter().map(|server| {
        let queue = queue.clone();
        tokio::spawn(async move {
            let mut reports = Vec::new();
            loop {
                let Some(scenario) = queue.lock().unwrap().pop_front() else { return reports };
                if record {
                    let blocks = run::run(&server, &scenario, None).await;
                    reports.extend(run::broken(&blocks).map(|line| format!("{} {line}\n", scenario.name)));
                    std::fs::write(scenario.golden(), trace::text(&scenario.about, &blocks)).unwrap();
                } else {
                    let golden = golden(&scenario);
                    let blocks = run::run(&server, &scenario, Some(&golden)).await;
                    reports.push(trace::compare(&scenario.name, &golden, &blocks));
                }
            }
        })
    });
    let workers: Vec<_> = workers.collect();
    let mut report = String::new();
    for worker in workers {
        report.extend(worker.await.unwrap());
    }
    report
}

#[tokio::test(flavor = "multi_thread")]
async fn real_asterisk_gives_its_traces() {
    let count = if std::env::var_os("ARI_URL").is_some() { 1 } else { WORKERS };
    let asterisks: Vec<Asterisk> = (0..count).map(|_| Asterisk::any()).collect();
    let servers = asterisks.iter().map(|asterisk| {
        let [(_, url), (_, username), (_, password)] = asterisk.variables();
        Server::new(url, username, password)
    });
    let record = std::env::var_os("UPDATE_TRACES").is_some();
    let report = check(servers.collect(), record).await;
    assert!(report.is_empty(), "\n{report}(- the trace, + now)");
}
