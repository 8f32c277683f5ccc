use serde_json::{json, Value};

use crate::lab::{Ear, Lab};

fn lab() -> (Lab, Ear) {
    let lab = Lab::new();
    let ear = lab.connect("app=test");
    (lab, ear)
}

#[test]
fn types_say_what_a_bridge_is() {
    let lab = Lab::new();
    let technology = |types: &str| lab.post(&format!("/bridges?type={types}"))["technology"].clone();
    assert_eq!(technology("mixing,dtmf_events"), "simple_bridge");
    assert_eq!(technology("holding"), "holding_bridge");
    assert_eq!(technology("video_sfu"), "softmix");
    assert_eq!(lab.post("/bridges?type=mixing,video_single")["video_mode"], "single");
    for types in ["nonsense", "holding,mixing", "proxy_media"] {
        let refused = lab.ask("POST", &format!("/bridges?type={types}&bridgeId=x")).refusal();
        assert_eq!(refused, (500, "Unable to create bridge. Possible duplicate bridge id 'x'".into()));
    }
    lab.post("/bridges/one?name=first");
    let refused = lab.ask("POST", "/bridges?bridgeId=one").refusal();
    assert_eq!(refused, (409, "Bridge with id 'one' already exists".into()));
}

#[test]
fn members_are_told_of_each_other_and_a_third_makes_it_a_conference() {
    let (lab, mut ear) = lab();
    for id in ["a", "b", "c"] {
        lab.call(&mut ear, "test", id);
    }
    lab.post("/bridges/r?type=mixing");
    lab.post("/bridges/r/addChannel?channel=a,b");
    assert_eq!(lab.get("/bridges/r")["technology"], "simple_bridge");
    ear.so_far(&lab, "test");
    lab.post("/bridges/r/addChannel?channel=c");
    assert_eq!(lab.get("/bridges/r")["channels"], json!(["a", "b", "c"]));
    assert_eq!(lab.get("/bridges/r")["technology"], "softmix");
    let name = |id: &str| lab.get(&format!("/channels/{id}"))["name"].as_str().unwrap().to_owned();
    let peers: Vec<_> = ear
        .so_far(&lab, "test")
        .into_iter()
        .filter(|event| event["variable"] == "BRIDGEPEER")
        .map(|event| (event["channel"]["id"].clone(), event["value"].as_str().unwrap().to_owned()))
        .collect();
    let [a, b, c] = ["a", "b", "c"].map(name);
    let wanted = [("c", format!("{a},{b}")), ("a", format!("{c},{b}")), ("b", format!("{c},{a}"))]
        .map(|(id, all)| (json!(id), all));
    assert_eq!(peers, wanted);
    lab.post("/bridges/r/removeChannel?channel=b");
    assert_eq!(lab.get("/bridges/r")["technology"], "simple_bridge");
}

#[test]
fn what_cannot_be_a_member_is_refused_before_anything_happens() {
    let (lab, mut ear) = lab();
    lab.call(&mut ear, "test", "a");
    lab.post("/bridges/r");
    for (channels, status, message) in [
        ("", 400, "Missing parameter channel"),
        ("a,none", 400, "Channel not found"),
        ("a,a2", 422, "Channel not in Stasis application"),
    ] {
        let refused = lab.ask("POST", &format!("/bridges/r/addChannel?channel={channels}")).refusal();
        assert_eq!(refused, (status, message.into()));
    }
    assert_eq!(lab.get("/bridges/r")["channels"], json!([]));
    let refused = lab.ask("POST", "/bridges/r/removeChannel?channel=a").refusal();
    assert_eq!(refused, (422, "Channel not in this bridge".into()));
    assert_eq!(lab.ask("POST", "/bridges/none/addChannel?channel=a").status, 404);
}

#[test]
fn a_member_that_is_taken_out_takes_the_subscription_along_and_one_that_hangs_up_does_not() {
    let (lab, mut ear) = lab();
    let bridges = || lab.get("/applications/test")["bridge_ids"].clone();
    for (id, bridge) in [("a", "r"), ("b", "s")] {
        lab.call(&mut ear, "test", id);
        lab.post(&format!("/bridges/{bridge}"));
        lab.post(&format!("/bridges/{bridge}/addChannel?channel={id}"));
    }
    assert_eq!(bridges(), json!(["r", "s"]));
    lab.post("/bridges/r/removeChannel?channel=a");
    lab.delete("/channels/b");
    ear.until("ChannelDestroyed", |event| event["channel"]["id"] == "b");
    assert_eq!(bridges(), json!(["s"]));
    lab.delete("/bridges/r");
    lab.delete("/bridges/s");
    assert_eq!(ear.wait("BridgeDestroyed")["bridge"]["id"], "s");
    assert_eq!(bridges(), json!([]));
}

