//! The event connection against a server that misbehaves on purpose.

use std::time::{Duration, Instant};

use ari_core::{BatchLimit, Client, ErrorKind, EventStream, Interest, Options, StartOptions, State};
use futures_util::{SinkExt, StreamExt};
use serde_json::{json, Value};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{accept_hdr_async, WebSocketStream};

struct Server(TcpListener);

impl Server {
    async fn new() -> Self {
        Server(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    fn client(&self, options: Value) -> Client {
        let url = format!("http://{}", self.0.local_addr().unwrap());
        let mut settings = Options::new(&url, "hey", "peekaboo").unwrap();
        for (name, value) in options.as_object().unwrap() {
            settings.set(name, value).unwrap();
        }
        let client = Client::new(settings).unwrap();
        client.subscribe(Interest::default());
        client
    }

    async fn accept(&self) -> WebSocketStream<TcpStream> {
        accept(self.0.accept().await.unwrap().0).await
    }

    /// Answers one request with these bytes.
    async fn answer(&self, bytes: &str) {
        let (mut stream, _) = self.0.accept().await.unwrap();
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).await.unwrap();
        stream.write_all(bytes.as_bytes()).await.unwrap();
        let _ = stream.shutdown().await;
    }
}

async fn accept(stream: TcpStream) -> WebSocketStream<TcpStream> {
    #[allow(clippy::result_large_err)] // The library's own signature.
    let answer = |_: &Request, mut response: Response| {
        response.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static("ari"));
        Ok(response)
    };
    accept_hdr_async(stream, answer).await.unwrap()
}

fn event(n: usize) -> Message {
    Message::text(json!({"type": "ChannelVarset", "variable": "N", "value": n.to_string()}).to_string())
}

async fn start(client: &Client) -> ari_core::Result<EventStream> {
    client.start(StartOptions { apps: vec!["hello".into()], subscribe_all: false }).await
}

/// Types of all events up to and with the named one.
async fn until(stream: &EventStream, last: &str) -> Vec<String> {
    let mut names = Vec::new();
    while names.last().is_none_or(|name| name != last) {
        let batch = tokio::time::timeout(Duration::from_secs(10), stream.next_batch(BatchLimit::default()));
        let batch = batch.await.expect("events in time").unwrap().expect("the stream goes on");
        names.extend(batch.events.iter().map(|event| event.name().to_string()));
    }
    names
}

