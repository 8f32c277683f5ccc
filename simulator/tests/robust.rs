//! What would keep a simulator busy, or fool a test.

use std::io::{Read, Write};
use std::net::TcpStream;
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

#[tokio::test]
async fn requests_that_are_refused_at_the_door_are_noted_without_the_password() {
    let sim = Simulator::start(Options::default()).unwrap();
    let wrong = ari_core::Options::new(sim.url(), "hey", "wrong-secret").unwrap();
    assert_eq!(ari_core::Client::connect(wrong).await.err().unwrap().status(), Some(401));
    let right = format!("{}:{}", sim.username(), sim.password());
    let client = sim.connect().await.unwrap();
    let query = [("api_key".to_owned(), right)];
    client.request("GET", "/asterisk/ping", &query, None).await.unwrap();
    let asked = sim.requests().await.unwrap();
    assert_eq!(asked[0]["status"], 401);
    assert_eq!(asked[0]["operation"], "asterisk.getInfo");
    assert_eq!(asked.last().unwrap()["target"], "/asterisk/ping");
    let noted = json!(asked).to_string();
    assert!(!noted.contains("peekaboo") && !noted.contains("wrong-secret"), "{noted}");
}

/// The first line of the answer to a command with these headers.
fn asked_by_hand(control_url: &str, headers: &str) -> String {
    let address = control_url.strip_prefix("http://").expect("an address");
    let mut line = TcpStream::connect(address).unwrap();
    line.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    write!(line, "GET / HTTP/1.1\r\n{headers}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    line.read_to_string(&mut answer).unwrap();
    answer.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn web_pages_may_not_command() {
    let sim = Simulator::start(Options::default()).unwrap();
    let status = |headers: &str| asked_by_hand(sim.control_url(), headers);
    assert_eq!(status("Host: 127.0.0.1:80"), "HTTP/1.1 200 OK");
    assert_eq!(status("Host: localhost"), "HTTP/1.1 200 OK");
    assert_eq!(status("Host: evil.example"), "HTTP/1.1 403 Forbidden");
    assert_eq!(status("Host: localhost\r\nOrigin: http://evil.example"), "HTTP/1.1 403 Forbidden");
}