#[test]
fn a_bridge_that_ends_lets_its_members_go_and_tells_so() {
    let (lab, mut ear) = lab();
    lab.call(&mut ear, "test", "a");
    lab.post("/bridges/r");
    lab.post("/applications/test/subscription?eventSource=bridge:r");
    lab.post("/bridges/r/addChannel?channel=a");
    ear.so_far(&lab, "test");
    lab.delete("/bridges/r");
    let kinds = ear.kinds(&lab, "test", &["ChannelLeftBridge", "BridgeDestroyed"]);
    assert_eq!(kinds, ["ChannelLeftBridge", "BridgeDestroyed"]);
    assert_eq!(lab.get("/channels/a")["state"], "Up");
    assert_eq!(lab.ask("GET", "/bridges/r").status, 404);
}

#[test]
fn a_channel_moves_from_one_bridge_to_another() {
    let (lab, mut ear) = lab();
    lab.call(&mut ear, "test", "a");
    lab.post("/bridges/r");
    lab.post("/bridges/s");
    lab.post("/bridges/r/addChannel?channel=a");
    lab.post("/bridges/s/addChannel?channel=a");
    let passages = |event: Value| {
        let bridge = event["bridge"]["id"].as_str()?.to_owned();
        Some((event["type"].as_str()?.to_owned(), bridge))
    };
    let came: Vec<_> = ear.so_far(&lab, "test").into_iter().filter_map(passages).collect();
    let passage = |kind: &str, bridge: &str| (kind.to_owned(), bridge.to_owned());
    assert_eq!(
        came,
        [passage("ChannelEnteredBridge", "r"), passage("ChannelLeftBridge", "r"), passage("ChannelEnteredBridge", "s")]
    );
    assert_eq!(lab.get("/applications/test")["bridge_ids"], json!(["s"]));
}

#[test]
fn a_channel_comes_into_a_bridge_when_it_has_heard_what_is_played() {
    let (lab, mut ear) = lab();
    lab.call(&mut ear, "test", "a");
    lab.post("/bridges/r");
    lab.post("/channels/a/play?media=sound:hello-world");
    lab.post("/bridges/r/addChannel?channel=a");
    let kinds = ["PlaybackFinished", "ChannelEnteredBridge"];
    let is_of_interest = |event: &Value| kinds.iter().any(|kind| event["type"] == *kind);
    let came: Vec<_> = std::iter::repeat_with(|| ear.next()).filter(is_of_interest).take(2).collect();
    assert!(came.iter().zip(kinds).all(|(event, kind)| event["type"] == kind), "{came:?}");
    assert_eq!(lab.get("/bridges/r")["channels"], json!(["a"]));
}

#[test]
fn a_holding_bridge_takes_one_announcer() {
    let (lab, mut ear) = lab();
    for id in ["a", "b"] {
        lab.call(&mut ear, "test", id);
    }
    lab.post("/bridges/h?type=holding");
    lab.post("/bridges/h/addChannel?channel=a&role=announcer");
    lab.post("/bridges/h/addChannel?channel=b&role=announcer");
    assert_eq!(lab.get("/bridges/h")["channels"], json!(["a"]));
    assert!(!ear.so_far(&lab, "test").iter().any(|event| event["variable"] == "BRIDGEPEER"));
}

#[test]
fn two_members_are_connected_to_each_other_unless_that_is_not_wanted() {
    let (lab, mut ear) = lab();
    for (id, caller) in [("a", "Ann%3C11%3E"), ("b", "Bob%3C22%3E")] {
        lab.post(&format!("/channels?endpoint=Local/100@default&app=test&channelId={id}&callerId={caller}"));
        ear.wait("StasisStart");
    }
    let connected = |id: &str| lab.get(&format!("/channels/{id}"))["connected"]["number"].clone();
    lab.post("/bridges/r");
    lab.post("/bridges/r/addChannel?channel=a");
    lab.post("/bridges/r/addChannel?channel=b&inhibitConnectedLineUpdates=true");
    assert_eq!((connected("a"), connected("b")), (json!("11"), json!("22")));
    lab.post("/bridges/r/addChannel?channel=b");
    assert_eq!((connected("a"), connected("b")), (json!("22"), json!("11")));
}

