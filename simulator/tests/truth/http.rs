//! Requests by hand, one connection each: nothing between the server's bytes and the trace.

use std::io;
use std::time::Duration;

use base64::Engine;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const BOUND: Duration = Duration::from_secs(30);

#[derive(Clone)]
pub struct Server {
    /// Such as `127.0.0.1:8088`.
    pub authority: String,
    /// What stands before the paths, such as `/ari`.
    pub prefix: String,
    pub authorization: String,
}

pub struct Answer {
    pub status: u16,
    pub content_type: String,
    pub body: Vec<u8>,
}

impl Server {
    /// `url` with or without the `/ari` at its end.
    pub fn new(url: &str, username: &str, password: &str) -> Self {
        let rest = url.strip_prefix("http://").expect("a plain http URL");
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let path = path.trim_end_matches('/').trim_end_matches("ari").trim_end_matches('/');
        let prefix = if path.is_empty() { "/ari".to_string() } else { format!("/{path}/ari") };
        let authorization = basic(&format!("{username}:{password}"));
        Server { authority: authority.to_string(), prefix, authorization }
    }

    /// The same server for another user.
    pub fn with_login(&self, login: &str) -> Self {
        Server { authorization: basic(login), ..self.clone() }
    }

    pub async fn request(&self, method: &str, target: &str, body: Option<&Value>) -> io::Result<Answer> {
        let body = body.map(|body| body.as_str().map_or_else(|| body.to_string(), str::to_string));
        let mut head = format!(
            "{method} {}{target} HTTP/1.1\r\nHost: {}\r\nAuthorization: {}\r\nConnection: close\r\n",
            self.prefix, self.authority, self.authorization
        );
        if let Some(body) = &body {
            head += &format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
        }
        let bytes = [head.as_bytes(), b"\r\n", body.unwrap_or_default().as_bytes()].concat();
        let exchange = async {
            let mut stream = TcpStream::connect(&self.authority).await?;
            stream.write_all(&bytes).await?;
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await?;
            Answer::parse(&answer).ok_or_else(|| io::Error::other(String::from_utf8_lossy(&answer).into_owned()))
        };
        tokio::time::timeout(BOUND, exchange).await?
    }
}

fn basic(login: &str) -> String {
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(login))
}

impl Answer {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = std::str::from_utf8(&bytes[..end]).ok()?;
        let mut lines = head.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let mut content_type = String::new();
        let mut length = None;
        for line in lines {
            let (name, value) = line.split_once(':')?;
            match name.to_ascii_lowercase().as_str() {
                "content-type" => content_type = value.trim().to_string(),
                "content-length" => length = Some(value.trim().parse().ok()?),
                "transfer-encoding" => return None,
                _ => {}
            }
        }
        let rest = &bytes[end + 4..];
        let body = rest.get(..length.unwrap_or(rest.len()))?.to_vec();
        Some(Answer { status, content_type, body })
    }
}

/// A name or value of a query.
pub fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~/:@,".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { (byte as char).to_string() } else { format!("%{byte:02X}") }).collect()
}
