use ari_core::generated::operations::OPERATIONS;
use serde_json::json;

use crate::lab::Lab;

#[test]
fn every_operation_is_one_that_the_simulator_knows() {
    let lab = Lab::new();
    let _ear = lab.connect("app=x");
    let mut unknown = Vec::new();
    for operation in OPERATIONS.iter().filter(|operation| operation.id != "events.eventWebsocket") {
        let fill = |part: &str| if part.starts_with('{') { "x".to_owned() } else { part.to_owned() };
        let path: Vec<_> = operation.path.split('/').map(fill).collect();
        // There is an x of all that is looked for before the operation is looked at.
        lab.ask("POST", "/bridges/x");
        lab.ask("POST", "/channels/x?endpoint=Local/100@default&app=x");
        let refused = lab.ask(operation.method.as_str(), &path.join("/")).refusal();
        if refused.0 == 501 || refused.1 == "Resource not found" {
            unknown.push((operation.id, refused));
        }
    }
    assert_eq!(unknown, []);
}

#[test]
fn sources_are_subscribed_to_one_after_the_other_and_counted() {
    let lab = Lab::new();
    let _ear = lab.connect("app=test");
    lab.post("/bridges/r");
    let subscribe = |sources: &str| lab.ask("POST", &format!("/applications/test/subscription?eventSource={sources}"));
    let take_back = || lab.ask("DELETE", "/applications/test/subscription?eventSource=bridge:r");
    // What comes before a source that there is not is subscribed to all the same.
    let refused = subscribe("bridge:r,deviceState:Stasis:x,endpoint:None/x").refusal();
    assert_eq!(refused, (422, "Event source does not exist".into()));
    let app = subscribe("bridge:r").json();
    assert_eq!((&app["bridge_ids"], &app["device_names"]), (&json!(["r"]), &json!(["Stasis:x"])));
    assert_eq!(take_back().json()["bridge_ids"], json!(["r"]));
    assert_eq!(take_back().json()["bridge_ids"], json!([]));
    assert_eq!(take_back().refusal(), (422, "Event source was not subscribed to".into()));
    assert_eq!(subscribe("").refusal(), (400, "Missing parameter eventSource".into()));
    assert_eq!(subscribe("nonsense:x").refusal(), (400, "Invalid event source URI scheme".into()));
    assert_eq!(lab.ask("GET", "/applications/none").refusal(), (404, "Application not found".into()));
}

#[test]
fn an_application_finds_its_devices_again_but_not_its_filter() {
    let lab = Lab::new();
    let ear = lab.connect("app=test&subscribeAll=true");
    lab.post("/applications/test/subscription?eventSource=deviceState:");
    lab.ask("DELETE", "/applications/test/subscription?eventSource=deviceState:");
    lab.post("/applications/test/subscription?eventSource=deviceState:Stasis:x");
    let filtered = lab.ask_with("PUT", "/applications/test/eventFilter", json!({ "disallowed": [{ "type": "Dial" }] }));
    assert_eq!(filtered.json()["events_disallowed"], json!([{ "type": "Dial" }]));
    ear.close();
    // The server learns of the end of a connection in its own time.
    let asleep = (0..1000).any(|_| lab.get("/applications") == json!([]));
    assert!(asleep);
    let _ear = lab.connect("app=test");
    let app = lab.get("/applications/test");
    assert_eq!(app["device_names"], json!(["Stasis:x"]));
    assert_eq!((&app["channel_ids"], &app["events_disallowed"]), (&json!([]), &json!([])));
}

#[test]
fn an_application_with_a_bridge_waits_to_be_connected_again() {
    let lab = Lab::new();
    let ear = lab.connect("app=test");
    lab.post("/bridges/r");
    lab.post("/applications/test/subscription?eventSource=bridge:r");
    lab.ask_with("PUT", "/applications/test/eventFilter", json!({ "disallowed": [{ "type": "Dial" }] }));
    ear.close();
    let connected = || lab.ask("POST", "/events/user/x?application=test").status == 204;
    assert!((0..1000).any(|_| !connected()));
    let app = lab.get("/applications/test");
    assert_eq!((&app["bridge_ids"], &app["events_disallowed"]), (&json!(["r"]), &json!([{ "type": "Dial" }])));
    let mut ear = lab.connect("app=test");
    lab.delete("/bridges/r");
    ear.wait("BridgeDestroyed");
    assert_eq!(lab.get("/applications/test")["events_disallowed"], json!([{ "type": "Dial" }]));
}

