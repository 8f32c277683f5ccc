//! What an application does with a channel, beyond what the scenarios tell.

use serde_json::json;

use super::stage::{stage, Stage};

#[tokio::test]
async fn a_flood_of_variables_comes_whole_and_fast() {
    let stage = Stage::new(json!({})).await;
    let body = json!({ "variables": { "N": "2000" } });
    let flood = "POST /channels?endpoint=Local/300@default&app=ivr&channelId=a&otherChannelId=b";
    assert_eq!(stage.request(flood, Some(body)).await.0, 200);
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
    // Keys are answered when they have been pressed, a move at once.
    let others = async {
        stage.simulator.expect_request("channels.sendDTMF", json!({})).await.unwrap();
        stage.done("POST /channels/a/move?app=second").await;
        stage.done("DELETE /playbacks/q").await;
        assert_eq!(stage.done("GET /playbacks/q").await["state"], "done");
    };
    tokio::join!(stage.done("POST /channels/a/dtmf?dtmf=5"), others);
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
async fn variables_go_to_the_other_half_and_to_who_is_dialled() {
    let stage = stage().await;
    let made = "POST /channels?endpoint=Local/6@default&app=ivr&channelId=a&otherChannelId=b";
    let body = json!({ "variables": { "_X": "1", "PLAIN": "2" } });
    assert_eq!(stage.request(made, Some(body)).await.0, 200);
    stage.event("StasisStart", json!({ "channel": { "id": "a" } })).await;
    for (name, value) in [("X", "1"), ("PLAIN", "2")] {
        let read = stage.done(&format!("GET /channels/b/variable?variable={name}")).await;
        assert_eq!(read["value"], value);
    }
}

#[tokio::test]
async fn a_channel_is_made_first_and_dialled_later() {
    let stage = stage().await;
    stage.done("POST /channels/create?endpoint=PJSIP/bob&app=ivr&channelId=a").await;
    stage.event("StasisStart", json!({ "channel": { "id": "a", "state": "Down" } })).await;
    for operation in ["answer", "ring", "mute", "hold", "moh", "silence", "dtmf", "play", "redirect", "continue"] {
        let (status, body) = stage.ari(&format!("POST /channels/a/{operation}")).await;
        assert_eq!((status, &body["message"]), (412, &json!("Channel in invalid state")), "{operation}");
    }
    stage.done("POST /channels/a/dial").await;
    assert_eq!(stage.ari("POST /channels/a/dial").await.0, 409);
    let call = stage.control("POST", "calls/expect", json!({ "endpoint": "PJSIP/bob" })).await;
    assert_eq!(call["id"], "a");
    stage.control("POST", "calls/a/expect", json!({ "state": "Ringing" })).await;
    stage.control("POST", "calls/a/answer", json!({})).await;
    stage.event("Dial", json!({ "dialstatus": "ANSWER", "dialstring": "", "peer": { "state": "Up" } })).await;
    let statistics = stage.done("GET /channels/a/rtp_statistics").await;
    assert_eq!(statistics["channel_uniqueid"], "a");
}

#[tokio::test]
async fn a_call_that_was_made_first_and_finds_nobody_ends() {
    let stage = stage().await;
    stage.done("POST /channels/create?endpoint=Local/nothing@default&app=ivr&channelId=a").await;
    stage.done("POST /channels/a/dial").await;
    let end = stage.event("ChannelDestroyed", json!({ "channel": { "id": "a" } })).await;
    assert_eq!(end["cause"], 16);
    assert_eq!(stage.ari("GET /channels/a;2").await.0, 404);
}

#[tokio::test]
async fn keys_go_through_a_bridge_to_whoever_can_hear_them() {
    let stage = stage().await;
    stage.done("POST /channels?endpoint=Local/6@default&app=ivr&channelId=a&otherChannelId=b").await;
    stage.event("StasisStart", json!({ "channel": { "id": "a" } })).await;
    stage.control("POST", "calls", json!({ "app": "ivr", "id": "caller" })).await;
    stage.done("POST /channels/caller/answer").await;
    stage.done("POST /bridges/r?type=mixing").await;
    stage.done("POST /bridges/r/addChannel?channel=a,caller").await;
    stage.control("POST", "calls/caller/expect", json!({ "bridge": "r" })).await;
    stage.control("POST", "calls/caller/press", json!({ "keys": "7", "duration": 80 })).await;
    let heard = stage.event("ChannelDtmfReceived", json!({ "channel": { "id": "b" } })).await;
    assert_eq!((&heard["digit"], &heard["duration_ms"]), (&json!("7"), &json!(80)));
    stage.control("POST", "calls/caller/hangup", json!({})).await;
    let order = stage.told_of("caller").await;
    assert!(order.ends_with(&["ChannelLeftBridge".into(), "StasisEnd".into()]), "{order:?}");
}

#[tokio::test]
async fn both_halves_of_a_call_in_one_bridge_do_not_stop_the_clock() {
    let stage = stage().await;
    stage.done("POST /channels?endpoint=Local/1@default&app=ivr&channelId=a&otherChannelId=b").await;
    stage.event("StasisStart", json!({ "channel": { "id": "b" } })).await;
    stage.done("POST /channels/b/answer").await;
    stage.event("StasisStart", json!({ "channel": { "id": "a" } })).await;
    stage.done("POST /bridges/r?type=mixing").await;
    stage.done("POST /bridges/r/addChannel?channel=a,b").await;
    stage.done("POST /channels/a/dtmf?dtmf=1").await;
    stage.event("ChannelDtmfReceived", json!({ "channel": { "id": "b" } })).await;
    stage.done("DELETE /channels/a").await;
    stage.event("ChannelDestroyed", json!({ "channel": { "id": "b" } })).await;
}

#[tokio::test]
async fn what_is_done_to_the_ears_of_a_caller_can_be_seen() {
    let stage = stage().await;
    stage.control("POST", "calls", json!({ "app": "ivr", "id": "caller" })).await;
    for (does, undoes, member, value) in [
        ("POST /channels/caller/moh?mohClass=jazz", "DELETE /channels/caller/moh", "moh", json!("jazz")),
        ("POST /channels/caller/silence", "DELETE /channels/caller/silence", "silence", json!(true)),
        ("POST /channels/caller/ring", "DELETE /channels/caller/ring", "ringing", json!(true)),
        ("POST /channels/caller/hold", "DELETE /channels/caller/hold", "held", json!(true)),
        (
            "POST /channels/caller/mute?direction=in",
            "DELETE /channels/caller/mute?direction=in",
            "muted_in",
            json!(true),
        ),
        (
            "POST /channels/caller/mute?direction=out",
            "DELETE /channels/caller/mute?direction=both",
            "muted_out",
            json!(true),
        ),
    ] {
        let before = stage.control("GET", "calls/caller", json!({})).await;
        assert_ne!(before[member], value);
        stage.done(does).await;
        assert_eq!(stage.control("GET", "calls/caller", json!({})).await[member], value, "{does}");
        stage.done(undoes).await;
        assert_eq!(stage.control("GET", "calls/caller", json!({})).await, before, "{undoes}");
    }
}
