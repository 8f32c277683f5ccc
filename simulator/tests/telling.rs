//! What a test is told of calls and connections, where it would be easy to tell it something else.

use std::time::{Duration, Instant};

use ari_core::{Client, Events};
use ari_simulator::{Options, Simulator};
use serde_json::{json, Value};

/// An application that takes its calls and lets the test do the rest.
async fn stage() -> (Simulator, Client, Events) {
    let sim = Simulator::start(Options::default()).unwrap();
    let client = sim.connect().await.unwrap();
    let events = client.event_stream(["app"]).await.unwrap();
    (sim, client, events)
}

#[tokio::test]
async fn a_call_that_is_over_is_no_call_that_is_up() {
    let (sim, client, _events) = stage().await;
    let call = sim.call(json!({"app": "app"})).await.unwrap();
    client.channels().answer(call.id()).await.unwrap();
    call.expect_state("Up").await.unwrap();
    call.hang_up().await.unwrap();
    call.expect_hung_up().await.unwrap();
    let before = Instant::now();
    for so in [json!({"state": "Up"}), json!({"heard": "sound:beep", "within": 60})] {
        let unmet = call.expect(so).await.unwrap_err();
        assert_eq!(unmet.status, 417);
        assert!(unmet.message.contains("has been hung up (cause 16, Normal Clearing)"), "{unmet}");
    }
    assert!(before.elapsed() < Duration::from_secs(50), "nobody waits for what cannot come");
}

#[tokio::test]
async fn calls_of_before_a_restart_are_over() {
    let (sim, _client, _events) = stage().await;
    let call = sim.call(json!({"app": "app", "id": "before"})).await.unwrap();
    sim.restart().await.unwrap();
    call.expect_hung_up().await.unwrap();
    sim.reset().await.unwrap();
    assert_eq!(call.state().await.unwrap_err().status, 404, "a reset forgets them");
}

#[tokio::test]
async fn a_connection_that_is_closed_takes_no_calls() {
    let (sim, _client, _events) = stage().await;
    sim.connections("close").await.unwrap();
    let refused = sim.command("POST", "calls", json!({"app": "app", "within": 0})).await.unwrap_err();
    assert_eq!(refused.status, 409, "{refused}");
}

#[tokio::test]
async fn what_is_told_to_a_silent_connection_is_lost() {
    let (sim, _client, _events) = stage().await;
    sim.connections("silence").await.unwrap();
    sim.call(json!({"app": "app", "id": "lost"})).await.unwrap();
    sim.connections("resume").await.unwrap();
    sim.call(json!({"app": "app", "id": "told"})).await.unwrap();
    let starts = sim.events().await.unwrap();
    let starts = starts.iter().filter(|told| told["event"]["type"] == "StasisStart");
    let delivered: Vec<_> = starts.map(|told| (&told["event"]["channel"]["id"], &told["delivered"])).collect();
    assert_eq!(json!(delivered), json!([["lost", false], ["told", true]]));
}

#[tokio::test]
async fn a_bridge_waits_for_what_is_played() {
    let (sim, client, _events) = stage().await;
    let call = sim.call(json!({"app": "app"})).await.unwrap();
    client.channels().answer(call.id()).await.unwrap();
    client.bridges().create().bridge_id("b").await.unwrap();
    client.channels().play(call.id(), ["sound:hello-world"]).await.unwrap();
    client.bridges().add_channel("b", [call.id()]).await.unwrap();
    let now = call.state().await.unwrap();
    assert_eq!((&now["bridge"], &now["heard"]), (&json!("b"), &json!(["sound:hello-world"])));
    call.expect_bridged().await.unwrap();
    client.bridges().start_moh("b").await.unwrap();
    call.expect(json!({"moh": true})).await.unwrap();
}

#[tokio::test]
async fn only_telephones_that_exist_are_called() {
    let sim = Simulator::start(Options::default()).unwrap();
    let refused = sim.expect_call("PJSIP/nobody").await.err().unwrap();
    assert_eq!(refused.status, 404);
    assert!(refused.message.contains("PJSIP/alice"), "{refused}");
    assert_eq!(sim.command("GET", "calls", Value::Null).await.unwrap(), json!([]));
}

#[tokio::test]
async fn keys_that_nobody_could_press_are_told() {
    let (sim, _client, _events) = stage().await;
    let call = sim.call(json!({"app": "app"})).await.unwrap();
    call.press("12").await.unwrap();
    let received = sim.events().await.unwrap();
    assert_eq!(received.iter().filter(|told| told["event"]["type"] == "ChannelDtmfReceived").count(), 2);
    let keys = "5".repeat(100);
    let (pressed, hung_up) = tokio::join!(call.press(&keys), call.hang_up());
    hung_up.unwrap();
    assert_eq!(pressed.unwrap_err().status, 409);
}

#[tokio::test]
async fn a_request_is_expected_before_it_is_answered() {
    let (sim, client, _events) = stage().await;
    sim.fault(json!({"operation": "asterisk.ping", "delay": 60})).await.unwrap();
    let asked = tokio::spawn(async move { client.asterisk().ping().await });
    let record = sim.expect_request("asterisk.ping", json!({})).await.unwrap();
    assert_eq!(record["status"], Value::Null);
    asked.abort();
}