#[test]
fn a_filter_lets_only_some_events_pass() {
    let lab = Lab::new();
    let mut ear = lab.connect("app=test&subscribeAll=true");
    let filter = |filter| lab.ask_with("PUT", "/applications/test/eventFilter", filter);
    assert_eq!(filter(json!({ "allowed": ["Dial"] })).refusal(), (400, "Invalid format definition".into()));
    let kinds = ["BridgeCreated", "BridgeDestroyed"];
    filter(json!({ "disallowed": [{ "type": "BridgeCreated" }] }));
    lab.post("/bridges/r");
    lab.delete("/bridges/r");
    assert_eq!(ear.kinds(&lab, "test", &kinds), ["BridgeDestroyed"]);
    filter(json!({}));
    lab.post("/bridges/r");
    assert_eq!(ear.kinds(&lab, "test", &kinds), ["BridgeCreated"]);
}

#[test]
fn device_states_are_told_when_they_change() {
    let lab = Lab::new();
    let mut ear = lab.connect("app=test");
    lab.post("/applications/test/subscription?eventSource=deviceState:Stasis:lamp");
    for state in ["INUSE", "inuse", "ONHOLD"] {
        assert_eq!(lab.ask("PUT", &format!("/deviceStates/Stasis:lamp?deviceState={state}")).status, 204);
    }
    lab.delete("/deviceStates/Stasis:lamp");
    let came = ear.so_far(&lab, "test");
    let states: Vec<_> = came.iter().map(|event| event["device_state"]["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["INUSE", "ONHOLD"]);
    let update = |device: &str| lab.ask("PUT", &format!("/deviceStates/{device}?deviceState=BUSY")).refusal();
    assert_eq!(update("SIP:x"), (409, "Uncontrolled device specified".into()));
    assert_eq!(update("Stasis:"), (404, "Device name is missing".into()));
}

#[test]
fn telephones_are_endpoints_and_devices() {
    let lab = Lab::new();
    let mut ear = lab.connect("app=test");
    let alice = json!({ "technology": "PJSIP", "resource": "alice", "state": "online", "channel_ids": [] });
    assert_eq!(lab.get("/endpoints/PJSIP/alice"), alice);
    assert_eq!(lab.get("/endpoints").as_array().unwrap().len(), 2);
    assert_eq!(lab.ask("GET", "/endpoints/SIP").refusal(), (404, "No Endpoints found - invalid tech SIP".into()));
    assert_eq!(lab.get("/deviceStates/PJSIP%2Falice")["state"], "NOT_INUSE");
    lab.post("/applications/test/subscription?eventSource=endpoint:PJSIP/alice,deviceState:PJSIP/alice");
    let offline = lab.control("PUT", "/phones/PJSIP/alice", json!({ "state": "offline" }));
    assert_eq!(offline.status, 200, "{}", offline.json());
    assert_eq!(ear.wait("PeerStatusChange")["peer"]["peer_status"], "Unreachable");
    assert_eq!(ear.wait("EndpointStateChange")["endpoint"]["state"], "offline");
    assert_eq!(
        ear.wait("DeviceStateChanged")["device_state"],
        json!({ "name": "PJSIP/alice", "state": "UNAVAILABLE" })
    );
}

#[test]
fn messages_and_referrals_go_to_telephones_only() {
    let lab = Lab::new();
    for (method, path) in [("PUT", "sendMessage"), ("POST", "refer")] {
        let ask = |query: &str| lab.ask(method, &format!("/endpoints/{path}{query}"));
        assert_eq!(ask("").refusal(), (400, "To must be specified".into()));
        assert_eq!(ask("?to=pjsip:nobody&from=x&refer_to=y").refusal(), (404, "Endpoint not found".into()));
        assert_eq!(ask("?to=pjsip:alice").status, 400);
        assert_eq!(ask("?to=pjsip:alice&from=x&refer_to=y").status, 202);
        let direct = lab.ask(method, &format!("/endpoints/PJSIP/bob/{path}?from=x&refer_to=y"));
        assert_eq!(direct.status, 202);
    }
}

#[test]
fn mailboxes_are_counted() {
    let lab = Lab::new();
    assert_eq!(lab.ask("GET", "/mailboxes/1").refusal(), (404, "Mailbox not found".into()));
    assert_eq!(lab.ask("PUT", "/mailboxes/1?oldMessages=2&newMessages=3").status, 204);
    assert_eq!(lab.get("/mailboxes"), json!([{ "name": "1", "old_messages": 2, "new_messages": 3 }]));
    lab.delete("/mailboxes/1");
    assert_eq!(lab.ask("DELETE", "/mailboxes/1").status, 404);
}

#[test]
fn sounds_are_those_of_the_list_and_of_the_options() {
    let lab = Lab::with(json!({ "sounds": { "my/menu": 2.5 } }));
    assert_eq!(lab.get("/sounds/hello-world")["formats"].as_array().unwrap().len(), 2);
    assert_eq!(lab.get("/sounds/my%2Fmenu")["id"], "my/menu");
    assert_eq!(lab.ask("GET", "/sounds/none").refusal(), (404, "Sound not found".into()));
    let english = lab.get("/sounds?lang=en&format=gsm");
    assert_eq!(english[0]["formats"], json!([{ "language": "en", "format": "gsm" }]));
    assert!(english.as_array().unwrap().len() > 500);
    assert_eq!(lab.ask("GET", "/sounds?lang=xx").status, 404);
}

#[test]
fn user_events_say_what_they_are_about() {
    let lab = Lab::new();
    let mut ear = lab.connect("app=test");
    lab.post("/bridges/r");
    let body = json!({ "variables": { "who": "world", "deep": { "x": [1] } } });
    assert_eq!(lab.ask_with("POST", "/events/user/Hello?application=test&source=bridge:r", body).status, 204);
    let event = ear.wait("ChannelUserevent");
    assert_eq!(event["userevent"], json!({ "who": "world", "deep": { "x": [1] }, "eventname": "Hello" }));
    assert_eq!((&event["eventname"], &event["bridge"]["id"]), (&json!("Hello"), &json!("r")));
    for (query, status) in [
        ("", 400),
        ("application=none", 404),
        ("application=test&source=nonsense", 400),
        ("application=test&source=channel:none", 422),
        ("application=test&source=deviceState:x", 400),
    ] {
        assert_eq!(lab.ask("POST", &format!("/events/user/Hello?{query}")).status, status, "{query}");
    }
}

#[test]
fn a_call_that_is_offered_belongs_to_the_first_that_claims_it() {
    let lab = Lab::new();
    let mut sales = lab.connect("app=sales");
    let mut support = lab.connect("app=support");
    lab.post("/channels?endpoint=Local/600@default&context=default&extension=100&channelId=a&otherChannelId=b");
    assert_eq!(sales.wait("CallBroadcast")["called"], "600");
    support.wait("CallBroadcast");
    let claim = |app: &str| lab.ask("POST", &format!("/events/claim?channelId=b&application={app}"));
    assert_eq!(claim("sales").status, 204);
    assert_eq!(support.wait("CallClaimed")["winner_app"], "sales");
    assert_eq!(sales.wait("StasisStart")["args"], json!(["sales", "high"]));
    assert_eq!(claim("support").status, 409);
    assert_eq!(lab.ask("POST", "/events/claim?channelId=a&application=sales").status, 404);
}

#[test]
fn asterisk_says_what_it_is_and_keeps_what_it_is_told() {
    let lab = Lab::new();
    assert_eq!(lab.get("/asterisk/ping")["ping"], "pong");
    assert_eq!(lab.get("/asterisk/info?only=system,none")["system"]["version"], "22.10.1+simulator");
    assert_eq!(lab.get("/asterisk/info?only=none"), json!({}));
    lab.post("/asterisk/variable?variable=GLOBAL(x)&value=5");
    assert_eq!(lab.get("/asterisk/variable?variable=x"), json!({ "value": "5" }));

    let module = |method: &str, name: &str| lab.ask(method, &format!("/asterisk/modules/{name}")).status;
    assert_eq!(module("DELETE", "app_echo.so"), 204);
    assert_eq!(module("GET", "app_echo.so"), 404);
    assert_eq!(module("POST", "app_echo.so"), 204);
    assert_eq!(module("POST", "app_echo.so"), 409);
    assert_eq!(module("DELETE", "res_stasis.so"), 409);
    assert_eq!(module("PUT", "none.so"), 404);

    let log = |method: &str, path: &str| lab.ask(method, &format!("/asterisk/logging/{path}")).status;
    assert_eq!(log("POST", "x"), 400);
    assert_eq!(log("POST", "x?configuration=warning,notice"), 204);
    assert_eq!(log("POST", "x?configuration=notice"), 409);
    assert_eq!(lab.get("/asterisk/logging")[0]["configuration"], "NOTICE WARNING ");
    assert_eq!(log("PUT", "x/rotate"), 204);
    assert_eq!(log("DELETE", "x"), 404);

    let object = "/asterisk/config/dynamic/res_pjsip/endpoint/alice";
    assert_eq!(lab.ask("GET", object).status, 404);
    let fields = json!({ "fields": [{ "attribute": "transport", "value": "udp" }] });
    assert_eq!(lab.ask_with("PUT", object, fields).json(), json!([{ "attribute": "transport", "value": "udp" }]));
    assert_eq!(lab.ask_with("PUT", object, json!({ "fields": [{ "attribute": 5 }] })).status, 400);
    lab.delete(object);
    let other = lab.ask("GET", "/asterisk/config/dynamic/res_pjsip/nothing/x").refusal();
    assert_eq!(other, (404, "objectType 'nothing' not found".into()));
}
