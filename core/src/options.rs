//! Where to connect, as whom, and within which limits.

use std::fmt;
use std::time::Duration;

use base64::Engine;
use serde_json::Value;
use url::Url;

use crate::error::{Error, Result};

/// What happens when the event connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reconnect {
    /// The stream ends: cleanly after a close frame, with an error when the connection was lost.
    Never,
    /// A lost connection is made again; a close frame of the server ends the stream.
    Lost,
    /// The connection is made again whatever ended it.
    Always,
}

/// What happens to arguments an operation does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownParameters {
    /// The call is refused before anything is sent.
    Refuse,
    /// They are left out. Who knows the operation's parameters can tell which.
    Drop,
}

/// Settings of a client. Every one has a default that suits a call-control application.
#[derive(Clone)]
pub struct Options {
    /// Address of the server without `/ari`, without a trailing slash, without credentials.
    pub(crate) base: String,
    pub(crate) authorization: String,
    /// Time for TCP, TLS and the WebSocket handshake.
    pub connect_timeout: Duration,
    /// Time for a whole call, from asking for a connection to the last byte of the answer.
    pub request_timeout: Duration,
    /// Silence on the event connection after which the server is pinged.
    pub ping_interval: Duration,
    /// Time the server has to answer a ping before the connection counts as lost.
    pub pong_timeout: Duration,
    /// Calls under way at once; further ones wait. Asterisk serves each with a thread and allows 100 connections in all.
    pub max_connections: usize,
    /// Largest answer of a call that is read.
    pub max_body_bytes: usize,
    /// Largest event that is read.
    pub max_frame_bytes: usize,
    /// Bound of the events that wait for their handlers.
    pub queue_bytes: usize,
    pub reconnect: Reconnect,
    /// Tries after a connection was lost before the stream ends with an error; `None`: for ever.
    pub max_reconnects: Option<u32>,
    /// Tries `start` makes before it fails.
    pub first_attempts: u32,
    /// First wait between tries; it doubles up to `max_delay`.
    pub min_delay: Duration,
    pub max_delay: Duration,
    pub unknown_parameters: UnknownParameters,
    /// PEM of authorities to trust besides those of the system.
    pub ca_pem: Option<String>,
    /// PEM of the certificate (chain) this client shows.
    pub client_cert_pem: Option<String>,
    /// PEM of the key of that certificate.
    pub client_key_pem: Option<String>,
    pub user_agent: String,
}

