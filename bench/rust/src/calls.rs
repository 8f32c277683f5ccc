//! Calls the server with one of the clients, as the contract of bench/README.md says.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use crate::shared::{arguments, credentials, options, peer_config, Moment, Outcome};
use ari_core::Client;
use asterisk_rs_ari::resources;
use asterisk_rs_ari::AriClient;
use serde_json::{json, Value};
use tokio::task::JoinSet;

const USAGE: &str = "ari-bench-rust calls CLIENT SCENARIO URL COUNT";

#[tokio::main]
pub async fn main() -> Outcome {
    let [client, scenario, url, count] = arguments(USAGE)?;
    let (what, workers) = match &*scenario {
        "small-1" => (What::Small, 1),
        "small-50" => (What::Small, 50),
        "list-1" => (What::List, 1),
        "list-50" => (What::List, 50),
        other => return Err(format!("no scenario is called {other}").into()),
    };
    let plan = Plan { workers, count: count.parse()? };
    match &*client {
        "ari" => {
            let client = Client::connect(options(&url)?).await?;
            plan.measure(move || ari(client.clone(), what)).await
        }
        "reqwest" => {
            let client = reqwest::Client::new();
            let path = match what {
                What::Small => "asterisk/info?only=system",
                What::List => "channels",
            };
            let url = format!("{url}/ari/{path}");
            plan.measure(move || reqwest(client.clone(), url.clone())).await
        }
        "asterisk-rs-ari" => {
            let client = AriClient::connect(peer_config(&url, "bench-0-1-0")?).await?;
            plan.measure(move || asterisk_rs_ari(client.clone(), what)).await
        }
        other => Err(format!("no client is called {other}").into()),
    }
}

#[derive(Clone, Copy)]
enum What {
    Small,
    List,
}

async fn ari(client: Client, what: What) -> Outcome {
    match what {
        What::Small => drop(client.asterisk().get_info().only(["system"]).await?),
        What::List => drop(client.channels().list().await?),
    }
    Ok(())
}

async fn reqwest(client: reqwest::Client, url: String) -> Outcome {
    let (username, password) = credentials();
    let answer = client.get(url).basic_auth(username, Some(password)).send().await?.error_for_status()?;
    let _answer: Value = serde_json::from_slice(&answer.bytes().await?)?;
    Ok(())
}

async fn asterisk_rs_ari(client: AriClient, what: What) -> Outcome {
    match what {
        What::Small => drop(resources::asterisk::info(&client, Some("system")).await?),
        What::List => drop(resources::channel::list(&client).await?),
    }
    Ok(())
}

struct Plan {
    workers: usize,
    count: u64,
}

impl Plan {
    async fn measure<F, R>(&self, call: F) -> Outcome
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Outcome> + Send + 'static,
    {
        let call = Arc::new(call);
        self.make(20, &call).await?;
        let start = Moment::now();
        self.make(self.count, &call).await?;
        let (seconds, cpu) = start.until(Moment::now());
        println!("{}", json!({"calls": self.count, "seconds": seconds, "cpu": cpu}));
        Ok(())
    }

    async fn make<F, R>(&self, count: u64, call: &Arc<F>) -> Outcome
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Outcome> + Send + 'static,
    {
        let begun = Arc::new(AtomicU64::new(0));
        let mut workers = JoinSet::new();
        for _ in 0..self.workers {
            let (begun, call) = (begun.clone(), call.clone());
            workers.spawn(async move {
                while begun.fetch_add(1, Ordering::Relaxed) < count {
                    call().await?;
                }
                Outcome::Ok(())
            });
        }
        while let Some(ended) = workers.join_next().await {
            ended??;
        }
        Ok(())
    }
}
