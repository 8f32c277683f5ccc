//! A simulator in this process.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::thread::JoinHandle;

use serde_json::{json, Value};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use crate::control::{self, Refused};
use crate::http::{listen, serve_ari, serve_control};
use crate::options::Options;
use crate::shared::Shared;

/// A simulated Asterisk, for as long as this value lives.
pub struct Simulator {
    shared: Arc<Shared>,
    runtime: Handle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    process: u32,
}

impl Simulator {
    /// Starts a simulator on threads of its own. The error says which option was wrong, or why it cannot listen.
    pub fn start(options: Options) -> Result<Simulator, String> {
        let loopback = match options.host {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        };
        // Whoever may command it is on this machine.
        let addresses = [SocketAddr::new(options.host, options.port), SocketAddr::new(loopback, options.control_port)];
        let shared = Arc::new(Shared::new(options)?);
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|why| format!("the simulator has no runtime: {why}"))?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        let (listening, urls) = {
            let _entered = runtime.enter();
            let open =
                |address| listen(address).map_err(|why| format!("the simulator cannot listen on {address}: {why}"));
            let listening = [open(addresses[0])?, open(addresses[1])?];
            let address = |listener: &TcpListener| listener.local_addr().map_err(|why| why.to_string());
            let urls = [address(&listening[0])?, address(&listening[1])?];
            (listening, urls)
        };
        let [ari, control] = listening;
        let url = |address: SocketAddr| match address.ip().is_unspecified() {
            true => format!("http://{}", SocketAddr::new(loopback, address.port())),
            false => format!("http://{address}"),
        };
        let _ = shared.places.set(urls.map(url));
        let served = (shared.clone(), urls[0]);
        let serve = move || {
            runtime.block_on(async move {
                let (shared, address) = served;
                tokio::spawn(serve_ari(shared.clone(), ari, address));
                tokio::spawn(serve_control(shared.clone(), control));
                let clock = tokio::spawn(async move { shared.run_clock().await });
                let _ = stopped.await;
                clock.abort();
            });
            // What is left of requests ends with the runtime.
        };
        let builder = std::thread::Builder::new().name("ari-simulator".into());
        let thread = ari_core::runtime::without_signals(|| builder.spawn(serve))
            .map_err(|why| format!("the simulator has no thread: {why}"))?;
        Ok(Simulator { shared, runtime: handle, stop: Some(stop), thread: Some(thread), process: std::process::id() })
    }

    /// Where ARI is: `http://127.0.0.1:40001`.
    pub fn url(&self) -> &str {
        self.place(0)
    }

    /// Where the control interface is.
    pub fn control_url(&self) -> &str {
        self.place(1)
    }

    fn place(&self, which: usize) -> &str {
        self.shared.places.get().map_or("", |places| &places[which])
    }

    /// The user that may do everything.
    pub fn username(&self) -> &str {
        &self.shared.options.username
    }

    pub fn password(&self) -> &str {
        &self.shared.options.password
    }

    /// All of this: a JSON object with `url`, `control_url`, `username` and `password`.
    pub fn facts(&self) -> Value {
        json!({
            "url": self.url(),
            "control_url": self.control_url(),
            "username": self.username(),
            "password": self.password(),
        })
    }

    /// A client of it, as an application would make one.
    pub async fn connect(&self) -> ari_core::Result<ari_core::Client> {
        ari_core::Client::connect(ari_core::Options::new(self.url(), self.username(), self.password())?).await
    }

    /// A command of the control interface: `command("POST", "calls", json!({"exten": "1000"}))`.
    pub async fn command(&self, method: &str, path: &str, body: Value) -> Result<Value, Refused> {
        let (shared, method) = (self.shared.clone(), method.to_owned());
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let (path, query) = (path.trim_matches('/').to_owned(), query.to_owned());
        let going = self.runtime.spawn(async move { control::command_at(&shared, &method, &path, &query, body).await });
        match going.await {
            Ok(said) => said,
            Err(why) => Err(Refused::new(500, format!("the simulator failed: {why}"))),
        }
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        drop(self.stop.take());
        // In a child made by fork there is no such thread to wait for.
        if let Some(thread) = self.thread.take().filter(|_| self.process == std::process::id()) {
            let _ = thread.join();
        }
    }
}
