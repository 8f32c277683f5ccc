use serde_json::{json, Value};

use crate::lab::{Ear, Lab};

/// A call with somebody to record. Time passes fast; what waits for it says so by an event.
fn call() -> (Lab, Ear) {
    let lab = Lab::with(json!({ "speed": 100.0 }));
    let mut ear = lab.connect("app=test");
    lab.call(&mut ear, "test", "a");
    (lab, ear)
}

fn started(ear: &mut Ear, name: &str) {
    ear.until("RecordingStarted", |event| event["recording"]["name"] == name);
}

fn finished(ear: &mut Ear, name: &str) -> Value {
    ear.until("RecordingFinished", |event| event["recording"]["name"] == name)["recording"].take()
}

#[test]
fn a_recording_ends_by_itself_and_can_be_fetched_at_its_length() {
    let (lab, mut ear) = call();
    let live = lab.post("/channels/a/record?name=mail/one&format=wav&maxDurationSeconds=3");
    assert_eq!(live, json!({ "name": "mail/one", "format": "wav", "state": "queued", "target_uri": "channel:a" }));
    started(&mut ear, "mail/one");
    let done = finished(&mut ear, "mail/one");
    assert_eq!(done["state"], "done");
    assert_eq!(done["duration"], 3);
    assert_eq!(done.get("talking_duration"), None);
    assert_eq!(lab.get("/recordings/stored/mail%2Fone"), json!({ "name": "mail/one", "format": "wav" }));
    let file = lab.ask("GET", "/recordings/stored/mail%2Fone/file");
    assert_eq!(file.content_type, "audio/wav");
    assert_eq!(file.body.len(), 44 + 3 * 16_000);
    assert_eq!(lab.ask("GET", "/recordings/live/mail%2Fone").refusal(), (404, "Recording not found".into()));
}

#[test]
fn what_is_recorded_is_played_and_takes_as_long() {
    let (lab, mut ear) = call();
    lab.post("/channels/a/record?name=one&format=ulaw&maxDurationSeconds=30");
    finished(&mut ear, "one");
    lab.post("/channels/a/play/p?media=recording:one");
    ear.wait("PlaybackStarted");
    assert_eq!(lab.get("/playbacks/p")["state"], "playing");
    assert_eq!(ear.wait("PlaybackFinished")["playback"]["state"], "done");
}

#[test]
fn recordings_of_a_channel_wait_for_each_other() {
    let (lab, mut ear) = call();
    lab.post("/channels/a/record?name=one&format=wav");
    lab.post("/channels/a/record?name=two&format=wav");
    assert_eq!(lab.get("/recordings/live/one")["state"], "recording");
    assert_eq!(lab.get("/recordings/live/two")["state"], "queued");
    for verb in ["pause", "mute"] {
        let refused = lab.ask("POST", &format!("/recordings/live/two/{verb}")).refusal();
        assert_eq!(refused, (409, "Recording not in session".into()));
    }
    lab.post("/recordings/live/one/pause");
    assert_eq!(lab.get("/recordings/live/one")["state"], "paused");
    lab.delete("/recordings/live/one/pause");
    lab.post("/recordings/live/one/stop");
    finished(&mut ear, "one");
    started(&mut ear, "two");
    lab.delete("/channels/a");
    assert_eq!(finished(&mut ear, "two")["state"], "done");
    ear.wait("StasisEnd");
    let names: Vec<_> =
        lab.get("/recordings/stored").as_array().unwrap().iter().map(|one| one["name"].clone()).collect();
    assert_eq!(names, ["one", "two"]);
}

#[test]
fn time_in_a_pause_is_not_recorded() {
    let (lab, mut ear) = call();
    lab.post("/channels/a/record?name=one&format=wav&maxDurationSeconds=20");
    lab.post("/recordings/live/one/pause");
    let done = finished(&mut ear, "one");
    assert!(done["duration"].as_i64().unwrap() < 20, "{done}");
}

#[test]
fn a_cancelled_recording_is_not_stored() {
    let (lab, mut ear) = call();
    lab.post("/channels/a/record?name=one&format=wav");
    lab.delete("/recordings/live/one");
    assert_eq!(finished(&mut ear, "one")["state"], "done");
    assert_eq!(lab.get("/recordings/stored"), json!([]));
}

#[test]
fn silence_ends_a_recording_where_it_is_told_to() {
    let (lab, mut ear) = call();
    lab.post("/channels/a/record?name=one&format=wav&maxSilenceSeconds=2");
    let done = finished(&mut ear, "one");
    assert_eq!((&done["duration"], &done["silence_duration"]), (&json!(2), &json!(0)));
    let file = lab.ask("GET", "/recordings/stored/one/file").body;
    assert!(file.len() < 16_000, "{}", file.len());
}