impl Options {
    /// Checks the address and keeps the credentials where nothing prints them.
    ///
    /// `url` is the server's address such as `http://localhost:8088`, with the `prefix` of `http.conf` if it has one.
    /// Credentials inside the URL are used when `username` is empty, and never shown.
    pub fn new(url: &str, username: &str, password: &str) -> Result<Options> {
        let mut parsed = Url::parse(url).map_err(|reason| bad_url(&reason.to_string()))?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(bad_url("it has to begin with http:// or https://"));
        }
        if parsed.query().is_some() || parsed.fragment().is_some() {
            return Err(bad_url("it cannot have a query or a fragment"));
        }
        let (username, password) = if username.is_empty() && !parsed.username().is_empty() {
            (decode(parsed.username()), decode(parsed.password().unwrap_or("")))
        } else {
            (username.to_string(), password.to_string())
        };
        if username.contains(':') {
            return Err(Error::argument("the user name cannot contain a colon: Basic authentication ends it there"));
        }
        let _ = parsed.set_username("");
        let _ = parsed.set_password(None);
        let credentials = base64::engine::general_purpose::STANDARD.encode(format!("{username}:{password}"));
        Ok(Options {
            base: parsed.as_str().trim_end_matches('/').to_string(),
            authorization: format!("Basic {credentials}"),
            connect_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(30),
            ping_interval: Duration::from_secs(10),
            pong_timeout: Duration::from_secs(5),
            max_connections: 16,
            max_body_bytes: 256 << 20,
            max_frame_bytes: 16 << 20,
            queue_bytes: 64 << 20,
            reconnect: Reconnect::Lost,
            max_reconnects: None,
            first_attempts: 1,
            min_delay: Duration::from_millis(100),
            max_delay: Duration::from_secs(10),
            unknown_parameters: UnknownParameters::Refuse,
            ca_pem: None,
            client_cert_pem: None,
            client_key_pem: None,
            user_agent: concat!("asterisk-ari/", env!("CARGO_PKG_VERSION")).to_string(),
        })
    }

    /// Sets an option by its name, as bindings get it from their users. Times are in seconds.
    pub fn set(&mut self, name: &str, value: &Value) -> Result<()> {
        let field = Field { name, value };
        match name {
            "connect_timeout" => self.connect_timeout = field.seconds()?,
            "request_timeout" => self.request_timeout = field.seconds()?,
            "ping_interval" => self.ping_interval = field.seconds()?,
            "pong_timeout" => self.pong_timeout = field.seconds()?,
            "min_delay" => self.min_delay = field.seconds()?,
            "max_delay" => self.max_delay = field.seconds()?,
            "max_connections" => match field.count()? {
                count if count <= MOST_CONNECTIONS => self.max_connections = count,
                _ => return Err(field.wrong(&format!("at most {MOST_CONNECTIONS}"))),
            },
            "max_body_bytes" => self.max_body_bytes = field.count()?,
            "max_frame_bytes" => self.max_frame_bytes = field.count()?,
            "queue_bytes" => self.queue_bytes = field.count()?,
            "first_attempts" => self.first_attempts = field.tries()?,
            "max_reconnects" if value.is_null() => self.max_reconnects = None,
            "max_reconnects" => self.max_reconnects = Some(field.tries()?),
            "reconnect" => {
                self.reconnect = field.one_of(&[
                    ("never", Reconnect::Never),
                    ("lost", Reconnect::Lost),
                    ("always", Reconnect::Always),
                ])?
            }
            "unknown_parameters" => {
                self.unknown_parameters =
                    field.one_of(&[("refuse", UnknownParameters::Refuse), ("drop", UnknownParameters::Drop)])?
            }
            "ca_pem" => self.ca_pem = field.text()?,
            "client_cert_pem" => self.client_cert_pem = field.text()?,
            "client_key_pem" => self.client_key_pem = field.text()?,
            "user_agent" => self.user_agent = field.header()?,
            _ => return Err(Error::argument(format!("there is no option {name:?}; options: {}", NAMES.join(", ")))),
        }
        Ok(())
    }

    /// Address of the server, without `/ari` and without credentials.
    pub fn base_url(&self) -> &str {
        &self.base
    }

    pub(crate) fn is_tls(&self) -> bool {
        self.base.starts_with("https:")
    }
}

/// Every name [`Options::set`] knows.
pub const NAMES: [&str; 18] = [
    "connect_timeout",
    "request_timeout",
    "ping_interval",
    "pong_timeout",
    "max_connections",
    "max_body_bytes",
    "max_frame_bytes",
    "queue_bytes",
    "reconnect",
    "max_reconnects",
    "first_attempts",
    "min_delay",
    "max_delay",
    "unknown_parameters",
    "ca_pem",
    "client_cert_pem",
    "client_key_pem",
    "user_agent",
];

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("base_url", &self.base)
            .field("request_timeout", &self.request_timeout)
            .field("reconnect", &self.reconnect)
            .finish_non_exhaustive()
    }
}

/// The URL itself stays out of the message: a password may stand in it.
fn bad_url(reason: &str) -> Error {
    Error::argument(format!("the server's URL cannot be used: {reason}"))
}

fn decode(text: &str) -> String {
    // A query pair decodes %XX; `+` is itself in the userinfo of a URL.
    let escaped = text.replace('+', "%2B");
    url::form_urlencoded::parse(format!("v={escaped}").as_bytes())
        .next()
        .map_or_else(String::new, |(_, value)| value.into_owned())
}

/// Seconds of a year: nobody waits longer, and clocks do not overflow.
const LONGEST: f64 = 366.0 * 86_400.0;

