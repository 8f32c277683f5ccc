//! REST over HTTP, by reqwest.

use std::cell::Cell;
use std::pin::pin;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{HeaderValue, AUTHORIZATION, CONTENT_TYPE};
use reqwest::{redirect, Client};
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{timeout_at, Instant};

use super::lane::{wait_here, Lanes};
use super::{BoxFuture, GoOn, Request, Response, Transport};
use crate::error::{Delivery, Error, ErrorKind, Result};
use crate::operation::Method;
use crate::options::Options;
use crate::tls;

/// Asterisk closes an idle connection after 15 seconds without a word; ours is given up before that, so that a
/// request never starts on one that is about to go.
pub(super) const IDLE: Duration = Duration::from_secs(10);

const MAX_REDIRECTS: usize = 5;

/// Longest URL that the HTTP library takes. Asterisk itself refuses request lines over 4096 bytes.
const LONGEST_URL: usize = 65_000;

/// The request under way.
struct Journey {
    reads: bool,
    redirected: Cell<bool>,
}

tokio::task_local! {
    static JOURNEY: Journey;
}

/// What changes something follows only where it stays what it is: a redirect that would make a GET of it would put a read
/// in place of what was asked for, and look like success.
fn redirected(attempt: redirect::Attempt) -> redirect::Action {
    let same_method = matches!(attempt.status().as_u16(), 307 | 308);
    let follows = JOURNEY.try_with(|journey| journey.reads || same_method).unwrap_or(same_method);
    if !follows {
        return attempt.stop();
    }
    if attempt.previous().len() > MAX_REDIRECTS {
        return attempt.error("too many redirects");
    }
    let _ = JOURNEY.try_with(|journey| journey.redirected.set(true));
    attempt.follow()
}

/// What the HTTP clients of a transport have in common.
pub(super) struct Recipe {
    user_agent: String,
    connect_timeout: Duration,
    tls: rustls::ClientConfig,
}

impl Recipe {
    /// A client with connections of its own.
    pub fn client(&self, max_idle: usize) -> Result<Client> {
        Client::builder()
            .user_agent(&self.user_agent)
            .connect_timeout(self.connect_timeout)
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(max_idle)
            .tcp_nodelay(true)
            .http1_only()
            // The event WebSocket takes no proxy either: one server, one way to it.
            .no_proxy()
            .redirect(redirect::Policy::custom(redirected))
            .tls_backend_preconfigured(self.tls.clone())
            .build()
            .map_err(|cause| Error::argument(format!("the HTTP client cannot be set up: {cause}")))
    }
}

pub(crate) struct HttpTransport {
    client: Client,
    lanes: Lanes,
    base: String,
    authorization: HeaderValue,
    timeout: Duration,
    max_body: usize,
    /// Bounds the connections: reqwest's pool bounds only the idle ones.
    permits: Semaphore,
    max_connections: usize,
    runtime: Handle,
}

impl HttpTransport {
    pub fn new(options: &Options, runtime: Handle) -> Result<Self> {
        let tls = if options.is_tls() { (*tls::config(options)?).clone() } else { no_tls() };
        let recipe = Recipe { user_agent: options.user_agent.clone(), connect_timeout: options.connect_timeout, tls };
        let mut authorization = HeaderValue::try_from(&options.authorization)
            .map_err(|_| Error::argument("these credentials do not fit a header"))?;
        authorization.set_sensitive(true);
        Ok(HttpTransport {
            client: recipe.client(options.max_connections)?,
            lanes: Lanes::new(recipe, runtime.clone()),
            base: format!("{}/ari", options.base),
            authorization,
            timeout: options.request_timeout,
            max_body: options.max_body_bytes,
            permits: Semaphore::new(options.max_connections),
            max_connections: options.max_connections,
            runtime,
        })
    }

    async fn exchange(&self, request: Request) -> Result<Response> {
        let deadline = Instant::now() + self.timeout;
        let _permit = match timeout_at(deadline, self.permits.acquire()).await {
            Ok(Ok(permit)) => permit,
            _ => return Err(self.busy()),
        };
        // A dropped future is a cancelled request; what had been sent until then stays sent.
        match timeout_at(deadline, self.round_trip(&self.client, request)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(self.late()),
        }
    }

    fn exchange_here(&self, request: Request, go_on: GoOn<'_>) -> Result<Response> {
        let deadline = Instant::now() + self.timeout;
        let _permit = self.permit_here(deadline, go_on)?;
        let lane = self.lanes.take()?;
        let mut answer = Box::pin(async {
            // What has become of the connection while nobody looked is noticed now.
            tokio::task::yield_now().await;
            self.round_trip(&lane.client, request).await
        });
        let turn = |until| lane.runtime().block_on(async { timeout_at(until, answer.as_mut()).await.ok() });
        let outcome = wait_here(turn, deadline, go_on)?;
        drop(answer);
        let response = outcome.unwrap_or_else(|| Err(self.late()))?;
        // After anything else the lane ends, and the connection with it.
        self.lanes.give_back(lane);
        Ok(response)
    }

    fn permit_here(&self, deadline: Instant, go_on: GoOn<'_>) -> Result<SemaphorePermit<'_>> {
        if let Ok(permit) = self.permits.try_acquire() {
            return Ok(permit);
        }
        let mut acquired = pin!(self.permits.acquire());
        let turn = |until| self.runtime.block_on(async { timeout_at(until, acquired.as_mut()).await.ok() });
        match wait_here(turn, deadline, go_on)? {
            Some(Ok(permit)) => Ok(permit),
            _ => Err(self.busy()),
        }
    }

    async fn round_trip(&self, client: &Client, request: Request) -> Result<Response> {
        let reads = matches!(request.method, Method::Get | Method::Head | Method::Options);
        JOURNEY.scope(Journey { reads, redirected: Cell::new(false) }, self.travel(client, request)).await
    }

    async fn travel(&self, client: &Client, request: Request) -> Result<Response> {
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
        let redirected = JOURNEY.try_with(|journey| journey.redirected.get()).unwrap_or(false);
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

    fn send_here(&self, request: Request, go_on: GoOn<'_>) -> Result<Response> {
        self.exchange_here(request, go_on)
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
