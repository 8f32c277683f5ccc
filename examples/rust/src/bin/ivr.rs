//! Takes every call to Stasis(hello) until Ctrl-C.
//!
//!     cargo run -p ari-examples --bin ivr -- --url http://localhost:8088

use ari_examples::{serve, Server, APPLICATION};
use clap::Parser;

#[tokio::main]
async fn main() -> ari_core::Result<()> {
    let client = Server::parse().connect().await?;
    println!("waiting for calls to Stasis({APPLICATION}) on {}; Ctrl-C ends it", client.base_url());
    serve(&client).await
}
