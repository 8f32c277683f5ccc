//! Calls that the calling thread carries out by itself, against servers of a few lines.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::time::Duration;

use ari_core::{Arguments, Client, Delivery, Error, ErrorKind, Options, Reply, Result};
use serde_json::json;

const EMPTY: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\n";

/// A server that does this with each connection, in a thread of its own.
fn serve(serve: impl Fn(TcpStream) + Send + Sync + Copy + 'static) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = connections.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            counted.fetch_add(1, Ordering::SeqCst);
            std::thread::spawn(move || serve(stream.unwrap()));
        }
    });
    (url, connections)
}

/// False at the end of the connection.
fn read_request(stream: &mut TcpStream) -> bool {
    let mut head = Vec::new();
    let mut buffer = [0; 1024];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return false,
            Ok(read) => head.extend_from_slice(&buffer[..read]),
        }
    }
    true
}

fn answer_all(mut stream: TcpStream) {
    while read_request(&mut stream) {
        stream.write_all(EMPTY).unwrap();
    }
}

fn say_nothing(mut stream: TcpStream) {
    while read_request(&mut stream) {}
}

fn client(url: &str, max_connections: usize, request_timeout: f64) -> Client {
    let mut options = Options::new(url, "hey", "peekaboo").unwrap();
    options.set("max_connections", &json!(max_connections)).unwrap();
    options.set("request_timeout", &json!(request_timeout)).unwrap();
    Client::new(options).unwrap()
}

fn call(client: &Client, operation: &str) -> Result<Reply> {
    client.call_here(operation, Arguments::new(), &mut || Ok(()))
}

#[test]
fn reads_and_writes_one_after_the_other_share_a_connection() {
    let (url, connections) = serve(answer_all);
    let client = client(&url, 4, 30.0);
    for _ in 0..10 {
        assert_eq!(call(&client, "channels.list").unwrap(), Reply::Nothing);
        assert_eq!(call(&client, "bridges.create").unwrap(), Reply::Nothing);
        let reply = client.request_here("GET", "/x", &[], None, &mut || Ok(()));
        assert_eq!(reply.unwrap(), Reply::Nothing);
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[test]
fn a_connection_that_the_server_has_closed_meanwhile_is_not_used() {
    let (url, connections) = serve(|mut stream| {
        read_request(&mut stream);
        stream.write_all(EMPTY).unwrap();
    });
    let client = client(&url, 4, 30.0);
    for _ in 0..20 {
        call(&client, "bridges.create").unwrap();
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(connections.load(Ordering::SeqCst), 20);
}

#[test]
fn threads_share_no_more_connections_than_there_may_be() {
    let (url, connections) = serve(answer_all);
    let client = client(&url, 2, 30.0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..50).for_each(|_| assert_eq!(call(&client, "channels.list").unwrap(), Reply::Nothing)));
        }
    });
    assert!(connections.load(Ordering::SeqCst) <= 2);
}

#[test]
fn what_waits_for_an_answer_or_for_a_free_connection_can_be_ended() {
    let (url, connections) = serve(say_nothing);
    let client = client(&url, 1, 0.6);
    std::thread::scope(|scope| {
        let sent = scope.spawn(|| call(&client, "channels.list").unwrap_err());
        while connections.load(Ordering::SeqCst) == 0 {
            std::thread::sleep(Duration::from_millis(5));
        }
        let mut asked = 0;
        let counts = &mut || {
            asked += 1;
            if asked == 2 {
                Err(Error::internal("enough"))
            } else {
                Ok(())
            }
        };
        let waiting = client.call_here("channels.list", Arguments::new(), counts).unwrap_err();
        assert_eq!(waiting.message(), "enough");
        let sent = sent.join().unwrap();
        assert_eq!((sent.kind(), sent.delivery()), (ErrorKind::Timeout, Delivery::Unknown));
        assert_eq!((sent.operation(), sent.method()), (Some("channels.list"), Some("GET")));
    });
}

#[test]
fn a_call_can_be_given_up_and_another_made() {
    let (url, connections) = serve(|stream| {
        // The first connection of each server gets no answer.
        static FIRST: std::sync::Once = std::sync::Once::new();
        let mut silent = false;
        FIRST.call_once(|| silent = true);
        if silent {
            say_nothing(stream)
        } else {
            answer_all(stream)
        }
    });
    let client = client(&url, 1, 30.0);
    let given_up = client.call_here("channels.list", Arguments::new(), &mut || Err(Error::internal("interrupted")));
    assert_eq!(given_up.unwrap_err().message(), "interrupted");
    assert_eq!(call(&client, "channels.list").unwrap(), Reply::Nothing);
    assert_eq!(connections.load(Ordering::SeqCst), 2);
}

#[test]
fn a_connection_ends_with_its_client() {
    static ENDED: AtomicUsize = AtomicUsize::new(0);
    let (url, _) = serve(|stream| {
        answer_all(stream);
        ENDED.fetch_add(1, Ordering::SeqCst);
    });
    let client = client(&url, 1, 30.0);
    call(&client, "channels.list").unwrap();
    assert_eq!(ENDED.load(Ordering::SeqCst), 0);
    drop(client);
    for _ in 0..1000 {
        if ENDED.load(Ordering::SeqCst) == 1 {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("the connection is still there");
}

#[cfg(unix)]
#[test]
fn a_child_made_by_fork_leaves_the_connection_to_its_parent() {
    let (url, connections) = serve(answer_all);
    let client = client(&url, 1, 30.0);
    call(&client, "channels.list").unwrap();
    // SAFETY: the child drops its client and ends at once, without what would be run at the end of the program.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let refused = call(&client, "channels.list").is_err();
        drop(client);
        unsafe { libc::_exit(if refused { 0 } else { 1 }) };
    }
    let mut status = 0;
    assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
    assert_eq!(status, 0);
    for _ in 0..10 {
        call(&client, "channels.list").unwrap();
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}
