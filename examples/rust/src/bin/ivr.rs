//! Takes every call to Stasis(hello) until Ctrl-C.
//!
//!     cargo run -p ari-examples --bin ivr -- --url http://localhost:8088

use ari_examples::{answer, Server, APPLICATION};
use clap::Parser;

#[tokio::main]
async fn main() -> ari_core::Result<()> {
    let client = Server::parse().connect().await?;
    let mut events = client.event_stream([APPLICATION]).await?;
    println!("waiting for calls to Stasis({APPLICATION}) on {}; Ctrl-C ends it", client.base_url());
    while let Some(event) = events.next().await {
        if let Err(error) = answer(&client, &event?).await {
            eprintln!("{error}");
        }
    }
    Ok(())
}
