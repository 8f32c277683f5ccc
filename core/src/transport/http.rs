//! REST over HTTP, by reqwest.

use std::cell::Cell;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{HeaderValue, AUTHORIZATION, CONTENT_TYPE};
use reqwest::{redirect, Client};
use tokio::sync::Semaphore;
use tokio::time::{timeout_at, Instant};

use super::{BoxFuture, Request, Response, Transport};
use crate::error::{Delivery, Error, ErrorKind, Result};
use crate::operation::Method;
use crate::options::Options;
use crate::tls;

/// Asterisk closes an idle connection after 15 seconds without a word; ours is given up before that, so that a
/// request never starts on one that is about to go.
const IDLE: Duration = Duration::from_secs(10);

const MAX_REDIRECTS: usize = 5;

/// Longest URL that the HTTP library takes. Asterisk itself refuses request lines over 4096 bytes.
const LONGEST_URL: usize = 65_000;

tokio::task_local! {
    /// Whether the request under way has been redirected.
    static REDIRECTED: Cell<bool>;
}

fn follow(attempt: redirect::Attempt) -> redirect::Action {
    if attempt.previous().len() > MAX_REDIRECTS {
        return attempt.error("too many redirects");
    }
    let _ = REDIRECTED.try_with(|redirected| redirected.set(true));
    attempt.follow()
}

pub(crate) struct HttpTransport {
    reads: Client,
    /// The same for what changes something: a redirect that would make a GET of it is not followed, because a read in
    /// place of what was asked for would look like success.
    writes: Client,
    base: String,
    authorization: HeaderValue,
    timeout: Duration,
    max_body: usize,
    /// Bounds the connections: reqwest's pool bounds only the idle ones.
    permits: Semaphore,
    max_connections: usize,
}

impl HttpTransport {
    pub fn new(options: &Options) -> Result<Self> {
        let tls = if options.is_tls() { (*tls::config(options)?).clone() } else { no_tls() };
        let client = |redirects: redirect::Policy| {
            Client::builder()
                .user_agent(&options.user_agent)
                .connect_timeout(options.connect_timeout)
                .pool_idle_timeout(IDLE)
                .pool_max_idle_per_host(options.max_connections)
                .tcp_nodelay(true)
                .http1_only()
                // The event WebSocket takes no proxy either: one server, one way to it.
                .no_proxy()
                .redirect(redirects)
                .tls_backend_preconfigured(tls.clone())
                .build()
                .map_err(|cause| Error::argument(format!("the HTTP client cannot be set up: {cause}")))
        };
        let same_method = redirect::Policy::custom(|attempt| match attempt.status().as_u16() {
            307 | 308 => follow(attempt),
            _ => attempt.stop(),
        });
        let mut authorization = HeaderValue::try_from(&options.authorization)
            .map_err(|_| Error::argument("these credentials do not fit a header"))?;
        authorization.set_sensitive(true);
        Ok(HttpTransport {
            reads: client(redirect::Policy::custom(follow))?,
            writes: client(same_method)?,
            base: format!("{}/ari", options.base),
            authorization,
            timeout: options.request_timeout,
            max_body: options.max_body_bytes,
            permits: Semaphore::new(options.max_connections),
            max_connections: options.max_connections,
        })
    }

    async fn exchange(&self, request: Request) -> Result<Response> {
        let deadline = Instant::now() + self.timeout;
        let _permit = match timeout_at(deadline, self.permits.acquire()).await {
            Ok(Ok(permit)) => permit,
            _ => return Err(self.busy()),
        };
        // A dropped future is a cancelled request; what had been sent until then stays sent.
        match timeout_at(deadline, REDIRECTED.scope(Cell::new(false), self.round_trip(request))).await {
            Ok(outcome) => outcome,
            Err(_) => Err(self.late()),
        }
    }

