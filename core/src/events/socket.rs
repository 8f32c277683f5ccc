//! The event WebSocket: how it is opened, and one step of reading it.

use std::future::poll_fn;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::time::{timeout, Instant};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::http::header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL, USER_AGENT};
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};
use tokio_tungstenite::{client_async_tls_with_config, Connector, MaybeTlsStream, WebSocketStream};

use super::text::Pile;
use crate::error::{Delivery, Error, ErrorKind};
use crate::options::Options;
use crate::tls;

/// Everything needed to open the same connection again and again.
pub(crate) struct Dialler {
    url: String,
    address: (String, u16),
    connector: Connector,
    authorization: HeaderValue,
    user_agent: HeaderValue,
    connect_timeout: Duration,
    config: WebSocketConfig,
}

impl Dialler {
    /// `target`: path and query below `/ari`.
    pub fn new(options: &Options, target: &str) -> Result<Self, Error> {
        let bad =
            |reason: &dyn std::fmt::Display| Error::argument(format!("the event WebSocket cannot be set up: {reason}"));
        let url = format!("{}/ari{target}", options.base).replacen("http", "ws", 1);
        let parsed = url::Url::parse(&url).map_err(|reason| bad(&reason))?;
        let host = parsed.host_str().unwrap_or_default().trim_matches(['[', ']']).to_string();
        let port = parsed.port().unwrap_or(if options.is_tls() { 443 } else { 80 });
        let connector = match options.is_tls() {
            true => Connector::Rustls(tls::config(options)?),
            false => Connector::Plain,
        };
        let mut authorization = HeaderValue::try_from(&options.authorization).map_err(|reason| bad(&reason))?;
        authorization.set_sensitive(true);
        Ok(Dialler {
            url,
            address: (host, port),
            connector,
            authorization,
            user_agent: HeaderValue::try_from(&options.user_agent).map_err(|reason| bad(&reason))?,
            connect_timeout: options.connect_timeout,
            config: WebSocketConfig::default()
                .max_message_size(Some(options.max_frame_bytes))
                .max_frame_size(Some(options.max_frame_bytes))
                // Pings are the most we ever write.
                .write_buffer_size(0),
        })
    }

    pub async fn dial(&self) -> Result<Socket, Error> {
        match timeout(self.connect_timeout, self.open()).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Error::new(
                ErrorKind::Timeout,
                Delivery::NotSent,
                format!(
                    "the event WebSocket did not open within {} s (connect_timeout)",
                    self.connect_timeout.as_secs_f64()
                ),
            )),
        }
    }

    async fn open(&self) -> Result<Socket, Error> {
        let (host, port) = (self.address.0.as_str(), self.address.1);
        let stream = TcpStream::connect((host, port))
            .await
            .map_err(|cause| Error::from_io(&format!("cannot connect to {host}:{port}"), Delivery::NotSent, &cause))?;
        let _ = stream.set_nodelay(true);
        let mut request = self.url.as_str().into_client_request().map_err(handshake_failed)?;
        let headers = request.headers_mut();
        headers.insert(AUTHORIZATION, self.authorization.clone());
        headers.insert(USER_AGENT, self.user_agent.clone());
        headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("ari"));
        let (stream, _) =
            client_async_tls_with_config(request, stream, Some(self.config), Some(self.connector.clone()))
                .await
                .map_err(handshake_failed)?;
        Ok(Socket { stream, heard: Instant::now(), pinged: None })
    }
}

fn handshake_failed(cause: WsError) -> Error {
    match cause {
        WsError::Http(response) => {
            let status = response.status().as_u16();
            let body = response.into_body().unwrap_or_default();
            let mut error = Error::from_status(status, Bytes::from(body));
            if status < 400 {
                error = Error::new(
                    ErrorKind::Protocol,
                    Delivery::Rejected,
                    format!("the server answered {status} in place of opening the event WebSocket"),
                );
            }
            error
        }
        WsError::Io(cause) => Error::from_io("the event WebSocket did not open", Delivery::NotSent, &cause),
        WsError::Tls(cause) => Error::from_io("no TLS with the server", Delivery::NotSent, &cause),
        cause => {
            Error::new(ErrorKind::Protocol, Delivery::NotSent, format!("the event WebSocket did not open: {cause}"))
        }
    }
}

