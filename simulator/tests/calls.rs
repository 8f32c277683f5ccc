//! Calls, from the telephone's side and from the application's.

#[path = "truth/http.rs"]
mod http;

use std::time::Duration;

use ari_simulator::{Options, Simulator};
use futures_util::StreamExt;
use serde_json::{json, Value};

use http::{encoded, Server};

/// A simulator with an application that is connected and does nothing by itself.
struct Stage {
    simulator: Simulator,
    server: Server,
}

impl Stage {
    async fn new(options: Value) -> Stage {
        let simulator = Simulator::start(Options::from_json(&options.to_string()).unwrap()).unwrap();
        let server = Server::new(simulator.url(), simulator.username(), simulator.password());
        let stage = Stage { simulator, server };
        stage.connect("ivr").await;
        stage
    }

    async fn connect(&self, app: &str) {
        let (name, password) = (self.simulator.username(), self.simulator.password());
        let url = self.simulator.url().replace("http://", "ws://");
        let url = format!("{url}/ari/events?app={app}&api_key={name}:{password}");
        let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
        tokio::spawn(async move { while let Some(Ok(_)) = socket.next().await {} });
    }

    /// A request to ARI: status and body.
    async fn ari(&self, request: &str) -> (u16, Value) {
        let (method, target) = request.split_once(' ').unwrap();
        let answer = self.server.request(method, target, None).await.unwrap();
        (answer.status, serde_json::from_slice(&answer.body).unwrap_or(Value::Null))
    }

    async fn done(&self, request: &str) -> Value {
        let (status, body) = self.ari(request).await;
        assert!((200..300).contains(&status), "{request}: {status} {body}");
        body
    }

    async fn control(&self, method: &str, path: &str, body: Value) -> Value {
        self.simulator.command(method, path, body).await.unwrap_or_else(|why| panic!("{method} {path}: {why}"))
    }

    /// Waits for an event.
    async fn event(&self, kind: &str, fields: Value) -> Value {
        let met = self.simulator.expect_event(kind, fields).await.unwrap_or_else(|why| panic!("{why}"));
        met["event"].clone()
    }

    /// The types of the events so far that are about a channel.
    async fn told_of(&self, id: &str) -> Vec<String> {
        let events = self.simulator.events().await.unwrap();
        let about = events.iter().map(|record| &record["event"]).filter(|event| event["channel"]["id"] == id);
        about.map(|event| event["type"].as_str().unwrap().to_owned()).collect()
    }
}

const PLAN: &str = "
[default]
exten => 1,1,NoOp()
 same => n,Stasis(ivr,a,b)
 same => n,Set(AFTER=${STASISSTATUS})
 same => n,Hangup(17)
exten => 2,1,Answer()
 same => n,Read(PIN,vm-goodbye,4)
 same => n,Stasis(ivr)
exten => 3,1,Answer()
 same => n,Background(hello-world)
 same => n,WaitExten(5)
exten => 42,1,Stasis(ivr,answer)
exten => 4,1,Dial(PJSIP/bob,10)
 same => n,Stasis(ivr,${DIALSTATUS})
exten => 5,1,Goto(5,1)
exten => 6,1,Answer()
 same => n,Wait(3600)
";

async fn stage() -> Stage {
    Stage::new(json!({ "dialplan": PLAN, "speed": 50 })).await
}

