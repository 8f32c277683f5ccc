//! A whole call on a real Asterisk, through the typed surface.

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use ari_core::{Client, ErrorKind, Event, Events, ObjectKey};
use serde_json::json;
use support::Asterisk;

/// Reads events until one is what is waited for, and gives what the question made of it.
async fn wait_for<T>(events: &mut Events, what: &str, mut question: impl FnMut(&Event) -> Option<T>) -> T {
    let search = async {
        loop {
            let event = events.next().await.expect("the stream goes on").unwrap();
            if let Some(answer) = question(&event) {
                return answer;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), search).await.unwrap_or_else(|_| panic!("no {what} within 20 s"))
}

macro_rules! wait {
    ($events:expr, $event:ident, $($condition:tt)*) => {
        wait_for(&mut $events, stringify!($event), |event| match event {
            Event::$event(it) => ($($condition)*)(it).then(|| (**it).clone()),
            _ => None,
        })
        .await
    };
}

#[tokio::test]
async fn a_call_from_originate_to_hang_up() {
    let asterisk = Asterisk::any();
    let client = Client::connect(asterisk.options()).await.unwrap();
    assert!(client.server_version().unwrap().contains('.'));
    let app = format!("flow-{}", std::process::id());
    let mut events = client.event_stream([app.as_str()]).await.unwrap();

    // Everything is named before it exists, so that no event can come too early.
    let id = format!("{app}-caller");
    let digits = Arc::new(Mutex::new(String::new()));
    let channel = client
        .channels()
        .originate("Local/caller@default")
        .app(&app)
        .channel_id(&id)
        .variables(json!({"KEYS": "12#", "PAUSE": "1"}))
        .timeout(10)
        .await
        .unwrap();
    assert_eq!(channel.id, id);
    let start = wait!(events, StasisStart, |start: &ari_core::models::StasisStart| start.channel.id == id);
    assert_eq!(start.application, app);
    channel.answer().await.unwrap();

    let playback = channel.play(["sound:hello-world"]).playback_id("greeting").await.unwrap();
    assert_eq!(playback.id, "greeting");
    let seen = digits.clone();
    let finished = wait_for(&mut events, "PlaybackFinished", |event| match event {
        Event::PlaybackFinished(finished) => Some(finished.playback.clone()),
        Event::ChannelDtmfReceived(key) => {
            seen.lock().unwrap().push_str(&key.digit);
            None
        }
        _ => None,
    })
    .await;
    assert_eq!((finished.id.as_str(), finished.state.as_str()), ("greeting", "done"));
    while !digits.lock().unwrap().ends_with('#') {
        let key = wait!(events, ChannelDtmfReceived, |_: &_| true);
        digits.lock().unwrap().push_str(&key.digit);
    }
    assert_eq!(*digits.lock().unwrap(), "12#");

    let recording = format!("{app}-recording");
    channel.record(&recording, "wav").if_exists("overwrite").await.unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    client.recordings().stop(&recording).await.unwrap();
    wait!(events, RecordingFinished, |finished: &ari_core::models::RecordingFinished| finished.recording.name
        == recording);
    let file = client.recordings().get_stored_file(&recording).await.unwrap();
    assert!(file.starts_with(b"RIFF"), "a WAV file of {} bytes", file.len());
    client.recordings().delete_stored(&recording).await.unwrap();

    let bridge = client.bridges().create().type_("mixing").bridge_id(format!("{app}-bridge")).await.unwrap();
    bridge.add_channel([id.as_str()]).await.unwrap();
    wait!(events, ChannelEnteredBridge, |entered: &ari_core::models::ChannelEnteredBridge| entered.bridge.id
        == bridge.id);
    let snoop = channel.snoop_channel(&app).spy("in").snoop_id(format!("{app}-snoop")).await.unwrap();
    wait!(events, StasisStart, |start: &ari_core::models::StasisStart| start.channel.id == snoop.id);
    snoop.hangup().await.unwrap();
    assert_eq!(client.get_bridge(&bridge.id).await.unwrap().channels, std::slice::from_ref(&id));
    bridge.remove_channel([id.as_str()]).await.unwrap();
    bridge.destroy().await.unwrap();

    channel.hangup().reason("normal").await.unwrap();
    // When it has left the application, the channel is still there for a moment.
    let (mut left, mut destroyed) = (false, false);
    wait_for(&mut events, "StasisEnd and ChannelDestroyed", |event| {
        match event {
            Event::StasisEnd(end) => left |= end.channel.id == id,
            Event::ChannelDestroyed(end) => destroyed |= end.channel.id == id,
            _ => {}
        }
        (left && destroyed).then_some(())
    })
    .await;
    let gone = channel.get().await.unwrap_err();
    assert_eq!((gone.kind(), gone.message()), (ErrorKind::NotFound, "Channel not found"));
    events.close();
}

#[tokio::test]
async fn handlers_on_the_client_and_on_an_object() {
    let asterisk = Asterisk::any();
    let client = Client::connect(asterisk.options()).await.unwrap();
    let app = format!("handlers-{}", std::process::id());
    let story = Arc::new(Mutex::new(Vec::new()));
    let id = format!("{app}-1");

    let told = story.clone();
    client.add_event_handler("StasisStart", move |client, event| {
        let told = told.clone();
        async move {
            let Event::StasisStart(start) = event else { panic!("only what was asked for") };
            told.lock().unwrap().push("start");
            client.channels().hangup(&start.channel.id).await.unwrap();
        }
    });
    let told = story.clone();
    client.add_event_handler("StasisStart", move |_, _| {
        told.lock().unwrap().push("panic");
        async { panic!("a handler that fails does not end the events (this message is expected)") }
    });
    let told = story.clone();
    let key = ObjectKey { class: "Channel".into(), id: id.clone() };
    client.add_object_handler(key, "StasisEnd", move |client, _| {
        told.lock().unwrap().push("end");
        async move { client.stop() }
    });

    let caller = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        client.channels().originate("Local/100@default").app(&app).channel_id(&id).await.unwrap();
    };
    let run = tokio::time::timeout(Duration::from_secs(20), client.run([app.as_str()]));
    let (outcome, ()) = tokio::join!(run, caller);
    outcome.expect("the story ends").unwrap();
    assert_eq!(*story.lock().unwrap(), ["start", "panic", "end"]);
}

