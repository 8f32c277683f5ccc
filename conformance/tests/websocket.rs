//! Scripts of the event WebSocket, seen by tungstenite and by bytes.

mod support;

use std::time::Duration;

use ari_conformance::Server;
use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use support::{credentials, exchange, problems, server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{client_async, WebSocketStream};

async fn open(server: &Server, target: &str) -> Result<WebSocketStream<TcpStream>, Error> {
    let url = format!("{}/case/e/ari{target}", server.url()).replace("http:", "ws:");
    let mut request = url.into_client_request().unwrap();
    let credentials = credentials();
    let credentials = credentials.trim_start_matches("Authorization: ").trim();
    request.headers_mut().insert("Authorization", credentials.parse().unwrap());
    request.headers_mut().insert("Sec-WebSocket-Protocol", "ari".parse().unwrap());
    client_async(request, support::connect(server).await).await.map(|(socket, _)| socket)
}

fn scripted(script: &str) -> String {
    format!(r#"[{{"id": "e", "kind": "events", "apps": ["a b", "c"], "script": {script}}}]"#)
}

const TARGET: &str = "/events?app=a%20b%2Cc";

#[tokio::test]
async fn frames_and_a_goodbye() {
    let cases = r#"[{"id": "e", "kind": "events", "apps": ["a b", "c"], "subscribe_all": true,
        "frames": [{"z": 1, "type": "A"}, {"text": "not json"}, {"base64": "AP8="}], "close": 1001}]"#;
    let server = server(cases).await;
    let mut socket = open(&server, "/events?app=a%20b%2Cc&subscribeAll=true").await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::text(r#"{"z":1,"type":"A"}"#));
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("not json"));
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::binary(vec![0, 255]));
    let Message::Close(Some(frame)) = socket.next().await.unwrap().unwrap() else { panic!("no close frame") };
    assert_eq!(u16::from(frame.code), 1001);
    assert!(socket.next().await.is_none());
    assert_eq!(problems(&server, "e").await, "");
}