#[tokio::test]
async fn a_call_is_answered_hears_a_prompt_presses_keys_and_hangs_up() {
    let stage = stage().await;
    let call = stage
        .control(
            "POST",
            "calls",
            json!({ "exten": "1", "endpoint": "PJSIP/alice", "caller": { "name": "Ann", "number": "123" } }),
        )
        .await;
    let id = call["id"].as_str().unwrap();
    let start = stage.event("StasisStart", json!({ "channel": { "id": id } })).await;
    assert_eq!(start["args"], json!(["a", "b"]));
    assert_eq!(start["channel"]["name"], "PJSIP/alice-00000000");
    assert_eq!(start["channel"]["state"], "Ring");
    assert_eq!(start["channel"]["caller"], json!({ "name": "Ann", "number": "123" }));
    stage.done(&format!("POST /channels/{id}/answer")).await;
    stage.done(&format!("POST /channels/{id}/play/p?media=sound:hello-world")).await;
    let path = format!("calls/{id}/expect");
    stage.control("POST", &path, json!({ "heard": "sound:hello-world", "state": "Up", "application": "ivr" })).await;
    stage.control("POST", &format!("calls/{id}/press"), json!({ "keys": "1#" })).await;
    stage.control("POST", &format!("calls/{id}/hangup"), json!({})).await;
    let gone = stage.control("POST", &path, json!({ "hung_up": true })).await;
    assert_eq!(gone["cause"], 16);
    let told = stage.told_of(id).await;
    let wanted = [
        "StasisStart",
        "ChannelStateChange",
        "ChannelDtmfReceived",
        "ChannelDtmfReceived",
        "ChannelHangupRequest",
        "StasisEnd",
    ];
    assert_eq!(told, wanted);
    let refused =
        stage.simulator.command("POST", &format!("calls/{id}/press"), json!({ "keys": "1" })).await.unwrap_err();
    assert_eq!(refused.status, 409);
    assert!(refused.message.contains("Normal Clearing"), "{refused}");
}

#[tokio::test]
async fn a_call_waits_for_its_application() {
    let stage = Stage::new(json!({})).await;
    let call = json!({ "exten": "1000", "within": 0.1 });
    let refused = stage.simulator.command("POST", "calls", call).await.unwrap_err();
    assert_eq!(refused.status, 409);
    assert!(refused.message.contains("\"hello\"") && refused.message.contains("ivr"), "{refused}");
    let later = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        stage.connect("hello").await;
    };
    let (call, ()) = tokio::join!(stage.control("POST", "calls", json!({ "exten": "1000" })), later);
    let expected = json!({ "application": "hello" });
    stage.control("POST", &format!("calls/{}/expect", call["id"].as_str().unwrap()), expected).await;
}

#[tokio::test]
async fn what_cannot_be_called_is_refused_in_words() {
    let stage = stage().await;
    let refuse = |call: Value| stage.simulator.command("POST", "calls", call);
    for (call, status, said) in [
        (json!({}), 400, "exten"),
        (json!({ "exten": "1", "app": "ivr" }), 400, "exten"),
        (json!({ "exten": "nothing" }), 409, "nothing"),
        (json!({ "app": "ivr", "endpoint": "PJSIP/zoe" }), 404, "PJSIP/alice"),
        (json!({ "app": "ivr", "number": "1" }), 400, "number"),
        (json!({ "app": "ivr", "variables": { "A": 1 } }), 400, "A"),
    ] {
        let refused = refuse(call.clone()).await.unwrap_err();
        assert_eq!(refused.status, status, "{call}: {refused}");
        assert!(refused.message.contains(said), "{call}: {refused}");
    }
}

#[tokio::test]
async fn an_unmet_expectation_says_how_the_call_is() {
    let stage = stage().await;
    let call = stage.control("POST", "calls", json!({ "app": "ivr", "args": ["x"] })).await;
    let path = format!("calls/{}/expect", call["id"].as_str().unwrap());
    let unmet = stage.simulator.command("POST", &path, json!({ "state": "Up", "within": 0.05 })).await.unwrap_err();
    assert_eq!(unmet.status, 417);
    assert!(unmet.message.contains("state is \"Ring\", not \"Up\""), "{unmet}");
    let wrong = stage.simulator.command("POST", &path, json!({ "state": "up" })).await.unwrap_err();
    assert_eq!(wrong.status, 400);
}

#[tokio::test]
async fn a_telephone_answers_or_does_not() {
    let stage = stage().await;
    for (does, cause, status) in [
        (json!({ "on_call": "answer", "after": 0.5 }), None, "ANSWER"),
        (json!({ "on_call": "busy" }), Some(17), "BUSY"),
        (json!({ "on_call": "decline" }), Some(21), "NOANSWER"),
    ] {
        stage.control("PUT", "phones/PJSIP/bob", does).await;
        let made = stage.done("POST /channels?endpoint=PJSIP/bob&app=ivr").await;
        let id = made["id"].as_str().unwrap();
        stage.event("Dial", json!({ "dialstatus": status, "peer": { "id": id } })).await;
        match cause {
            None => drop(stage.event("StasisStart", json!({ "channel": { "id": id, "state": "Up" } })).await),
            Some(cause) => {
                let end = stage.event("ChannelDestroyed", json!({ "channel": { "id": id } })).await;
                assert_eq!(end["cause"], cause);
                assert!(end["tech_cause"].as_u64().unwrap() >= 400, "{end}");
            }
        }
        let called = stage.control("POST", "calls/expect", json!({ "endpoint": "PJSIP/bob" })).await;
        assert_eq!(called["id"], id);
    }
}