    async fn round_trip(&self, request: Request) -> Result<Response> {
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Delete => reqwest::Method::DELETE,
            Method::Patch => reqwest::Method::PATCH,
            Method::Head => reqwest::Method::HEAD,
            Method::Options => reqwest::Method::OPTIONS,
        };
        let url = format!("{}{}", self.base, request.target);
        if url.len() > LONGEST_URL {
            return Err(Error::argument(format!(
                "the request's URL has {} bytes, which is too long for HTTP",
                url.len()
            )));
        }
        let reads = matches!(request.method, Method::Get | Method::Head | Method::Options);
        let client = if reads { &self.reads } else { &self.writes };
        let mut builder = client.request(method, url).header(AUTHORIZATION, self.authorization.clone());
        if let Some(body) = request.body {
            builder = builder.header(CONTENT_TYPE, "application/json").body(body);
        }
        let mut response = builder.send().await.map_err(|cause| self.failed(cause))?;
        let status = response.status().as_u16();
        let content_type =
            response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(str::to_string);
        let body = self.read_body(&mut response).await?;
        Ok(Response { status, content_type, body })
    }

    async fn read_body(&self, response: &mut reqwest::Response) -> Result<Bytes> {
        let mut first = Bytes::new();
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|cause| self.failed(cause))? {
            if first.len() + body.len() + chunk.len() > self.max_body {
                return Err(Error::new(
                    ErrorKind::Protocol,
                    Delivery::Unknown,
                    format!("the answer is larger than max_body_bytes ({})", self.max_body),
                ));
            }
            // Most answers come in one piece, which is then not copied.
            if first.is_empty() && body.is_empty() {
                first = chunk;
            } else {
                if body.is_empty() {
                    body.extend_from_slice(&std::mem::take(&mut first));
                }
                body.extend_from_slice(&chunk);
            }
        }
        Ok(if body.is_empty() { first } else { body.freeze() })
    }

    fn failed(&self, cause: reqwest::Error) -> Error {
        // What cannot be reached then is another place than the one that has been sent the request.
        let redirected = REDIRECTED.try_with(Cell::get).unwrap_or(false);
        // Its URL is of no use in a message that names the operation, and would be told twice.
        let cause = cause.without_url();
        let unsent = (cause.is_connect() || cause.is_builder()) && !redirected;
        let delivery = if unsent { Delivery::NotSent } else { Delivery::Unknown };
        if cause.is_timeout() {
            return Error::new(ErrorKind::Timeout, delivery, "no connection to the server within connect_timeout");
        }
        if cause.is_redirect() {
            return Error::new(ErrorKind::Protocol, Delivery::Unknown, format!("more than {MAX_REDIRECTS} redirects"));
        }
        if redirected && cause.is_builder() {
            return Error::new(ErrorKind::Protocol, delivery, "the server redirects to where HTTP does not go");
        }
        if is_not_http(&cause) {
            let reason = Error::from_io("what answers there does not speak HTTP", delivery, &cause);
            return Error::new(ErrorKind::Protocol, delivery, reason.message());
        }
        let what = if cause.is_connect() {
            format!("cannot connect to {}", self.base.trim_end_matches("/ari"))
        } else {
            "the connection broke before the answer was complete".to_string()
        };
        Error::from_io(&what, delivery, &cause)
    }

    fn busy(&self) -> Error {
        Error::new(
            ErrorKind::Timeout,
            Delivery::NotSent,
            format!(
                "all {} connections (max_connections) were busy for {} s (request_timeout)",
                self.max_connections,
                self.timeout.as_secs_f64()
            ),
        )
    }

    fn late(&self) -> Error {
        Error::new(
            ErrorKind::Timeout,
            Delivery::Unknown,
            format!("no complete answer within {} s (request_timeout)", self.timeout.as_secs_f64()),
        )
    }
}

impl Transport for HttpTransport {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response>> {
        Box::pin(self.exchange(request))
    }
}

fn is_not_http(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut causes = std::iter::successors(Some(error), |cause| cause.source());
    causes.any(|cause| {
        cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse)
            // What is wrong with the chunks of a body.
            || cause.downcast_ref::<std::io::Error>().is_some_and(|io| io.kind() == std::io::ErrorKind::InvalidInput)
    })
}

/// For plain HTTP: reqwest wants a TLS configuration all the same, and loading the system's authorities takes
/// longer than connecting. Trusting nobody, it refuses a redirect to https.
fn no_tls() -> rustls::ClientConfig {
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has the default protocol versions")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth()
}
