//! HTTP by hand: the bytes of an answer, and how they are cut off, are what this server is for.

use std::io;
use std::time::Duration;

use base64::prelude::{Engine as _, BASE64_STANDARD};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::case::{At, Fault, Response};

const MAX_HEAD: usize = 64 << 10;
const MAX_BODY: usize = 16 << 20;

/// Long enough for a client to read what was sent before the connection is cut.
const BEFORE_THE_CUT: Duration = Duration::from_millis(30);

/// A request as it came, its target untouched.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name))?;
        Some(value)
    }

    pub fn is_websocket(&self) -> bool {
        self.header("upgrade").is_some_and(|protocol| protocol.eq_ignore_ascii_case("websocket"))
    }

    /// Method and target, for people.
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.target)
    }
}

/// A connection and what was read from it beyond the last request.
pub struct Connection {
    pub stream: TcpStream,
    pub buffer: Vec<u8>,
}

impl Connection {
    pub fn new(stream: TcpStream) -> Self {
        Connection { stream, buffer: Vec::new() }
    }

    /// The next request; `None` when the client has closed, an error when what comes is not HTTP.
    pub async fn read(&mut self) -> io::Result<Option<Request>> {
        loop {
            if let Some((mut request, length)) = parse_head(&self.buffer)? {
                self.buffer.drain(..length);
                request.body = self.read_body(&request).await?;
                return Ok(Some(request));
            }
            if self.buffer.len() > MAX_HEAD {
                return Err(bad("a request's header is too long"));
            }
            if self.fill().await? == 0 {
                return if self.buffer.is_empty() { Ok(None) } else { Err(bad("the request ends in its header")) };
            }
        }
    }

    async fn fill(&mut self) -> io::Result<usize> {
        self.stream.read_buf(&mut self.buffer).await
    }

    async fn read_body(&mut self, request: &Request) -> io::Result<Vec<u8>> {
        if request.header("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
            return self.read_chunks().await;
        }
        let length = match request.header("content-length") {
            Some(text) => text.parse().map_err(|_| bad("a Content-Length that is no number"))?,
            None => 0,
        };
        self.take(length).await
    }

    async fn take(&mut self, length: usize) -> io::Result<Vec<u8>> {
        if length > MAX_BODY {
            return Err(bad("a request's body is too long"));
        }
        while self.buffer.len() < length {
            if self.fill().await? == 0 {
                return Err(bad("the request ends in its body"));
            }
        }
        Ok(self.buffer.drain(..length).collect())
    }

    async fn read_chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let size = self.take_line().await?;
            let size = size.split(';').next().unwrap_or_default().trim();
            let size = usize::from_str_radix(size, 16).map_err(|_| bad("a chunk's size that is no number"))?;
            if size == 0 {
                while !self.take_line().await?.is_empty() {}
                return Ok(body);
            }
            if body.len() + size > MAX_BODY {
                return Err(bad("a request's body is too long"));
            }
            body.extend(self.take(size).await?);
            self.take_line().await?;
        }
    }

    async fn take_line(&mut self) -> io::Result<String> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\r\n") {
                let line = String::from_utf8_lossy(&self.buffer[..end]).into_owned();
                self.buffer.drain(..end + 2);
                return Ok(line);
            }
            if self.buffer.len() > MAX_HEAD || self.fill().await? == 0 {
                return Err(bad("a chunk without its end"));
            }
        }
    }

    /// Plays a response or its fault. True when the connection can serve another request.
    pub async fn play(&mut self, response: &Response) -> io::Result<bool> {
        if let Some(delay) = response.delay_ms {
            sleep(Duration::from_millis(delay)).await;
        }
        if let Some(raw) = &response.raw {
            self.stream.write_all(raw.as_bytes()).await?;
            self.stream.shutdown().await?;
            return Ok(false);
        }
        let (head, body) = render(response);
        let Some(fault) = response.fault else {
            self.stream.write_all(&[head, body].concat()).await?;
            return Ok(true);
        };
        match response.at.unwrap_or(if fault == Fault::Truncate { At::Body } else { At::Start }) {
            At::Start => {}
            At::Head => self.stream.write_all(&head[..head.len() / 2]).await?,
            At::Body => self.stream.write_all(&[&head[..], &body[..body.len() / 2]].concat()).await?,
        }
        self.stream.flush().await?;
        self.cut(fault).await?;
        Ok(false)
    }

    /// Ends the connection in the way of the fault.
    pub async fn cut(&mut self, fault: Fault) -> io::Result<()> {
        sleep(BEFORE_THE_CUT).await;
        match fault {
            Fault::Reset => self.stream.set_zero_linger(),
            Fault::Close | Fault::Truncate => self.stream.shutdown().await,
            Fault::Silence => {
                let mut ignored = [0; 1024];
                while self.stream.read(&mut ignored).await? > 0 {}
                Ok(())
            }
        }
    }
}