/// More than Asterisk would ever serve.
const MOST_CONNECTIONS: usize = 10_000;

struct Field<'a> {
    name: &'a str,
    value: &'a Value,
}

impl Field<'_> {
    fn wrong(&self, wanted: &str) -> Error {
        Error::argument(format!("option {} has to be {wanted}", self.name))
    }

    fn seconds(&self) -> Result<Duration> {
        let seconds = self.value.as_f64().filter(|seconds| *seconds > 0.0 && *seconds <= LONGEST);
        seconds
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
            .ok_or_else(|| self.wrong("a number of seconds above 0, and at most a year"))
    }

    fn count(&self) -> Result<usize> {
        let count = self.value.as_u64().filter(|count| *count > 0);
        count.and_then(|count| usize::try_from(count).ok()).ok_or_else(|| self.wrong("a whole number above 0"))
    }

    fn tries(&self) -> Result<u32> {
        self.count().map(|count| u32::try_from(count).unwrap_or(u32::MAX))
    }

    fn one_of<T: Copy>(&self, choices: &[(&str, T)]) -> Result<T> {
        let text = self.value.as_str().unwrap_or("");
        choices.iter().find(|(name, _)| *name == text).map(|(_, choice)| *choice).ok_or_else(|| {
            let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
            self.wrong(&format!("one of {}", names.join(", ")))
        })
    }

    fn text(&self) -> Result<Option<String>> {
        match self.value {
            Value::Null => Ok(None),
            Value::String(text) => Ok(Some(text.clone())),
            _ => Err(self.wrong("a text")),
        }
    }

    fn header(&self) -> Result<String> {
        self.text()?
            .filter(|text| !text.is_empty() && text.bytes().all(|byte| (b' '..=b'~').contains(&byte)))
            .ok_or_else(|| self.wrong("a text of printable ASCII characters"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn addresses_are_tidied_and_checked() {
        let base = |url: &str| Options::new(url, "u", "p").unwrap().base;
        assert_eq!(base("http://localhost:8088"), "http://localhost:8088");
        assert_eq!(base("http://localhost:8088/"), "http://localhost:8088");
        assert_eq!(base("https://pbx.example/asterisk/"), "https://pbx.example/asterisk");
        for bad in ["", "localhost:8088", "ftp://x", "http://x?y=1", "http://x#y"] {
            assert!(Options::new(bad, "u", "secret").unwrap_err().is_argument(), "{bad}");
        }
        assert!(Options::new("http://x", "a:b", "c").is_err());
    }

    #[test]
    fn credentials_of_the_url_are_used_and_hidden() {
        let options = Options::new("http://h%C3%A9y:p%40ss+1@x:1", "", "").unwrap();
        assert_eq!(options.base, "http://x:1");
        let plain = Options::new("http://x:1", "héy", "p@ss+1").unwrap();
        assert_eq!(options.authorization, plain.authorization);
        assert!(!format!("{options:?}").contains("Basic"));
    }

    #[test]
    fn options_are_set_by_name_or_refused_by_name() {
        let mut options = Options::new("http://x", "u", "p").unwrap();
        options.set("request_timeout", &json!(0.25)).unwrap();
        assert_eq!(options.request_timeout, Duration::from_millis(250));
        options.set("reconnect", &json!("always")).unwrap();
        assert_eq!(options.reconnect, Reconnect::Always);
        options.set("max_reconnects", &json!(null)).unwrap();
        for (name, value) in [
            ("request_timeout", json!(0)),
            ("request_timeout", json!("soon")),
            ("ping_interval", json!(1.8e19)),
            ("max_connections", json!(1_u64 << 62)),
            ("queue_bytes", json!(-1)),
            ("reconnect", json!("sometimes")),
            ("user_agent", json!("a\r\nb: c")),
            ("colour", json!(1)),
        ] {
            let error = options.set(name, &value).unwrap_err();
            assert!(error.message().contains(name), "{error}");
        }
        for name in NAMES {
            let error = options.set(name, &json!({})).unwrap_err();
            assert!(!error.message().contains("there is no option"), "{name}");
        }
    }
}