#[tokio::test]
async fn a_reader_that_sleeps_loses_nothing_and_does_not_hold_up_the_server() {
    const COUNT: usize = 20_000;
    let server = Server::new().await;
    let client = server.client(json!({}));
    let serve = async {
        let mut socket = server.accept().await;
        let begin = Instant::now();
        for n in 0..COUNT {
            socket.send(event(n)).await.unwrap();
        }
        let took = begin.elapsed();
        socket.close(None).await.unwrap();
        while socket.next().await.is_some() {}
        took
    };
    let read = async {
        let stream = start(&client).await.unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
        let mut values = Vec::new();
        while let Some(batch) = stream.next_batch(BatchLimit::default()).await.unwrap() {
            for event in batch.events {
                let event: Value = serde_json::from_str(event.text()).unwrap();
                if event["type"] == "ChannelVarset" {
                    values.push(event["value"].as_str().unwrap().parse::<usize>().unwrap());
                }
            }
        }
        values
    };
    let (_, values) = tokio::join!(serve, read);
    assert_eq!(values, (0..COUNT).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_silent_server_is_noticed_and_the_connection_made_again() {
    let server = Server::new().await;
    let client = server.client(json!({"ping_interval": 0.2, "pong_timeout": 0.2, "min_delay": 0.02}));
    let serve = async {
        // Never read: pings stay unanswered, as with an Asterisk that has given the connection up without a word.
        let silent = server.accept().await;
        let mut second = server.accept().await;
        second.send(event(1)).await.unwrap();
        (silent, second)
    };
    let (stream, _sockets) = tokio::join!(start(&client), serve);
    let names = until(&stream.unwrap(), "ChannelVarset").await;
    assert_eq!(names, ["Connected", "ConnectionLost", "Reconnecting", "Reconnected", "ChannelVarset"]);
}

#[tokio::test]
async fn pings_of_the_user_wait_for_the_pong() {
    let server = Server::new().await;
    let client = server.client(json!({}));
    let (stream, mut socket) = tokio::join!(start(&client), server.accept());
    let stream = stream.unwrap();
    tokio::spawn(async move { while socket.next().await.is_some() {} });
    stream.ping().await.unwrap();
    stream.close();
    stream.closed().await;
    assert_eq!(stream.ping().await.unwrap_err().kind(), ErrorKind::Connection);
}

#[tokio::test]
async fn never_reconnecting_ends_in_an_error_that_says_why() {
    let server = Server::new().await;
    let client = server.client(json!({"reconnect": "never"}));
    let (stream, socket) = tokio::join!(start(&client), server.accept());
    drop(socket);
    let stream = stream.unwrap();
    assert_eq!(until(&stream, "ConnectionLost").await, ["Connected", "ConnectionLost"]);
    let error = stream.next_batch(BatchLimit::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection);
    assert_eq!(stream.state(), State::Closed);
}

#[tokio::test]
async fn a_goodbye_ends_the_stream_unless_it_should_always_go_on() {
    let server = Server::new().await;
    for (policy, last) in [("lost", "ConnectionClosed"), ("always", "Reconnected")] {
        let client = server.client(json!({"reconnect": policy, "min_delay": 0.02}));
        let serve = async {
            server.accept().await.close(None).await.unwrap();
            if policy == "always" {
                Some(server.accept().await)
            } else {
                None
            }
        };
        let (stream, _socket) = tokio::join!(start(&client), serve);
        let stream = stream.unwrap();
        until(&stream, last).await;
        if policy == "lost" {
            assert!(stream.next_batch(BatchLimit::default()).await.unwrap().is_none());
        }
    }
}

#[tokio::test]
async fn a_server_that_only_drops_connections_is_asked_less_and_less() {
    let server = Server::new().await;
    let client = server.client(json!({"min_delay": 0.2, "max_reconnects": 3}));
    let serve = async {
        for _ in 0..4 {
            drop(server.accept().await);
        }
    };
    let read = async {
        let stream = start(&client).await.unwrap();
        let mut delays = Vec::new();
        while let Ok(batch) = stream.next_batch(BatchLimit::default()).await {
            for event in batch.unwrap().events {
                let event: Value = serde_json::from_str(event.text()).unwrap();
                delays.extend(event["delay_ms"].as_u64());
            }
        }
        delays
    };
    let ((), delays) = tokio::join!(serve, read);
    assert_eq!(delays.len(), 3, "max_reconnects counts them");
    assert!(delays.windows(2).all(|pair| pair[0] < pair[1]), "{delays:?}");
}

#[tokio::test]
async fn attempts_are_counted_and_bounded() {
    let server = Server::new().await;
    let client = server.client(json!({"max_reconnects": 3, "min_delay": 0.01, "max_delay": 0.02}));
    let (stream, socket) = tokio::join!(start(&client), server.accept());
    drop((socket, server));
    let stream = stream.unwrap();
    let mut names = Vec::new();
    let error = loop {
        match stream.next_batch(BatchLimit::default()).await {
            Ok(batch) => names.extend(batch.unwrap().events.iter().map(|event| event.name().to_string())),
            Err(error) => break error,
        }
    };
    assert_eq!(names.iter().filter(|name| *name == "Reconnecting").count(), 3);
    assert!(error.message().contains("3 attempts"), "{error}");
}

#[tokio::test]
async fn the_first_connection_fails_at_once_or_after_its_attempts() {
    let server = Server::new().await;
    let refusal = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 33\r\n\r\n{\"message\":\"Asterisk not booted\"}";
    let client = server.client(json!({}));
    let (outcome, ()) = tokio::join!(start(&client), server.answer(refusal));
    let error = outcome.err().unwrap();
    assert_eq!((error.status(), error.message()), (Some(503), "Asterisk not booted"));
    assert_eq!(error.operation(), Some("events.eventWebsocket"));

    let client = server.client(json!({"first_attempts": 3, "min_delay": 0.01}));
    let serve = async {
        server.answer(refusal).await;
        server.answer(refusal).await;
        server.accept().await
    };
    let (stream, _socket) = tokio::join!(start(&client), serve);
    assert_eq!(until(&stream.unwrap(), "Connected").await, ["Reconnecting", "Reconnecting", "Connected"]);

    // Wrong credentials do not get better.
    let client = server.client(json!({"first_attempts": 3, "min_delay": 0.01}));
    let refusal = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n";
    let (outcome, ()) = tokio::join!(start(&client), server.answer(refusal));
    assert_eq!(outcome.err().unwrap().class(), "UnauthorizedException");
}

#[tokio::test]
async fn oversized_and_binary_messages_are_told() {
    let server = Server::new().await;
    let client = server.client(json!({"max_frame_bytes": 1000, "min_delay": 0.01}));
    let serve = async {
        let mut first = server.accept().await;
        first.send(Message::binary(vec![1, 2, 3])).await.unwrap();
        first.send(Message::text("not json")).await.unwrap();
        first.send(Message::text(format!("{{\"type\":\"{}\"}}", "x".repeat(2000)))).await.unwrap();
        (first, server.accept().await)
    };
    let (stream, _sockets) = tokio::join!(start(&client), serve);
    let names = until(&stream.unwrap(), "Reconnected").await;
    assert_eq!(
        names,
        ["Connected", "UnreadableFrame", "UnreadableFrame", "ConnectionLost", "Reconnecting", "Reconnected"]
    );
}

#[tokio::test]
async fn closing_from_elsewhere_ends_the_wait_and_says_goodbye() {
    let server = Server::new().await;
    let client = server.client(json!({}));
    let (stream, mut socket) = tokio::join!(start(&client), server.accept());
    let stream = stream.unwrap();
    until(&stream, "Connected").await;
    let waiting = stream.next_batch(BatchLimit::default());
    let closing = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        client.stop();
    };
    let goodbye = async {
        loop {
            match socket.next().await {
                Some(Ok(Message::Close(_))) => break true,
                Some(Ok(_)) => {}
                _ => break false,
            }
        }
    };
    let (batch, (), goodbye) = tokio::join!(waiting, closing, goodbye);
    assert!(batch.unwrap().is_none());
    assert!(goodbye, "a close frame");
}

#[tokio::test]
async fn stopping_while_the_connection_is_being_made_ends_it() {
    let server = Server::new().await;
    let client = server.client(json!({}));
    let serve = async {
        // Nobody answers the handshake.
        let connection = server.0.accept().await.unwrap();
        client.stop();
        connection
    };
    let (stream, (mut socket, _)) = tokio::join!(start(&client), serve);
    assert!(stream.unwrap().next_batch(BatchLimit::default()).await.unwrap().is_none());
    let mut handshake = Vec::new();
    socket.read_to_end(&mut handshake).await.unwrap();
}

#[tokio::test]
async fn a_stream_tells_of_its_first_attempts_while_they_last_and_can_be_stopped() {
    let server = Server::new().await;
    let client = server.client(json!({"first_attempts": 1000, "max_delay": 0.2}));
    let (stream, opening) =
        client.begin("events.eventWebsocket", json!({"app": "hello"}).as_object().unwrap().clone()).unwrap();
    assert_eq!(stream.state(), State::Connecting);
    let opening = tokio::spawn(opening);
    server.answer("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n").await;
    assert_eq!(until(&stream, "Reconnecting").await, ["Reconnecting"]);
    // Nothing was asked of it that a connection would be needed for, so far.
    assert_eq!(stream.ping().await.unwrap_err().message(), "the event connection is not open");
    client.stop();
    opening.await.unwrap().unwrap();
    assert!(stream.next_batch(BatchLimit::default()).await.unwrap().is_none());
    assert_eq!(stream.state(), State::Closed);
}

#[tokio::test]
async fn a_stream_that_nobody_has_any_more_is_closed() {
    let server = Server::new().await;
    let client = server.client(json!({}));
    let (stream, mut socket) = tokio::join!(start(&client), server.accept());
    drop(stream.unwrap());
    let goodbye = tokio::time::timeout(Duration::from_secs(5), socket.next()).await;
    assert!(matches!(goodbye, Ok(Some(Ok(Message::Close(_))))), "{goodbye:?}");
}

#[test]
fn credentials_are_in_no_text() {
    let options = Options::new("http://hey:peekaboo@127.0.0.1:1", "", "").unwrap();
    let client = Client::new(options.clone()).unwrap();
    let handle = ari_core::runtime::handle().unwrap();
    let call = handle.block_on(client.call("channels.list", Default::default())).unwrap_err();
    let events = handle.block_on(start(&client)).err().unwrap();
    assert_eq!((call.class(), call.delivery().as_str()), ("ConnectionException", "not sent"));
    assert_eq!(call.code(), Some("ECONNREFUSED"));
    assert_eq!(events.code(), Some("ECONNREFUSED"));
    let encoded = "aGV5OnBlZWthYm9v";
    for text in [
        format!("{options:?} {client:?}"),
        format!("{call} {call:?} {}", call.to_json()),
        format!("{events} {events:?} {}", events.to_json()),
    ] {
        assert!(!text.contains("peekaboo") && !text.contains(encoded), "{text}");
    }
}