#[test]
fn music_comes_and_goes() {
    let (lab, mut ear) = lab();
    lab.call(&mut ear, "test", "a");
    lab.post("/bridges/r");
    lab.post("/bridges/r/addChannel?channel=a");
    ear.so_far(&lab, "test");
    lab.post("/bridges/r/moh");
    lab.post("/bridges/r/moh?mohClass=other");
    let told: Vec<_> = ear.so_far(&lab, "test").into_iter().filter(|event| event["variable"] == "BRIDGEPEER").collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0]["value"].as_str().unwrap().starts_with("Announcer/ARI_MOH-"));
    assert_eq!(lab.get("/bridges/r")["channels"], json!(["a"]));
    lab.delete("/bridges/r/moh");
    assert_eq!(lab.ask("DELETE", "/bridges/r/moh").refusal(), (409, "Bridge isn't playing music".into()));
}

#[test]
fn a_playback_of_a_bridge_is_heard_by_those_who_listen_to_it() {
    let (lab, mut ear) = lab();
    lab.post("/bridges/r");
    lab.post("/applications/test/subscription?eventSource=bridge:r");
    lab.post("/bridges/r/play/p?media=sound:hello-world,digits:1");
    let playing = ["PlaybackStarted", "PlaybackContinuing", "PlaybackFinished"];
    assert_eq!(ear.wait("PlaybackFinished")["playback"]["target_uri"], "bridge:r");
    assert_eq!(ear.kinds(&lab, "test", &playing), [""; 0]);
    lab.post("/bridges/r/play/p?media=tone:ring");
    lab.delete("/bridges/r");
    let ended = ear.wait("PlaybackFinished");
    assert_eq!(ended["playback"]["state"], "failed");
}

#[test]
fn variables_are_kept_and_shown_where_that_is_wanted() {
    let lab = Lab::new();
    let made = lab.ask_with("POST", "/bridges/r", json!({ "variables": { "a": "1" } })).json();
    assert_eq!(made.get("bridgevars"), None);
    assert_eq!(lab.get("/bridges/r/variable?variable=a"), json!({ "value": "1" }));
    lab.post("/bridges/r/variable?variable=b&value=2&report_events=true");
    assert_eq!(lab.get("/bridges/r")["bridgevars"], json!({ "b": "2" }));
    assert_eq!(lab.get("/bridges/r/variables?variables=a,b"), json!({ "variables": { "a": "1", "b": "2" } }));
    lab.post("/bridges/r/variable?variable=a");
    let refused = lab.ask("GET", "/bridges/r/variables?variables=a,b").refusal();
    assert_eq!(refused, (404, "Provided variable was not found".into()));
    assert_eq!(lab.ask("POST", "/bridges/r/variable").status, 400);
    for body in [json!({}), json!({ "variables": [] }), json!({ "variables": { "a": 5 } })] {
        assert_eq!(lab.ask_with("POST", "/bridges/r/variables", body).status, 400);
    }
    let set = lab.ask_with("POST", "/bridges/r/variables", json!({ "variables": { "c": { "value": "3" } } }));
    assert_eq!(set.status, 204);
    assert_eq!(lab.get("/bridges/r/variable?variable=c"), json!({ "value": "3" }));
}

#[test]
fn video_is_shown_of_one_member() {
    let (lab, mut ear) = lab();
    lab.call(&mut ear, "test", "a");
    lab.post("/bridges/r");
    assert_eq!(lab.ask("POST", "/bridges/r/videoSource/a").refusal(), (422, "Channel not in this bridge".into()));
    lab.post("/bridges/r/addChannel?channel=a");
    lab.post("/bridges/r/videoSource/a");
    let changed = ear.wait("BridgeVideoSourceChanged");
    assert_eq!(changed["bridge"]["video_source_id"], "a");
    assert_eq!(changed.get("old_video_source_id"), None);
    lab.delete("/bridges/r/videoSource");
    assert_eq!(lab.get("/bridges/r")["video_mode"], "talker");
    lab.post("/bridges/r/removeChannel?channel=a");
    assert_eq!(ear.wait("BridgeVideoSourceChanged")["old_video_source_id"], "a");
}
