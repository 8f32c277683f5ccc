//! What a test does with telephones, and what the dialplan makes of it.

use std::time::Duration;

use serde_json::{json, Value};

use super::stage::{stage, Stage};

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
        (json!({ "app": "ivr", "variables": { "A": [1] } }), 400, "A"),
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
async fn a_telephone_holds_and_talks() {
    let stage = stage().await;
    let call = stage.control("POST", "calls", json!({ "app": "ivr" })).await;
    let id = call["id"].as_str().unwrap();
    stage.done(&format!("POST /channels/{id}/answer")).await;
    stage.control("POST", &format!("calls/{id}/talk"), json!({ "seconds": 1 })).await;
    stage.done(&format!("POST /channels/{id}/variable?variable=TALK_DETECT(set)&value=")).await;
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
async fn a_dialplan_that_dials_itself_comes_to_an_end() {
    let stage = stage().await;
    let call = stage.control("POST", "calls", json!({ "exten": "7" })).await;
    let path = format!("calls/{}/expect", call["id"].as_str().unwrap());
    stage.control("POST", &path, json!({ "hung_up": true })).await;
    let nobody = async {
        while stage.control("GET", "calls", json!({})).await != json!([]) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), nobody).await.expect("an end of all calls");
}