/// An open connection.
pub(crate) struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// When the server last said anything.
    heard: Instant,
    /// When it was pinged without having said anything since.
    pinged: Option<Instant>,
}

/// What one step brings.
pub(crate) enum Step {
    /// A binary message, which ARI does not have.
    Binary(usize),
    Pong,
    /// Something of no interest, such as a ping, which is answered by the library below.
    Nothing,
    /// The server said goodbye.
    Closed {
        code: u16,
        reason: String,
    },
    /// The connection is gone or of no use any more.
    Lost(String),
}

impl Socket {
    /// When the keepalive wants to act next.
    pub fn alarm(&self, options: &Options) -> Instant {
        match self.pinged {
            Some(pinged) => pinged + options.pong_timeout,
            None => self.heard + options.ping_interval,
        }
    }

    /// What the keepalive does when its alarm goes off: ping, or give up a server that did not answer.
    pub async fn alarmed(&mut self, options: &Options) -> Step {
        if self.pinged.is_some() {
            let silence = self.heard.elapsed().as_secs_f64();
            return Step::Lost(format!("the server did not answer a ping; silent for {silence:.1} s"));
        }
        self.ping(options).await
    }

    pub async fn ping(&mut self, options: &Options) -> Step {
        self.pinged.get_or_insert_with(Instant::now);
        match timeout(options.pong_timeout, self.stream.send(Message::Ping(Bytes::new()))).await {
            Ok(Ok(())) => Step::Nothing,
            Ok(Err(cause)) => Step::Lost(lost(&cause)),
            Err(_) => Step::Lost("the server does not take our pings".to_string()),
        }
    }

    /// Waits for messages. Texts go to `texts`, as many as are there without waiting; they precede what is said of the
    /// rest. Safe to drop half-way.
    pub async fn step(&mut self, texts: &mut Pile) -> Step {
        poll_fn(|context| self.poll_step(context, texts)).await
    }

    fn poll_step(&mut self, context: &mut Context<'_>, texts: &mut Pile) -> Poll<Step> {
        while !texts.is_full() {
            match self.stream.poll_next_unpin(context) {
                Poll::Ready(Some(Ok(Message::Text(text)))) => texts.push(text.as_str()),
                Poll::Ready(other) => return Poll::Ready(self.other(other)),
                Poll::Pending if texts.is_empty() => return Poll::Pending,
                Poll::Pending => break,
            }
        }
        self.has_been_heard();
        Poll::Ready(Step::Nothing)
    }

    fn has_been_heard(&mut self) {
        self.heard = Instant::now();
        self.pinged = None;
    }

    /// What is no text.
    fn other(&mut self, message: Option<Result<Message, WsError>>) -> Step {
        let message = match message {
            None => return Step::Lost("the connection ended without a close frame".to_string()),
            Some(Err(cause)) => return Step::Lost(lost(&cause)),
            Some(Ok(message)) => message,
        };
        self.has_been_heard();
        match message {
            Message::Binary(data) => Step::Binary(data.len()),
            Message::Pong(_) => Step::Pong,
            Message::Close(frame) => {
                let (code, reason) = match frame {
                    Some(frame) => (u16::from(frame.code), frame.reason.to_string()),
                    // 1005 stands for a close frame without a code (RFC 6455).
                    None => (1005, String::new()),
                };
                Step::Closed { code, reason }
            }
            Message::Text(_) | Message::Ping(_) | Message::Frame(_) => Step::Nothing,
        }
    }

    /// Sends the answer to the server's close frame; whether it arrives changes nothing.
    pub async fn answer_goodbye(&mut self) {
        let _ = timeout(Duration::from_millis(200), self.stream.flush()).await;
    }

    /// Says goodbye with a close frame, and waits a little for the server's.
    pub async fn close(&mut self) {
        let goodbye = async {
            if self.stream.close(None).await.is_ok() {
                while let Some(Ok(_)) = self.stream.next().await {}
            }
        };
        let _ = timeout(Duration::from_secs(1), goodbye).await;
    }
}

fn lost(cause: &WsError) -> String {
    match cause {
        WsError::Protocol(ProtocolError::ResetWithoutClosingHandshake) => {
            "the connection ended without a close frame".to_string()
        }
        WsError::Capacity(reason) => format!("an event is larger than max_frame_bytes: {reason}"),
        WsError::Utf8(_) => "the server sent text that is not UTF-8".to_string(),
        cause => cause.to_string(),
    }
}