#[tokio::test]
async fn a_test_answers_rejects_and_rings_a_telephone() {
    let stage = stage().await;
    stage.control("PUT", "phones/PJSIP/bob", json!({ "on_call": "silent" })).await;
    for what in ["answer", "reject"] {
        stage.done("POST /channels?endpoint=PJSIP/bob&app=ivr").await;
        let call = stage.control("POST", "calls/expect", json!({ "endpoint": "PJSIP/bob" })).await;
        assert_eq!(call["state"], "Down");
        let id = call["id"].as_str().unwrap();
        stage.control("POST", &format!("calls/{id}/ring"), json!({})).await;
        stage.control("POST", &format!("calls/{id}/expect"), json!({ "state": "Ringing" })).await;
        stage.control("POST", &format!("calls/{id}/{what}"), json!({})).await;
        let so = if what == "answer" { json!({ "application": "ivr" }) } else { json!({ "hung_up": true }) };
        stage.control("POST", &format!("calls/{id}/expect"), so).await;
        let again = stage.simulator.command("POST", &format!("calls/{id}/answer"), json!({})).await.unwrap_err();
        assert_eq!(again.status, 409);
    }
    let none = json!({ "endpoint": "PJSIP/bob", "within": 0.05 });
    let unmet = stage.simulator.command("POST", "calls/expect", none).await.unwrap_err();
    assert_eq!(unmet.status, 417);
}

#[tokio::test]
async fn a_telephone_that_is_not_online_cannot_be_called() {
    let stage = stage().await;
    stage.control("PUT", "phones/PJSIP/bob", json!({ "state": "offline" })).await;
    for endpoint in ["PJSIP/bob", "PJSIP/nobody", "Nothing/x"] {
        let (status, body) = stage.ari(&format!("POST /channels?endpoint={endpoint}&app=ivr")).await;
        assert_eq!((status, &body["error"]), (500, &json!("Allocation failed")), "{endpoint}");
    }
}

#[tokio::test]
async fn nobody_answers_in_time() {
    let stage = stage().await;
    let made = stage.done("POST /channels?endpoint=PJSIP/alice&app=ivr&timeout=2").await;
    let end = stage.event("ChannelDestroyed", json!({ "channel": { "id": made["id"] } })).await;
    assert_eq!((&end["cause"], &end["cause_txt"]), (&json!(19), &json!("User alerting, no answer")));
}

#[tokio::test]
async fn the_dialplan_goes_on_after_the_application() {
    let stage = stage().await;
    let call = stage.control("POST", "calls", json!({ "exten": "1" })).await;
    let id = call["id"].as_str().unwrap();
    stage.event("StasisStart", json!({ "channel": { "id": id } })).await;
    stage.done(&format!("POST /applications/ivr/subscription?eventSource=channel:{id}")).await;
    stage.done(&format!("POST /channels/{id}/continue")).await;
    stage.event("ChannelVarset", json!({ "variable": "AFTER", "value": "SUCCESS" })).await;
    let end = stage.event("ChannelDestroyed", json!({ "channel": { "id": id } })).await;
    assert_eq!(end["cause"], 17);
}

#[tokio::test]
async fn the_dialplan_reads_keys() {
    let stage = stage().await;
    let call = stage.control("POST", "calls", json!({ "exten": "2" })).await;
    let id = call["id"].as_str().unwrap();
    stage.control("POST", &format!("calls/{id}/expect"), json!({ "playing": "sound:vm-goodbye" })).await;
    stage.control("POST", &format!("calls/{id}/press"), json!({ "keys": "4711" })).await;
    stage.event("StasisStart", json!({ "channel": { "id": id } })).await;
    let pin = stage.done(&format!("GET /channels/{id}/variable?variable=PIN")).await;
    assert_eq!(pin["value"], "4711");
    // An extension, dialled while a prompt is heard.
    let call = stage.control("POST", "calls", json!({ "exten": "3" })).await;
    let id = call["id"].as_str().unwrap();
    stage.control("POST", &format!("calls/{id}/press"), json!({ "keys": "42" })).await;
    let start = stage.event("StasisStart", json!({ "channel": { "id": id } })).await;
    assert_eq!(start["args"], json!(["answer"]));
}

