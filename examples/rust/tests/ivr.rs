//! A test of the IVR, on the simulator.

use std::error::Error;

use ari_simulator::{Options, Simulator};
use serde_json::json;

#[tokio::test]
async fn every_key_is_answered_and_hash_leads_to_goodbye() -> Result<(), Box<dyn Error>> {
    let sim = Simulator::start(Options::default())?;
    let client = sim.connect().await?;
    let ivr = tokio::spawn(async move { ari_examples::serve(&client).await });
    let call = sim.call(json!({"exten": "1000", "caller": "Ann <123>"})).await?;
    call.expect_heard("sound:hello-world").await?;
    call.press("2").await?;
    call.expect_heard("sound:digits/2").await?;
    call.press("#").await?;
    sim.expect_request("channels.continueInDialplan", json!({"extension": "goodbye"})).await?;
    call.expect_hung_up().await?;
    sim.connections("close").await?;
    Ok(ivr.await??)
}
