//! What would keep a simulator busy, or fool a test.

use std::time::Duration;

use ari_simulator::{Options, Refused, Simulator};
use serde_json::{json, Value};

fn simulator(dialplan: &str) -> Simulator {
    let options = Options { dialplan: Some(dialplan.into()), speed: 100.0, ..Options::default() };
    Simulator::start(options).expect("it starts")
}

async fn in_time<T>(what: impl std::future::Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), what).await.expect("an answer in time")
}

/// Whether it can be talked to while a call to 1 goes round in circles, and be ended.
async fn keeps_its_head(dialplan: &str) {
    let sim = simulator(dialplan);
    let call = in_time(sim.call(json!({"exten": "1", "id": "c1"}))).await.unwrap();
    in_time(sim.command("GET", "", Value::Null)).await.unwrap();
    if let Err(over) = in_time(call.hang_up()).await {
        assert_eq!(over.status, 409, "it has ended by itself: {over}");
    }
    in_time(call.expect_hung_up()).await.unwrap();
    in_time(sim.reset()).await.unwrap();
    assert_eq!(in_time(sim.command("GET", "calls", Value::Null)).await.unwrap(), json!([]));
    in_time(async { tokio::task::spawn_blocking(|| drop(sim)).await.unwrap() }).await;
}

#[tokio::test]
async fn dialplans_that_go_round_in_no_time() {
    keeps_its_head("[default]\nexten => 1,1,Goto(1,1)\n").await;
    keeps_its_head("[default]\nexten => 1,1,Playback(nope)\n same => n,Goto(1,1)\n").await;
    keeps_its_head("[default]\nexten => 1,1,Wait(0)\n same => n,Goto(1,1)\n").await;
}

#[tokio::test]
async fn dialplans_that_dial_themselves() {
    keeps_its_head("[default]\nexten => 1,1,Dial(Local/1@default)\n").await;
    keeps_its_head("[default]\nexten => 1,1,Dial(Local/1@default&Local/1@default)\n").await;
}

#[tokio::test]
async fn a_websocket_is_refused_on_demand() {
    let sim = Simulator::start(Options::default()).unwrap();
    sim.fault(json!({"operation": "events.eventWebsocket", "status": 503})).await.unwrap();
    let client = sim.connect().await.unwrap();
    let refused = client.event_stream(["app"]).await.err().expect("it is refused");
    assert_eq!(refused.status(), Some(503));
    let _events = client.event_stream(["app"]).await.unwrap();
    let asked = sim.requests().await.unwrap();
    let opened = asked.iter().filter(|asked| asked["operation"] == "events.eventWebsocket");
    assert_eq!(opened.map(|asked| asked["status"].clone()).collect::<Vec<_>>(), [503, 101]);
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused() {
    let sim = Simulator::start(Options::default()).unwrap();
    for (path, body, why) in [
        (
            "faults",
            json!({"operation": "channels.play", "status": 500, "arguments": {"nope": 1}}),
            "no parameter \"nope\"",
        ),
        ("faults", json!({"operation": "channels.pay", "status": 500}), "channels.pay"),
        ("faults", json!({"status": 500, "times": 0}), "at least once"),
        ("faults", json!({"status": 500, "performed": true}), "goes with a cut"),
        ("faults", json!({"status": 500, "cut": "reset"}), "not both"),
        ("faults", json!({"delay": -1.0, "status": 500}), "delay"),
        ("expect", json!({"operation": "channels.play", "fields": {"media": "x"}}), "`fields`"),
        ("expect", json!({"type": "Dial", "status": 200}), "`arguments`"),
        ("expect", json!({"type": "Dial", "within": 1e300}), "nobody can wait"),
        ("speed", json!({"speed": 0}), "speed"),
        ("calls", json!([]), "JSON object"),
        ("calls", json!({"app": "x", "id": ""}), "empty"),
        ("reset", json!({"what": 1}), "what"),
    ] {
        let refused: Refused = sim.command("POST", path, body.clone()).await.unwrap_err();
        assert_eq!(refused.status, 400, "{path} {body}: {refused}");
        assert!(refused.message.contains(why), "{path} {body}: {refused}");
    }
}