#[tokio::test]
async fn the_dialplan_dials() {
    let stage = stage().await;
    stage.control("PUT", "phones/PJSIP/bob", json!({ "on_call": "busy" })).await;
    let call = stage.control("POST", "calls", json!({ "exten": "4" })).await;
    let start = stage.event("StasisStart", json!({ "channel": { "id": call["id"] } })).await;
    assert_eq!(start["args"], json!(["BUSY"]));
    stage.control("PUT", "phones/PJSIP/bob", json!({ "on_call": "answer" })).await;
    let call = stage.control("POST", "calls", json!({ "exten": "4" })).await;
    let id = call["id"].as_str().unwrap();
    stage.control("POST", &format!("calls/{id}/expect"), json!({ "state": "Up" })).await;
    // The first call was to a busy telephone.
    stage.control("POST", "calls/expect", json!({ "endpoint": "PJSIP/bob" })).await;
    let called = stage.control("POST", "calls/expect", json!({ "endpoint": "PJSIP/bob" })).await;
    stage.control("POST", &format!("calls/{}/hangup", called["id"].as_str().unwrap()), json!({})).await;
    let start = stage.event("StasisStart", json!({ "channel": { "id": id } })).await;
    assert_eq!(start["args"], json!(["ANSWER"]));
}

#[tokio::test]
async fn an_endless_dialplan_does_not_stand_in_the_way() {
    let stage = stage().await;
    let call = stage.control("POST", "calls", json!({ "exten": "5" })).await;
    let id = call["id"].as_str().unwrap();
    let answers = async {
        for _ in 0..20 {
            stage.done("GET /asterisk/ping").await;
        }
        stage.done(&format!("DELETE /channels/{id}")).await;
    };
    tokio::time::timeout(Duration::from_secs(5), answers).await.expect("answers in time");
    stage.control("POST", &format!("calls/{id}/expect"), json!({ "hung_up": true })).await;
}

#[tokio::test]
async fn a_flood_of_variables_comes_whole_and_fast() {
    let stage = Stage::new(json!({})).await;
    let body = json!({ "variables": { "N": "2000" } });
    let flood = "/channels?endpoint=Local/300@default&app=ivr&channelId=a&otherChannelId=b";
    stage.server.request("POST", flood, Some(&body)).await.unwrap();
    // Others are answered meanwhile.
    stage.done("GET /asterisk/ping").await;
    stage.event("ChannelDialplan", json!({ "dialplan_app": "Wait", "channel": { "id": "b" } })).await;
    let events = stage.simulator.events().await.unwrap();
    let counted = events.iter().filter(|record| record["event"]["variable"] == "I").count();
    assert_eq!(counted, 2_001);
}

#[tokio::test]
async fn a_channel_is_through_with_what_it_plays_before_it_goes_elsewhere() {
    let stage = stage().await;
    stage.connect("second").await;
    stage.done("POST /channels?endpoint=Local/6@default&app=ivr&channelId=a&otherChannelId=b").await;
    stage.event("StasisStart", json!({ "channel": { "id": "a" } })).await;
    for (id, media) in [("p", "sound:tt-monkeys"), ("q", "digits:1"), ("r", "digits:2")] {
        stage.done(&format!("POST /channels/a/play/{id}?media={media}")).await;
    }
    stage.done("POST /channels/a/dtmf?dtmf=5").await;
    stage.done("POST /channels/a/move?app=second").await;
    stage.done("DELETE /playbacks/q").await;
    assert_eq!(stage.done("GET /playbacks/q").await["state"], "done");
    stage.event("StasisStart", json!({ "application": "second" })).await;
    let events = stage.simulator.events().await.unwrap();
    let told: Vec<_> = events
        .iter()
        .map(|record| &record["event"])
        .filter(|event| event["playback"]["id"].is_string() || event["type"].as_str().unwrap().starts_with("Stasis"))
        .map(|event| format!("{} {}", event["type"].as_str().unwrap(), event["playback"]["id"].as_str().unwrap_or("")))
        .collect();
    let wanted = [
        "StasisStart ",
        "PlaybackStarted p",
        "PlaybackFinished p",
        "PlaybackFinished q",
        "PlaybackStarted r",
        "PlaybackFinished r",
        "StasisEnd ",
        "StasisStart ",
    ];
    assert_eq!(told, wanted);
    stage.event("ChannelDtmfReceived", json!({ "channel": { "id": "b" }, "digit": "5" })).await;
}

