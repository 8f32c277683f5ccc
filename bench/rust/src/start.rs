//! How long it takes until a client is connected, and how much memory it has then.

use std::time::Instant;

use crate::shared::{arguments, options, peer_config, resident, Outcome};
use ari_core::Client;
use asterisk_rs_ari::AriClient;
use serde_json::json;

#[tokio::main]
pub async fn main() -> Outcome {
    let [client, url] = arguments("ari-bench-rust start CLIENT URL")?;
    let start = Instant::now();
    match &*client {
        "ari" => {
            let client = Client::connect(options(&url)?).await?;
            tell(start)?;
            drop(client);
        }
        "asterisk-rs-ari" => {
            let client = AriClient::connect(peer_config(&url, "bench-0-1-0")?).await?;
            tell(start)?;
            drop(client);
        }
        other => return Err(format!("no client is called {other}").into()),
    }
    Ok(())
}

/// There is nothing to import: the library is in the program.
fn tell(start: Instant) -> Outcome {
    let connect = start.elapsed().as_secs_f64();
    println!("{}", json!({"import": 0, "connect": connect, "rss": resident()?}));
    Ok(())
}