#[test]
fn a_name_is_taken_until_it_is_free_again() {
    let (lab, mut ear) = call();
    let refused = |query: &str| lab.ask("POST", &format!("/channels/a/record?{query}")).refusal();
    let taken = (409, "Recording 'one' already exists and can not be overwritten".to_owned());
    lab.post("/channels/a/record?name=one&format=wav");
    assert_eq!(refused("name=one&format=wav&ifExists=overwrite"), taken);
    lab.post("/recordings/live/one/stop");
    assert_eq!(refused("name=one&format=ulaw"), taken);
    lab.post("/channels/a/record?name=one&format=wav&ifExists=append&maxDurationSeconds=1");
    finished(&mut ear, "one");
    finished(&mut ear, "one");
    lab.post("/recordings/stored/one/copy?destinationRecordingName=two");
    let again = lab.ask("POST", "/recordings/stored/one/copy?destinationRecordingName=two").refusal();
    assert_eq!(again, (409, "A recording with the same name already exists on the system".into()));
    let outside = lab.ask("POST", "/recordings/stored/one/copy?destinationRecordingName=../two").refusal();
    assert_eq!(outside.0, 403);
    lab.delete("/recordings/stored/one");
    assert_eq!(lab.ask("DELETE", "/recordings/stored/one").status, 404);
    assert_eq!(lab.get("/recordings/stored/two")["name"], "two");
}

#[test]
fn a_member_of_a_bridge_is_not_recorded_nor_one_that_is_recorded_bridged() {
    let (lab, mut ear) = call();
    lab.post("/bridges/r");
    lab.post("/channels/a/record?name=one&format=wav");
    let refused = lab.ask("POST", "/bridges/r/addChannel?channel=a").refusal();
    assert_eq!(refused, (409, "Channel a currently recording".into()));
    lab.post("/recordings/live/one/stop");
    lab.post("/bridges/r/addChannel?channel=a");
    lab.post("/channels/a/record?name=two&format=wav");
    let failed = ear.wait("RecordingFailed");
    assert_eq!(failed["recording"]["cause"], "Cannot record channel while in bridge");
}

#[test]
fn recordings_of_a_bridge_go_on_side_by_side_until_it_ends() {
    let (lab, mut ear) = call();
    lab.post("/bridges/r");
    lab.post("/applications/test/subscription?eventSource=bridge:r");
    for name in ["one", "two"] {
        lab.post(&format!("/bridges/r/record?name={name}&format=wav"));
        assert_eq!(lab.get(&format!("/recordings/live/{name}"))["state"], "recording");
    }
    assert_eq!(lab.get("/bridges/r")["channels"], json!([]));
    lab.delete("/bridges/r");
    finished(&mut ear, "one");
    finished(&mut ear, "two");
    ear.wait("BridgeDestroyed");
}

#[test]
fn what_makes_no_recording_is_refused() {
    let (lab, _ear) = call();
    for (query, status, message) in [
        ("name=x", 422, "specified format is unknown on this system"),
        ("name=x&format=ogg", 422, "specified format is unknown on this system"),
        ("format=wav", 500, "Error parsing request"),
        ("name=../x&format=wav", 500, "Error parsing request"),
        ("name=x&format=wav&maxDurationSeconds=-1", 400, "max_duration_seconds cannot be negative"),
        ("name=x&format=wav&maxSilenceSeconds=-1", 400, "max_silence_seconds cannot be negative"),
        ("name=x&format=wav&ifExists=perhaps", 400, "ifExists invalid"),
        ("name=x&format=wav&terminateOn=5", 400, "terminateOn invalid"),
    ] {
        let refused = lab.ask("POST", &format!("/channels/a/record?{query}")).refusal();
        assert_eq!(refused, (status, message.into()), "{query}");
    }
}

/// Somebody at a telephone, answered by the application.
fn caller() -> (Lab, Ear) {
    let lab = Lab::with(json!({ "speed": 50.0 }));
    let mut ear = lab.connect("app=test");
    let call = lab.control("POST", "/calls", json!({ "app": "test", "endpoint": "PJSIP/alice", "id": "x" }));
    assert_eq!(call.status, 200, "{}", call.json());
    ear.wait("StasisStart");
    lab.post("/channels/x/answer");
    (lab, ear)
}

#[test]
fn a_key_ends_a_recording_that_waits_for_it() {
    let (lab, mut ear) = caller();
    lab.post("/channels/x/record?name=one&format=wav&terminateOn=%23");
    started(&mut ear, "one");
    lab.control("POST", "/calls/x/press", json!({ "keys": "5" }));
    assert_eq!(lab.get("/recordings/live/one")["state"], "recording");
    lab.control("POST", "/calls/x/press", json!({ "keys": "#" }));
    finished(&mut ear, "one");
    assert_eq!(lab.get("/recordings/stored/one")["format"], "wav");
}

#[test]
fn talk_puts_the_end_off() {
    let (lab, mut ear) = caller();
    lab.post("/channels/x/record?name=one&format=wav&maxSilenceSeconds=20");
    started(&mut ear, "one");
    assert_eq!(lab.control("POST", "/calls/x/talk", json!({ "seconds": 10 })).status, 200);
    let done = finished(&mut ear, "one");
    assert!(done["duration"].as_i64().unwrap() >= 30, "{done}");
    let file = lab.ask("GET", "/recordings/stored/one/file").body;
    assert!(file.len() > 10 * 16_000, "{}", file.len());
}
