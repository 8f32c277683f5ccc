//! Receives events with one of the clients, as the contract of bench/README.md says.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use crate::shared::{arguments, options, peer_config, Meter, Outcome};
use ari_core::objects::Channel;
use ari_core::typed::DomainObject;
use ari_core::{BatchLimit, Client, Event, Interest, ObjectKey, StartOptions};
use asterisk_rs_ari::resources::channel::ChannelHandle;
use asterisk_rs_ari::{AriClient, AriEvent, AriMessage};
use asterisk_rs_core::event::EventReceive;
use futures_util::StreamExt;
use tokio::runtime::Runtime;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

const USAGE: &str = "ari-bench-rust events CLIENT SCENARIO URL FRAMES [CHANNELS]";

struct Task {
    scenario: String,
    url: String,
    app: String,
    channels: usize,
    frames: u64,
}

pub fn main() -> Outcome {
    let [client, scenario, url, frames] = arguments(USAGE)?;
    let channels = std::env::args().nth(6).map_or(Ok(1), |channels| channels.parse())?;
    let frames: u64 = frames.parse()?;
    let expected = if matches!(&*scenario, "all" | "fields") { frames } else { frames / 10 };
    let meter = Arc::new(Meter::new(expected));
    let task = Task { scenario, url, app: format!("bench-{frames}-{channels}-0"), channels, frames };
    let receiving = meter.clone();
    std::thread::spawn(move || {
        if let Err(error) = receive(&client, task, receiving) {
            eprintln!("{error}");
            std::process::exit(1);
        }
    });
    meter.report()?;
    // What still runs need not be ended in good order.
    std::process::exit(0)
}

fn receive(client: &str, task: Task, meter: Arc<Meter>) -> Outcome {
    match client {
        "raw" => raw(task, &meter),
        // One thread, so that no wake-up of another one slows the reading down.
        "bare" => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(bare(task, &meter))
        }
        "ari" => Runtime::new()?.block_on(ari(task, meter)),
        "ari-batches" => Runtime::new()?.block_on(ari_batches(task, &meter)),
        "asterisk-rs-ari" => Runtime::new()?.block_on(asterisk_rs_ari(task, meter)),
        other => Err(format!("no client is called {other}").into()),
    }
}

/// Our client, by handlers.
async fn ari(task: Task, meter: Arc<Meter>) -> Outcome {
    let client = Client::connect(options(&task.url)?).await?;
    let counting = meter.clone();
    let wanted = move |client: Client, event: Event| {
        if let Event::StasisStart(start) = event {
            let _channel = Channel::from_data(&client, start.channel);
            counting.add(1);
        }
        std::future::ready(())
    };
    match &*task.scenario {
        "one-in-ten" => drop(client.add_event_handler("StasisStart", wanted)),
        "object" | "objects" => {
            for channel in 0..task.channels {
                let key = ObjectKey { class: "Channel".to_string(), id: format!("bench-{channel}") };
                client.add_object_handler(key, "StasisStart", wanted.clone());
            }
        }
        "all" => drop(client.add_event_handler("*", move |_, event| {
            if !matches!(event, Event::Connected(_)) {
                meter.add(1);
            }
            std::future::ready(())
        })),
        "fields" => drop(client.add_event_handler("*", move |_, event| {
            if let Some((timestamp, channel)) = fields(&event) {
                meter.read(timestamp.len() + channel.name.len() + channel.state.len());
                meter.add(1);
            }
            std::future::ready(())
        })),
        other => return Err(format!("ari has no scenario {other}").into()),
    }
    Ok(client.run([task.app]).await?)
}

fn fields(event: &Event) -> Option<(&str, &ari_core::models::Channel)> {
    match event {
        Event::StasisStart(event) => Some((&event.timestamp, &event.channel)),
        Event::ChannelVarset(event) => Some((&event.timestamp, event.channel.as_ref()?)),
        Event::ChannelStateChange(event) => Some((&event.timestamp, &event.channel)),
        Event::ChannelDtmfReceived(event) => Some((&event.timestamp, &event.channel)),
        _ => None,
    }
}

/// The layer of our client on which the languages stand.
async fn ari_batches(task: Task, meter: &Meter) -> Outcome {
    let client = Client::connect(options(&task.url)?).await?;
    let event = Some("StasisStart".to_string());
    match &*task.scenario {
        "one-in-ten" => drop(client.subscribe(Interest { event, object: None })),
        "object" | "objects" => {
            for channel in 0..task.channels {
                let object = Some(ObjectKey { class: "Channel".to_string(), id: format!("bench-{channel}") });
                client.subscribe(Interest { event: event.clone(), object });
            }
        }
        "all" => drop(client.subscribe(Interest::default())),
        other => return Err(format!("ari-batches has no scenario {other}").into()),
    }
    let stream = client.start(StartOptions { apps: vec![task.app], subscribe_all: false }).await?;
    while let Some(batch) = stream.next_batch(BatchLimit::default()).await? {
        let events = batch.events.iter().filter(|event| event.name() != "Connected" && !event.text().is_empty());
        match events.count() {
            0 => {}
            events => meter.add(events as u64),
        }
    }
    Ok(())
}