#[tokio::test]
async fn frames_of_one_step_come_in_one_piece() {
    let server =
        server(&scripted(r#"[{"accept": {}}, {"send": [{"repeat": 20, "of": {"n": "${n}"}}]}, {"drop": "close"}]"#))
            .await;
    let mut stream = support::connect(&server).await;
    let request = format!(
        "GET /case/e/ari{TARGET} HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{}\r\n",
        credentials()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    assert!(head.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), "{head}");
    tokio::time::sleep(Duration::from_millis(50)).await;
    let mut frames = [0; 4096];
    let count = stream.read(&mut frames).await.unwrap();
    assert!(frames[..count].ends_with(br#"{"n":20}"#), "{count}");
    assert_eq!(stream.read(&mut frames).await.unwrap(), 0);
    assert_eq!(problems(&server, "e").await, "");
}

#[tokio::test]
async fn a_connection_lost_and_made_again() {
    let script = r#"[{"accept": {}}, {"half": {"type": "A"}}, {"drop": "reset"}, {"refuse": {"status": 503}}, {"accept": {}}, {"send": [{"type": "B"}]}, {"close": 1000}]"#;
    let server = server(&scripted(script)).await;
    let mut socket = open(&server, TARGET).await.unwrap();
    assert!(socket.next().await.unwrap().is_err());
    let Err(Error::Http(refused)) = open(&server, TARGET).await else { panic!("not refused") };
    assert_eq!(refused.status(), 503);
    let mut socket = open(&server, TARGET).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::text(r#"{"type":"B"}"#));
    while socket.next().await.is_some() {}
    assert_eq!(problems(&server, "e").await, "");
}

#[tokio::test]
async fn pings_fragments_requests_and_a_goodbye_of_the_client() {
    let cases = r#"[{"id": "e", "kind": "events", "apps": ["a b", "c"], "requests": [{"method": "GET", "target": "/x"}], "responses": [{"status": 204}],
        "script": [{"accept": {}}, {"ping": "hello"}, {"expect_ping": true}, {"fragments": ["{\"ty", "pe\":\"A", "\"}"]}, {"wait_requests": 1}, {"pause": 10}, {"expect_close": true}]}]"#;
    let server = server(cases).await;
    let mut socket = open(&server, TARGET).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::Ping("hello".into()));
    socket.send(Message::Ping("x".into())).await.unwrap();
    let mut texts = Vec::new();
    while texts.is_empty() {
        if let Message::Text(text) = socket.next().await.unwrap().unwrap() {
            texts.push(text);
        }
    }
    assert_eq!(texts[0], r#"{"type":"A"}"#);
    exchange(&server, "GET /case/e/ari/x", &credentials(), "").await;
    socket.close(None).await.unwrap();
    while socket.next().await.is_some() {}
    assert_eq!(problems(&server, "e").await, "");
}

#[tokio::test]
async fn what_is_wrong_with_connections_is_told() {
    let server = server(&scripted(r#"[{"accept": {}}, {"close": 1000}]"#)).await;
    assert_eq!(problems(&server, "e").await, "no WebSocket connection came");
    let mut socket = open(&server, "/events?app=a+b,c").await.unwrap();
    while socket.next().await.is_some() {}
    let mut again = open(&server, TARGET).await.unwrap();
    let Some(Ok(Message::Close(_))) = again.next().await else { panic!("no goodbye") };
    let problems = problems(&server, "e").await;
    assert!(problems.contains("handshake \"GET /events?app=a+b,c\""), "{problems}");
    assert!(problems.contains("not expected: GET /events?app=a%20b%2Cc"), "{problems}");
}

#[tokio::test]
async fn a_client_that_hangs_up_too_early_is_told_with_the_step() {
    let server = server(&scripted(r#"[{"accept": {}}, {"ping": "x"}, {"close": 1000}]"#)).await;
    drop(open(&server, TARGET).await.unwrap());
    let problems = problems(&server, "e").await;
    assert!(
        problems.starts_with("step 2 of the script: the client ended the connection in place of a pong"),
        "{problems}"
    );
}

#[tokio::test]
async fn handshakes_need_credentials() {
    let server = server(&scripted(r#"[{"accept": {}}, {"close": 1000}]"#)).await;
    let headers = "Upgrade: websocket\r\nSec-WebSocket-Key: x\r\n";
    let (answer, _) = exchange(&server, &format!("GET /case/e/ari{TARGET}"), headers, "").await;
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    assert!(problems(&server, "e").await.contains("without the case's credentials"));
}

#[tokio::test]
async fn calls_of_handlers_are_compared_in_order() {
    let cases = r#"[{"id": "e", "kind": "events", "apps": ["a b", "c"], "handlers": [{"name": "h", "event": "A"}], "script": [{"accept": {}}, {"close": 1000}],
        "expect": [{"handler": "h", "event": "A", "n": 1, "fields": {"x": {"y": 1}}, "objects": {"channel": {"class": "Channel", "id": "1"}, "bridge": null}}, {"handler": "h", "event": "A", "n": 2}]}]"#;
    let server = server(cases).await;
    let mut socket = open(&server, TARGET).await.unwrap();
    while socket.next().await.is_some() {}
    let first = json!({"handler": "h", "event": {"type": "A", "n": 1, "x": {"y": 1, "z": 2}}, "objects": {"channel": {"class": "Channel", "id": "1"}}});
    let second = json!({"handler": "h", "event": {"type": "A", "n": 2}});
    assert_eq!(server.verdict("e", &json!({"handled": [first, second]})).await, [""; 0]);
    let wrong = [
        (json!([first]), "missing: h(A 2)"),
        (json!([first, second, second]), "too much: h(A 2)"),
        (json!([second, first]), "handler call h(A 2), expected h(A 1)"),
        (json!([{"handler": "h", "event": {"type": "A", "n": 1, "x": {"y": 2}}}]), "field \"x\" of A is {\"y\":2}"),
        (json!([{"handler": "h", "event": {"type": "A", "n": 1, "x": {"y": 1}}}]), "object \"channel\" of A is null"),
    ];
    for (handled, says) in wrong {
        let problems = server.verdict("e", &json!({ "handled": handled })).await;
        assert!(problems.iter().any(|problem| problem.contains(says)), "{says}: {problems:?}");
    }
    let failed = json!({"handled": [first, second], "error": {"class": "ConnectionException", "text": "gone"}});
    assert_eq!(server.verdict("e", &failed).await, ["the run failed: ConnectionException: gone"]);
}

#[tokio::test]
async fn what_holds_waits_for_the_scripts_release() {
    let cases = r#"[{"id": "e", "kind": "events", "apps": ["a b", "c"],
        "requests": [{"method": "GET", "target": "/x"}], "responses": [{"status": 204, "hold": true}],
        "script": [{"accept": {}}, {"wait_held": true}, {"send": [{"n": 1}]}, {"ping": "read"}, {"release": true}, {"close": 1000}]}]"#;
    let server = server(cases).await;
    let mut socket = open(&server, TARGET).await.unwrap();
    let seen = async {
        assert_eq!(socket.next().await.unwrap().unwrap(), Message::text(r#"{"n":1}"#));
        while socket.next().await.is_some() {}
    };
    let credentials = credentials();
    let held = exchange(&server, "GET /case/e/ari/x", &credentials, "");
    let handler = exchange(&server, "POST /hold/e", "", "");
    let (_, (held, _), (handler, _)) = tokio::join!(seen, held, handler);
    assert!(held.starts_with("HTTP/1.1 204 "), "{held}");
    assert!(handler.starts_with("HTTP/1.1 200 "), "{handler}");
    assert_eq!(problems(&server, "e").await, "");
}

#[tokio::test]
async fn a_value_may_be_asked_for_by_its_type() {
    let cases = r#"[{"id": "e", "kind": "events", "apps": ["a b", "c"], "handlers": [{"name": "h", "event": "A"}], "script": [{"accept": {}}, {"close": 1000}],
        "expect": [{"handler": "h", "event": "A", "types": {"t": "text", "n": "number", "l": "list"}}]}]"#;
    let server = server(cases).await;
    let mut socket = open(&server, TARGET).await.unwrap();
    while socket.next().await.is_some() {}
    let handled = |event| json!({"handled": [{"handler": "h", "event": event}]});
    assert_eq!(server.verdict("e", &handled(json!({"type": "A", "t": "x", "n": 0, "l": []}))).await, [""; 0]);
    for wrong in [json!({"t": "", "n": 1, "l": []}), json!({"t": "x", "n": -1, "l": []}), json!({"t": "x", "n": 1})] {
        let mut event = wrong;
        event["type"] = json!("A");
        assert!(!server.verdict("e", &handled(event.clone())).await.is_empty(), "{event}");
    }
}