fn bad(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

/// The request line and headers, and how many bytes they take; `None` while they are not complete.
fn parse_head(bytes: &[u8]) -> io::Result<Option<(Request, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; 100];
    let mut parsed = httparse::Request::new(&mut headers);
    let length = match parsed.parse(bytes).map_err(|why| bad(&why.to_string()))? {
        httparse::Status::Complete(length) => length,
        httparse::Status::Partial => return Ok(None),
    };
    let headers = parsed.headers.iter();
    let request = Request {
        method: parsed.method.unwrap_or_default().to_owned(),
        target: parsed.path.unwrap_or_default().to_owned(),
        headers: headers
            .map(|header| (header.name.to_owned(), String::from_utf8_lossy(header.value).into_owned()))
            .collect(),
        body: Vec::new(),
    };
    Ok(Some((request, length)))
}

/// The header and the body of a response, as bytes.
fn render(response: &Response) -> (Vec<u8>, Vec<u8>) {
    let status = response.status.unwrap_or(200);
    let reason = response.reason.as_deref().unwrap_or_else(|| reason_of(status));
    let (body, content_type) = match response {
        Response { json: Some(json), .. } => (json.to_string().into_bytes(), Some("application/json")),
        Response { text: Some(text), .. } => (text.clone().into_bytes(), Some("text/plain; charset=utf-8")),
        Response { base64: Some(encoded), .. } => {
            (BASE64_STANDARD.decode(encoded).unwrap_or_default(), Some("application/octet-stream"))
        }
        _ => (Vec::new(), None),
    };
    let mut head = format!("HTTP/1.1 {status} {reason}\r\nServer: Asterisk\r\nCache-Control: no-cache, no-store\r\n");
    let mut add = |name: &str, value: &str| head.push_str(&format!("{name}: {value}\r\n"));
    let given = |name: &str| response.headers.keys().any(|header| header.eq_ignore_ascii_case(name));
    if let Some(content_type) = content_type.filter(|_| !given("content-type")) {
        add("Content-Type", content_type);
    }
    for (name, value) in &response.headers {
        add(name, value.as_str().unwrap_or(&value.to_string()));
    }
    let body = if response.chunked {
        add("Transfer-Encoding", "chunked");
        chunks(&body)
    } else {
        add("Content-Length", &body.len().to_string());
        body
    };
    head.push_str("\r\n");
    (head.into_bytes(), body)
}

fn chunks(body: &[u8]) -> Vec<u8> {
    let mut chunked = Vec::new();
    for part in body.chunks(body.len().div_ceil(3).max(1)) {
        chunked.extend(format!("{:x}\r\n", part.len()).bytes());
        chunked.extend(part);
        chunked.extend(b"\r\n");
    }
    chunked.extend(b"0\r\n\r\n");
    chunked
}

/// Asterisk has no phrase for the statuses it does not know, so clients cannot count on one.
fn reason_of(status: u16) -> &'static str {
    match status {
        101 => "Switching Protocols",
        200 => "OK",
        201 => "Created",
        204 => "No Content",
        307 => "Temporary Redirect",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        _ => "Invalid Reason",
    }
}