#[tokio::test]
async fn a_flood_during_a_nap_loses_nothing() {
    const COUNT: u32 = 20_000;
    let asterisk = Asterisk::any();
    let client = Client::connect(asterisk.options()).await.unwrap();
    let app = format!("flood-{}", std::process::id());
    let mut events = client.event_stream([app.as_str()]).await.unwrap();
    // The application gets the events of both halves of the channel; the other half runs the dialplan's loop.
    let channel =
        client.channels().originate("Local/300@default").app(&app).variables(json!({"N": COUNT.to_string()})).await;
    let channel = channel.unwrap();
    tokio::time::sleep(Duration::from_secs(5)).await;
    let mut values = Vec::new();
    while values.last() != Some(&COUNT) {
        let set = wait!(events, ChannelVarset, |set: &ari_core::models::ChannelVarset| set.variable == "I");
        values.push(set.value.parse().unwrap());
    }
    assert_eq!(values, (0..=COUNT).collect::<Vec<_>>());
    channel.hangup().await.unwrap();
}

#[tokio::test]
async fn a_killed_and_restarted_server_is_survived_and_subscriptions_come_back() {
    let mut asterisk = Asterisk::own();
    let client = Client::connect(asterisk.options()).await.unwrap();
    let mut events = client.event_stream(["phoenix"]).await.unwrap();
    client.applications().subscribe("phoenix", ["deviceState:Stasis:bell", "deviceState:Stasis:lamp"]).await.unwrap();
    asterisk.control("kill");
    wait!(events, ConnectionLost, |_: &_| true);
    asterisk.control("start");
    let back = wait!(events, Reconnected, |_: &_| true);
    assert_eq!(back.restored, ["deviceState:Stasis:bell", "deviceState:Stasis:lamp"]);
    assert!(back.not_restored.is_empty() && back.gap_ms > 0);
    client.device_states().update("Stasis:lamp", "INUSE").await.unwrap();
    let lamp = wait!(events, DeviceStateChanged, |_: &_| true);
    assert_eq!((lamp.device_state.name.as_str(), lamp.device_state.state.as_str()), ("Stasis:lamp", "INUSE"));
}
