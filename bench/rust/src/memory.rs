//! Memory of many clients, and of many events that wait while a handler blocks.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::Duration;

use crate::shared::{arguments, options, resident, Outcome};
use ari_core::Client;
use serde_json::json;

const CLIENTS: u64 = 1_000;
const EVENTS: u64 = 100_000;

#[tokio::main]
pub async fn main() -> Outcome {
    let [scenario, url] = arguments("ari-bench-rust memory SCENARIO URL")?;
    match &*scenario {
        "clients" => clients(&url).await,
        "queued" => queued(&url).await,
        other => Err(format!("no scenario is called {other}").into()),
    }
}

async fn clients(url: &str) -> Outcome {
    // The first one brings the runtime along.
    let mut clients = vec![Client::connect(options(url)?).await?];
    let before = resident()?;
    for _ in 0..CLIENTS {
        clients.push(Client::connect(options(url)?).await?);
    }
    tell(before, CLIENTS)
}

async fn queued(url: &str) -> Outcome {
    let client = Client::connect(options(url)?).await?;
    let blocked = Arc::new(AtomicBool::new(false));
    let blocking = blocked.clone();
    client.add_event_handler("StasisStart", move |_, _| {
        let blocking = blocking.clone();
        async move {
            blocking.store(true, Ordering::Relaxed);
            std::future::pending().await
        }
    });
    let before = resident()?;
    let app = format!("bench-{EVENTS}-100-0");
    tokio::spawn(async move { client.run([app]).await });
    while !blocked.load(Ordering::Relaxed) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // They have come when nothing grows any more.
    let mut last = 0;
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let now = resident()?;
        if now <= last {
            return tell(before, EVENTS);
        }
        last = now;
    }
}

fn tell(before: u64, number: u64) -> Outcome {
    let rss = resident()?;
    println!("{}", json!({"rss": rss, "each": rss.saturating_sub(before) / number}));
    Ok(())
}
