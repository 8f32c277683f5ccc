//! The HTTP transport against servers of a few lines.

use std::time::Duration;

use ari_core::{Arguments, Client, Delivery, ErrorKind, Options, Reply};
use serde_json::{json, Value};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

fn client(url: &str, options: Value) -> Client {
    let mut settings = Options::new(url, "hey", "peekaboo").unwrap();
    for (name, value) in options.as_object().unwrap() {
        settings.set(name, value).unwrap();
    }
    Client::new(settings).unwrap()
}

/// Takes one connection, reads one request and answers it; gives the request's head.
async fn serve(listener: &TcpListener, answer: &str) -> String {
    let (mut stream, _) = listener.accept().await.unwrap();
    let head = read_head(&mut stream).await;
    stream.write_all(answer.as_bytes()).await.unwrap();
    let _ = stream.shutdown().await;
    head
}

async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = String::new();
    let mut buffer = [0; 1024];
    while !head.contains("\r\n\r\n") {
        let read = stream.read(&mut buffer).await.unwrap();
        assert_ne!(read, 0, "a whole request");
        head.push_str(&String::from_utf8_lossy(&buffer[..read]));
    }
    head
}

#[tokio::test]
async fn a_call_that_finds_no_free_connection_was_not_sent() {
    let (listener, url) = listen().await;
    let client = client(&url, json!({"max_connections": 1, "request_timeout": 0.3}));
    // Polled until its request is on the way, and then left alone: it keeps its connection.
    let mut busy = Box::pin(client.call("channels.list", Arguments::new()));
    let _silent = tokio::select! {
        _ = &mut busy => panic!("nobody answers"),
        connection = listener.accept() => connection.unwrap(),
    };
    let waiting = client.call("channels.list", Arguments::new()).await.unwrap_err();
    assert_eq!((waiting.kind(), waiting.delivery()), (ErrorKind::Timeout, Delivery::NotSent));
    let silent = busy.await.unwrap_err();
    assert_eq!((silent.kind(), silent.delivery()), (ErrorKind::Timeout, Delivery::Unknown));
}

#[tokio::test]
async fn credentials_do_not_follow_a_redirect_to_elsewhere() {
    let (here, url) = listen().await;
    let (there, elsewhere) = listen().await;
    let client = client(&url, json!({}));
    let redirect = format!("HTTP/1.1 307 Over There\r\nLocation: {elsewhere}/x\r\nContent-Length: 0\r\n\r\n");
    let (first, second, reply) = tokio::join!(
        serve(&here, &redirect),
        serve(&there, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"),
        client.call("channels.list", Arguments::new()),
    );
    assert!(first.to_lowercase().contains("authorization: basic"));
    assert!(!second.to_lowercase().contains("authorization"), "{second}");
    assert_eq!(reply.unwrap(), Reply::Json("[]".into()));
}

#[tokio::test]
async fn a_write_is_not_turned_into_a_read_by_a_redirect() {
    let (listener, url) = listen().await;
    let client = client(&url, json!({}));
    let redirect = "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n";
    let (_, reply) = tokio::join!(serve(&listener, redirect), client.call("bridges.create", Arguments::new()));
    let error = reply.unwrap_err();
    assert_eq!((error.kind(), error.delivery()), (ErrorKind::Protocol, Delivery::Rejected));
}

#[tokio::test]
async fn a_value_too_long_for_a_url_is_not_sent() {
    let client = client("http://127.0.0.1:9", json!({}));
    let arguments = json!({"channelId": "x".repeat(100_000)}).as_object().unwrap().clone();
    let error = client.call("channels.get", arguments).await.unwrap_err();
    assert!(error.is_argument() && error.delivery() == Delivery::NotSent, "{error}");
}

#[tokio::test]
async fn an_answer_has_a_bound() {
    let (listener, url) = listen().await;
    let client = client(&url, json!({"max_body_bytes": 10}));
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n[1,2,3,4,56]";
    let (_, reply) = tokio::join!(serve(&listener, answer), client.call("channels.list", Arguments::new()));
    let error = reply.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert!(error.message().contains("max_body_bytes"));
}

#[tokio::test]
async fn a_request_is_never_sent_twice() {
    let (listener, url) = listen().await;
    let client = client(&url, json!({}));
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        read_head(&mut stream).await;
        drop(stream);
        tokio::time::timeout(Duration::from_millis(300), listener.accept()).await.is_err()
    };
    let arguments = json!({"endpoint": "Local/1", "app": "a"}).as_object().unwrap().clone();
    let (alone, reply) = tokio::join!(serve, client.call("channels.originate", arguments));
    assert!(alone, "a second request");
    let error = reply.unwrap_err();
    assert_eq!((error.kind(), error.delivery()), (ErrorKind::Connection, Delivery::Unknown));
}

#[test]
fn calls_need_no_executor_of_a_certain_kind() {
    // No tokio runtime here: what polls the future is a bare block_on.
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", server.local_addr().unwrap());
    std::thread::spawn(move || {
        use std::io::{Read, Write};
        // The first call below may have got as far as a connection before it was dropped.
        for stream in server.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n");
        }
    });
    let client = client(&url, json!({}));
    let reply = futures_util::FutureExt::now_or_never(client.call("asterisk.ping", Arguments::new()));
    // It does not panic. On a busy machine the answer can be there as soon as that.
    assert_eq!(reply.transpose().unwrap().unwrap_or(Reply::Nothing), Reply::Nothing);
    let reply = block_on(client.call("asterisk.ping", Arguments::new()));
    assert_eq!(reply.unwrap(), Reply::Nothing);
}

/// The smallest executor: parks the thread until it is woken.
fn block_on<T>(future: impl std::future::Future<Output = T>) -> T {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: std::sync::Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = std::sync::Arc::new(Unpark(std::thread::current())).into();
    let mut context = std::task::Context::from_waker(&waker);
    let mut future = std::pin::pin!(future);
    loop {
        if let std::task::Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
        std::thread::park();
    }
}
