//! The benchmark is worth what its server sends: so many frames, of those sizes, in that mix.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use ari_bench::serve;
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

/// Nothing here takes so long, and nothing waits for ever.
const PATIENCE: Duration = Duration::from_secs(60);

async fn start() -> String {
    let resources = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../test_resources/asterisk"));
    serve(resources).await.expect("a port of the loopback interface").to_string()
}

/// All frames of an application, until the server has answered the goodbye.
async fn frames(address: &str, application: &str, expected: usize) -> Vec<String> {
    let url = format!("ws://{address}/ari/events?app={application}");
    let (mut socket, _) = connect_async(url).await.expect("a WebSocket");
    let mut frames = Vec::new();
    while let Some(message) = timeout(PATIENCE, socket.next()).await.expect("a frame in time") {
        match message.expect("a whole frame") {
            Message::Text(text) => frames.push(text.to_string()),
            Message::Close(_) => break,
            other => panic!("the server sent {other:?}"),
        }
        if frames.len() == expected {
            // What comes on top of them would come before the answer to this.
            socket.send(Message::Close(None)).await.expect("a goodbye");
        }
    }
    frames
}

#[tokio::test]
async fn frames_are_those_that_were_ordered() {
    let address = start().await;
    let frames = frames(&address, "bench-2000-7-0", 2000).await;
    assert_eq!(frames.len(), 2000);
    let mut mix: BTreeMap<String, usize> = BTreeMap::new();
    for (index, text) in frames.iter().enumerate() {
        // 695 to 847, give or take the digits of ids and the length of the application's name.
        assert!((690..=855).contains(&text.len()), "{} bytes: {text}", text.len());
        let event: Value = serde_json::from_str(text).expect("JSON");
        assert_eq!(event["channel"]["id"], format!("bench-{}", index / 10 % 7));
        assert_eq!(event["application"], "bench-2000-7-0");
        let name = event["type"].as_str().expect("a type");
        assert_eq!(name == "StasisStart", index % 10 == 0);
        *mix.entry(name.to_string()).or_default() += 1;
    }
    let named = |name: &str| mix.get(name).copied().unwrap_or_default();
    assert_eq!(named("StasisStart"), 200);
    assert_eq!(named("ChannelVarset"), 1200);
    assert_eq!(named("ChannelStateChange"), 400);
    assert_eq!(named("ChannelDtmfReceived"), 200);
}

#[tokio::test]
async fn more_frames_than_are_made_at_once_are_repeated() {
    let address = start().await;
    let frames = frames(&address, "bench-50020-1-0", 50_020).await;
    assert_eq!(frames.len(), 50_020);
    assert_eq!(frames[50_000], frames[0]);
    assert!(frames.iter().step_by(10).all(|text| text.contains(r#""type":"StasisStart""#)));
}

#[tokio::test]
async fn a_rate_does_not_change_what_is_sent() {
    let address = start().await;
    assert_eq!(frames(&address, "bench-100-3-2000", 100).await, frames(&address, "bench-100-3-2000", 100).await);
}

#[tokio::test]
async fn pings_are_answered() {
    let address = start().await;
    let (mut socket, _) = connect_async(format!("ws://{address}/ari/events?app=bench-10-1-0")).await.unwrap();
    for content in ["", "are you there"] {
        socket.send(Message::Ping(content.into())).await.unwrap();
    }
    let mut pongs = Vec::new();
    let mut texts = 0;
    while pongs.len() < 2 || texts < 10 {
        match timeout(PATIENCE, socket.next()).await.expect("a frame in time").expect("no end").expect("a whole frame")
        {
            Message::Pong(content) => pongs.push(content),
            Message::Text(_) => texts += 1,
            other => panic!("the server sent {other:?}"),
        }
    }
    assert_eq!(pongs, ["", "are you there"]);
}

#[tokio::test]
async fn other_applications_get_no_events() {
    let address = start().await;
    for application in ["hello", "bench-11-1-0", "bench-10-0-0", "bench-10-1"] {
        let (mut socket, _) = connect_async(format!("ws://{address}/ari/events?app={application}")).await.unwrap();
        socket.send(Message::Close(None)).await.unwrap();
        let first = timeout(PATIENCE, socket.next()).await.expect("an answer in time");
        assert!(matches!(first, Some(Ok(Message::Close(_)))), "{application}: {first:?}");
    }
}

async fn get(address: &str, path: &str) -> Value {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    timeout(PATIENCE, stream.read_to_string(&mut answer)).await.expect("an answer in time").unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").expect("a body");
    assert!(head.starts_with("HTTP/1.1 200 "), "{path}: {head}");
    serde_json::from_str(body).expect("JSON")
}

#[tokio::test]
async fn calls_are_answered_as_asterisk_does() {
    let address = start().await;
    assert_eq!(get(&address, "/ari/asterisk/info?only=system").await["system"]["version"], "22.10.1");
    let channels = get(&address, "/ari/channels").await;
    assert_eq!(channels.as_array().map(Vec::len), Some(200));
    assert_eq!(channels[7]["id"], "bench-7");
    assert_eq!(get(&address, "/ari/channels/bench-0").await, channels[0]);
    let documents = get(&address, "/ari/api-docs/resources.json").await;
    assert!(documents["basePath"].as_str().is_some_and(|path| path.contains(&address)), "{documents}");
}
