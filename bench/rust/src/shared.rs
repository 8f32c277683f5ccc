//! What the programs share: their arguments, the meter of events, time and memory of this process.

use std::error::Error;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use asterisk_rs_ari::config::{AriConfig, AriConfigBuilder};
use url::Url;

pub type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// The arguments after the name of what to do.
pub fn arguments<const N: usize>(usage: &str) -> Outcome<[String; N]> {
    let given: Vec<String> = std::env::args().skip(2).take(N).collect();
    given.try_into().map_err(|_| format!("usage: {usage}").into())
}

/// Who calls: the server of the benchmark takes anybody, a real Asterisk does not.
pub fn credentials() -> (String, String) {
    let get = |name| std::env::var(name).unwrap_or_else(|_| "bench".to_string());
    (get("ARI_USERNAME"), get("ARI_PASSWORD"))
}

pub fn options(url: &str) -> Outcome<ari_core::Options> {
    let (username, password) = credentials();
    let mut options = ari_core::Options::new(url, &username, &password)?;
    // The server sends faster than anybody's handlers work, and nothing is to be given up.
    options.queue_bytes = 1 << 30;
    Ok(options)
}

/// Settings of asterisk-rs-ari.
pub fn peer_config(url: &str, app: &str) -> Outcome<AriConfig> {
    let url = Url::parse(url)?;
    let (username, password) = credentials();
    let builder = AriConfigBuilder::new(app)
        .host(url.host_str().ok_or("a URL without a host")?)
        .port(url.port().ok_or("a URL without a port")?)
        .username(username)
        .password(password);
    Ok(builder.build()?)
}

/// A point in time: by the clock, and by what this process has used of the processors.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    wall: Instant,
    cpu: Duration,
}

impl Moment {
    pub fn now() -> Self {
        Moment { wall: Instant::now(), cpu: cpu() }
    }

    /// Seconds of wall clock and of processors since then.
    pub fn until(self, end: Moment) -> (f64, f64) {
        (end.wall.duration_since(self.wall).as_secs_f64(), (end.cpu.saturating_sub(self.cpu)).as_secs_f64())
    }
}

/// User and system time of all threads.
fn cpu() -> Duration {
    // SAFETY: a zeroed rusage is a valid one, and the call fills it in.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &mut usage);
        usage
    };
    let time = |time: libc::timeval| Duration::from_micros(time.tv_sec as u64 * 1_000_000 + time.tv_usec as u64);
    time(usage.ru_utime) + time(usage.ru_stime)
}

/// Resident memory of this process in bytes.
pub fn resident() -> Outcome<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm")?;
    let pages: u64 = statm.split(' ').nth(1).ok_or("statm has no second field")?.parse()?;
    // SAFETY: asks for a constant of the system.
    Ok(pages * unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as u64)
}

/// Counts the events that handlers get, and keeps the moments of the first and of the last.
pub struct Meter {
    expected: u64,
    count: AtomicU64,
    /// What handlers have read, so that reading it cannot be left out.
    read: AtomicU64,
    first: OnceLock<Moment>,
    last: OnceLock<Moment>,
}

/// How long nothing comes before what is missing counts as lost.
const GIVEN_UP: Duration = Duration::from_secs(10);

impl Meter {
    pub fn new(expected: u64) -> Self {
        Meter {
            expected,
            count: AtomicU64::new(0),
            read: AtomicU64::new(0),
            first: OnceLock::new(),
            last: OnceLock::new(),
        }
    }

    /// One event, or several at once.
    pub fn add(&self, events: u64) {
        if self.first.get().is_none() {
            let _ = self.first.set(Moment::now());
        }
        let count = self.count.fetch_add(events, Ordering::Relaxed) + events;
        if count >= self.expected {
            let _ = self.last.set(Moment::now());
        }
    }

    pub fn read(&self, bytes: usize) {
        self.read.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Waits for the last event and prints what was measured. The moment of a last event that was not the expected one is known to
    /// a hundredth of a second.
    pub fn report(&self) -> Outcome {
        let mut seen = (0, Moment::now());
        let end = loop {
            if let Some(last) = self.last.get() {
                break *last;
            }
            let count = self.count.load(Ordering::Relaxed);
            if count != seen.0 {
                seen = (count, Moment::now());
            } else if seen.1.wall.elapsed() > GIVEN_UP {
                break seen.1;
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        let events = self.count.load(Ordering::Relaxed);
        let (seconds, cpu) = self.first.get().ok_or("no event came")?.until(end);
        let read = self.read.load(Ordering::Relaxed);
        println!("{}", serde_json::json!({"events": events, "seconds": seconds, "cpu": cpu, "read": read}));
        Ok(())
    }
}
