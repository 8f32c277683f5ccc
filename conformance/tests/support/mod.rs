//! A server with cases of its own, and a client that sees bytes.
#![allow(dead_code)]

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use ari_conformance::{Server, StartError};
use base64::prelude::{Engine as _, BASE64_STANDARD};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A folder with one case file, gone when it is dropped.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn with(cases: &str) -> Folder {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("ari-conformance-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("cases.json"), cases).unwrap();
        Folder(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub async fn server(cases: &str) -> Server {
    let folder = Folder::with(cases);
    Server::start(&folder.0).await.unwrap_or_else(|why| panic!("{why}"))
}

pub async fn refusal(cases: &str) -> String {
    let folder = Folder::with(cases);
    match Server::start(&folder.0).await {
        Err(why @ StartError::Cases(_)) => why.to_string(),
        Err(why) => panic!("{why}"),
        Ok(_) => panic!("the cases were accepted"),
    }
}

pub fn credentials() -> String {
    format!("Authorization: Basic {}\r\n", BASE64_STANDARD.encode("conform:sécret:pässword"))
}

pub async fn connect(server: &Server) -> TcpStream {
    TcpStream::connect(server.url().trim_start_matches("http://")).await.unwrap()
}

/// Sends a request to a case and reads until the connection ends; also whether it ended with a reset.
pub async fn exchange(server: &Server, line: &str, headers: &str, body: &str) -> (String, bool) {
    let mut stream = connect(server).await;
    let length = body.len();
    let request = format!("{line} HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {length}\r\n\r\n{body}");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer).await {
            Ok(0) => return (String::from_utf8_lossy(&answer).into_owned(), false),
            Err(_) => return (String::from_utf8_lossy(&answer).into_owned(), true),
            Ok(count) => answer.extend_from_slice(&buffer[..count]),
        }
        if is_complete(&answer) {
            return (String::from_utf8_lossy(&answer).into_owned(), false);
        }
    }
}

fn is_complete(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    let Some((head, _)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
    match length.and_then(|length| length.parse::<usize>().ok()) {
        Some(length) => answer.len() >= head.len() + 4 + length,
        None => head.contains("chunked") && text.ends_with("0\r\n\r\n"),
    }
}

/// Asks a control endpoint: status and JSON.
pub async fn control(server: &Server, line: &str, body: &str) -> (u16, Value) {
    let (answer, _) = exchange(server, line, "", body).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), serde_json::from_str(body).unwrap())
}

/// The problems of a verdict.
pub async fn problems(server: &Server, id: &str) -> String {
    let (status, verdict) = control(server, &format!("GET /verdict/{id}"), "").await;
    assert_eq!(status, 200);
    match verdict["ok"].as_bool() {
        Some(true) => String::new(),
        _ => verdict["problems"].as_array().unwrap().iter().map(|problem| problem.as_str().unwrap()).collect(),
    }
}