#[tokio::test]
async fn media_that_nobody_can_play_is_passed_over() {
    let stage = stage().await;
    let call = stage.control("POST", "calls", json!({ "app": "ivr" })).await;
    let id = call["id"].as_str().unwrap();
    stage.done(&format!("POST /channels/{id}/answer")).await;
    let mut after = 0;
    for (media, wanted) in [
        ("nonsense:x,digits:1", &["PlaybackStarted", "PlaybackStarted", "PlaybackFinished"][..]),
        ("sound:none,digits:1", &["PlaybackStarted", "PlaybackContinuing", "PlaybackStarted", "PlaybackFinished"]),
        ("digits:1,nonsense:x", &["PlaybackStarted", "PlaybackContinuing", "PlaybackStarted"]),
    ] {
        stage.done(&format!("POST /channels/{id}/play?media={media}")).await;
        // The next one ends when all of it is over.
        stage.done(&format!("POST /channels/{id}/play/end?media=digits:1")).await;
        let ended = json!({ "type": "PlaybackFinished", "fields": { "playback": { "id": "end" } }, "after": after });
        let record = stage.control("POST", "expect", ended).await;
        let events = stage.simulator.events().await.unwrap();
        let came = events.iter().filter(|event| event["seq"].as_u64() > Some(after));
        let told: Vec<_> = came
            .map(|record| &record["event"])
            .filter(|event| event["playback"].is_object() && event["playback"]["id"] != "end")
            .map(|event| event["type"].as_str().unwrap())
            .collect();
        assert_eq!(told, wanted, "{media}");
        after = record["seq"].as_u64().unwrap();
    }
}

#[tokio::test]
async fn a_telephone_holds_and_talks() {
    let stage = stage().await;
    let call = stage.control("POST", "calls", json!({ "app": "ivr" })).await;
    let id = call["id"].as_str().unwrap();
    stage.done(&format!("POST /channels/{id}/answer")).await;
    stage.control("POST", &format!("calls/{id}/talk"), json!({ "seconds": 1 })).await;
    stage.done(&format!("POST /channels/{id}/variable?variable={}&value=", encoded("TALK_DETECT(set)"))).await;
    stage.control("POST", &format!("calls/{id}/talk"), json!({ "seconds": 1.5 })).await;
    let end = stage.event("ChannelTalkingFinished", json!({ "channel": { "id": id } })).await;
    assert_eq!(end["duration"], 1500);
    stage.control("POST", &format!("calls/{id}/hold"), json!({ "music_class": "jazz" })).await;
    stage.control("POST", &format!("calls/{id}/unhold"), json!({})).await;
    let told = stage.told_of(id).await;
    let of_note: Vec<_> =
        told.iter().filter(|kind| kind.contains("Talking") || kind.contains("old")).map(String::as_str).collect();
    assert_eq!(of_note, ["ChannelTalkingStarted", "ChannelTalkingFinished", "ChannelHold", "ChannelUnhold"]);
}

#[tokio::test]
async fn variables_go_to_the_other_half_and_to_who_is_dialled() {
    let stage = stage().await;
    let made = "POST /channels?endpoint=Local/6@default&app=ivr&channelId=a&otherChannelId=b";
    let body = json!({ "variables": { "_X": "1", "PLAIN": "2" } });
    let (method, target) = made.split_once(' ').unwrap();
    assert_eq!(stage.server.request(method, target, Some(&body)).await.unwrap().status, 200);
    stage.event("StasisStart", json!({ "channel": { "id": "a" } })).await;
    for (name, value) in [("X", "1"), ("PLAIN", "2")] {
        let read = stage.done(&format!("GET /channels/b/variable?variable={name}")).await;
        assert_eq!(read["value"], value);
    }
}