/// A loop that reads and counts frames, whatever is in them: nothing on top of the same WebSocket library can be faster.
async fn bare(task: Task, meter: &Meter) -> Outcome {
    every_frame(&task)?;
    let address = task.url.replacen("http", "ws", 1);
    let mut request = format!("{address}/ari/events?app={}", task.app).into_client_request()?;
    request.headers_mut().insert("Authorization", "Basic YmVuY2g6YmVuY2g=".parse()?);
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await?;
    while let Some(message) = socket.next().await {
        if message?.is_text() {
            meter.add(1);
        }
    }
    Ok(())
}

/// The client of crates.io, as its documentation has it.
async fn asterisk_rs_ari(task: Task, meter: Arc<Meter>) -> Outcome {
    let client = AriClient::connect(peer_config(&task.url, &task.app)?).await?;
    let mut events = client.subscribe();
    let handle: Box<dyn Fn(AriMessage) + Send> = match &*task.scenario {
        "one-in-ten" => Box::new(move |message| {
            if let AriEvent::StasisStart { channel, .. } = message.event {
                let _channel = ChannelHandle::new(channel.id, client.clone());
                meter.add(1);
            }
        }),
        "all" => Box::new(move |_| meter.add(1)),
        "fields" => Box::new(move |message| {
            let channel = match &message.event {
                AriEvent::StasisStart { channel, .. }
                | AriEvent::ChannelStateChange { channel }
                | AriEvent::ChannelVarset { channel: Some(channel), .. }
                | AriEvent::ChannelDtmfReceived { channel, .. } => channel,
                _ => return,
            };
            meter.read(message.timestamp.len() + channel.name.len() + channel.state.len());
            meter.add(1);
        }),
        other => return Err(format!("asterisk-rs-ari has no scenario {other}").into()),
    };
    loop {
        match events.recv().await {
            EventReceive::Event(message) => handle(message),
            // It says how many it has lost; the table does, too.
            EventReceive::Lagged(_) => {}
            EventReceive::Closed => return Ok(()),
        }
    }
}

/// Takes the bytes off the socket and steps from one frame's header to the next: shows how fast the server is.
fn raw(task: Task, meter: &Meter) -> Outcome {
    every_frame(&task)?;
    let host = task.url.trim_start_matches("http://");
    let mut socket = TcpStream::connect(host)?;
    write!(
        socket,
        "GET /ari/events?app={} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Basic YmVuY2g6YmVuY2g=\r\nConnection: Upgrade\r\n\
         Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        task.app
    )?;
    let mut buffer = vec![0; 1 << 20];
    let mut filled = 0;
    let mut at = loop {
        filled += socket.read(&mut buffer[filled..])?;
        if let Some(end) = buffer[..filled].windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let mut left = task.frames;
    loop {
        let mut frames = 0;
        while let Some(next) = after_frame(&buffer[..filled], at) {
            at = next;
            frames += 1;
        }
        if frames > 0 {
            meter.add(frames);
        }
        left = left.saturating_sub(frames);
        if left == 0 {
            return Ok(());
        }
        buffer.copy_within(at..filled, 0);
        filled -= at;
        at = 0;
        let more = socket.read(&mut buffer[filled..])?;
        if more == 0 {
            return Err("the server closed the connection".into());
        }
        filled += more;
    }
}

/// Where the frame that begins at `start` ends, if all of it is there.
fn after_frame(buffer: &[u8], start: usize) -> Option<usize> {
    let header = buffer.get(start..start + 2)?;
    let (length, content) = match header[1] & 0x7f {
        126 => (usize::from(u16::from_be_bytes(buffer.get(start + 2..start + 4)?.try_into().ok()?)), start + 4),
        127 => (u64::from_be_bytes(buffer.get(start + 2..start + 10)?.try_into().ok()?) as usize, start + 10),
        short => (usize::from(short), start + 2),
    };
    (content + length <= buffer.len()).then_some(content + length)
}

fn every_frame(task: &Task) -> Outcome {
    if task.scenario == "all" {
        return Ok(());
    }
    Err("it cannot tell one event from another".into())
}
