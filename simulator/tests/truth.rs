//! One suite of scenarios for the real Asterisk and the simulator: both have to give the traces that were recorded of the
//! real one. `UPDATE_TRACES=1 cargo test -p ari-simulator --test truth real` records them; SCENARIO=name,name runs some only.

#[path = "truth/differences.rs"]
mod differences;
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

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::Future;
use std::sync::{Arc, Mutex};

use ari_core::generated::operations::OPERATIONS;
use ari_simulator::{Options, Simulator};
use differences::Difference;
use http::Server;
use run::Block;
use scenario::Scenario;
use support::Asterisk;

/// How many servers share the scenarios, which mostly wait.
const WORKERS: usize = 4;

fn golden(scenario: &Scenario) -> Vec<Block> {
    let file = scenario.golden();
    let text = std::fs::read_to_string(&file)
        .unwrap_or_else(|error| panic!("{}: {error}; UPDATE_TRACES=1 records it", file.display()));
    trace::parse(&text)
}

/// Every scenario with one of the servers, several at a time; what is wrong with each.
async fn check<F, T>(servers: Vec<Server>, one: F) -> String
where
    F: Fn(Server, Scenario) -> T + Clone + Send + 'static,
    T: Future<Output = String> + Send,
{
    let queue = Arc::new(Mutex::new(VecDeque::from(Scenario::wanted())));
    let workers = servers.into_iter().map(|server| {
        let (queue, one) = (queue.clone(), one.clone());
        tokio::spawn(async move {
            let mut reports = BTreeMap::new();
            loop {
                let Some(scenario) = queue.lock().unwrap().pop_front() else { return reports };
                reports.insert(scenario.name.clone(), one(server.clone(), scenario).await);
            }
        })
    });
    let workers: Vec<_> = workers.collect();
    let mut reports = BTreeMap::new();
    for worker in workers {
        reports.append(&mut worker.await.unwrap());
    }
    reports.into_values().collect()
}

async fn record(server: Server, scenario: Scenario) -> String {
    let blocks = run::run(&server, &scenario, None).await;
    std::fs::write(scenario.golden(), trace::text(&scenario.about, &blocks)).unwrap();
    run::broken(&blocks).map(|line| format!("{} {line}\n", scenario.name)).collect()
}

async fn real(server: Server, scenario: Scenario) -> String {
    let golden = golden(&scenario);
    let blocks = run::run(&server, &scenario, Some(&golden)).await;
    trace::compare(&scenario.name, &golden, &blocks)
}

async fn simulated(server: Server, scenario: Scenario, differences: Arc<Vec<Difference>>) -> String {
    let golden = golden(&scenario);
    let mut wanted = golden.clone();
    let mut report = String::new();
    let own: Vec<&Difference> = differences.iter().filter(|one| one.scenario == scenario.name).collect();
    for difference in &own {
        if let Err(why) = difference.apply(&mut wanted) {
            report += &format!("differences.json, {}: {why}\n", scenario.name);
        }
    }
    let blocks = run::run(&server, &scenario, Some(&wanted)).await;
    for step in own.iter().flat_map(|difference| difference.idle(&golden, &blocks)) {
        report +=
            &format!("differences.json, {}: step {step} is as Asterisk has it, and needs no entry\n", scenario.name);
    }
    report + &trace::compare(&scenario.name, &wanted, &blocks)
}

/// The operations of which there is a step, by their ids.
fn reached() -> BTreeSet<&'static str> {
    let fits = |pattern: &str, path: &str| {
        let (pattern, path): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
        let same = |(a, b): (&&str, &&str)| a.starts_with('{') || a == b;
        pattern.len() == path.len() && pattern.iter().zip(&path).all(same)
    };
    let scenarios = Scenario::all();
    let steps = scenarios.iter().flat_map(|scenario| &scenario.steps);
    let requests = steps.filter_map(|step| step.request.as_deref().or(step.connect.as_ref().map(|_| "GET /events")));
    let operation = |request: &str| {
        let (method, path) = request.split_once(' ').expect("METHOD /path");
        let path = path.split('?').next().unwrap_or(path);
        let found = OPERATIONS.iter().filter(|one| one.method.as_str() == method && fits(one.path, path));
        // The most literal one: /channels/externalMedia before /channels/{channelId}.
        found.min_by_key(|one| one.path.matches('{').count()).map(|one| one.id)
    };
    requests.filter_map(operation).collect()
}

#[test]
fn scenarios_reach_every_operation() {
    let reached = reached();
    let missing: Vec<&str> = OPERATIONS.iter().map(|one| one.id).filter(|id| !reached.contains(id)).collect();
    assert!(missing.is_empty(), "no scenario for {missing:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn real_asterisk_gives_its_traces() {
    let count = if std::env::var_os("ARI_URL").is_some() { 1 } else { WORKERS };
    let asterisks: Vec<Asterisk> = (0..count).map(|_| Asterisk::any()).collect();
    let servers = asterisks.iter().map(|asterisk| {
        let [(_, url), (_, username), (_, password)] = asterisk.variables();
        Server::new(url, username, password)
    });
    let report = match std::env::var_os("UPDATE_TRACES") {
        Some(_) => check(servers.collect(), record).await,
        None => check(servers.collect(), real).await,
    };
    assert!(report.is_empty(), "\n{report}(- the trace, + now)");
}

#[tokio::test(flavor = "multi_thread")]
async fn simulator_gives_the_same_traces() {
    // At Asterisk's own pace, for what is done in the middle of a sound; with the telephones that it has: none.
    let options = || Options { speed: 1.0, phones: Default::default(), ..Options::default() };
    let simulators: Vec<Simulator> = (0..WORKERS).map(|_| Simulator::start(options()).unwrap()).collect();
    let servers =
        simulators.iter().map(|simulator| Server::new(simulator.url(), simulator.username(), simulator.password()));
    let differences = Arc::new(differences::all());
    let mut unknown =
        differences.iter().filter(|one| !scenario::folder().join(format!("{}.json", one.scenario)).exists());
    assert!(unknown.next().is_none(), "differences.json names a scenario that is not there");
    let report =
        check(servers.collect(), move |server, scenario| simulated(server, scenario, differences.clone())).await;
    assert!(report.is_empty(), "\n{report}(- what is wanted, + the simulator)");
}
