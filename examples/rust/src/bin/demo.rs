//! The IVR at work: a scripted caller dials in, and the story of its call is told as it happens.
//!
//! At the end everything that should have happened is checked against what was seen; the exit code is 0 only if all of
//! it did.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use ari_core::{Client, Event, Result};
use ari_examples::{answer, Server, APPLICATION};
use clap::Parser;
use serde_json::json;

const KEYS: &str = "12#";
const PATIENCE: Duration = Duration::from_secs(60);

/// What was seen of the one call.
struct Story {
    call: String,
    began: Instant,
    keys: String,
    played: Vec<String>,
    arrived: bool,
    left: bool,
    said_goodbye: bool,
    over: bool,
}

impl Story {
    fn tell(&self, text: &str) {
        println!("  {:5.1} s  {text}", self.began.elapsed().as_secs_f64());
    }

    fn follow(&mut self, event: &Event) {
        let target = format!("channel:{}", self.call);
        match event {
            Event::StasisStart(start) if start.channel.id == self.call => {
                self.arrived = true;
                self.tell(&format!("the call arrives: {}, {}", start.channel.name, start.channel.state));
            }
            Event::ChannelDtmfReceived(key) if key.channel.id == self.call => {
                self.keys.push_str(&key.digit);
                self.tell(&format!("the caller presses {}", key.digit));
            }
            Event::PlaybackStarted(event) if event.playback.target_uri == target => {
                self.tell(&format!("the caller hears {}", event.playback.media_uri));
            }
            Event::PlaybackFinished(event) if event.playback.target_uri == target => {
                self.tell(&format!("the caller has heard ({}) {}", event.playback.state, event.playback.media_uri));
                if event.playback.state == "done" {
                    self.played.push(event.playback.media_uri.clone());
                }
            }
            Event::StasisEnd(end) if end.channel.id == self.call => {
                self.left = true;
                self.tell("the call leaves the application");
            }
            // The extension `goodbye`, where the IVR sends its callers, says by a variable that it was reached.
            Event::ChannelVarset(set)
                if set.variable == "GOODBYE" && set.channel.as_ref().is_some_and(|channel| channel.id == self.call) =>
            {
                self.said_goodbye = true;
                self.tell("the call goes on in the dialplan");
            }
            Event::ChannelDestroyed(end) if end.channel.id == self.call => {
                self.over = true;
                self.tell(&format!("the call is over: {}", end.cause_txt));
            }
            _ => {}
        }
    }

    /// What should have happened and did not.
    fn missing(&self) -> Vec<&'static str> {
        let heard = |media: &str| self.played.iter().any(|played| played == media);
        let expected = [
            ("the call arrived", self.arrived),
            ("the keys arrived in order", self.keys == KEYS),
            ("the greeting was heard to its end", heard("sound:hello-world")),
            ("each digit was answered", heard("sound:digits/1") && heard("sound:digits/2")),
            ("the call left the application", self.left),
            ("the call went on in the dialplan", self.said_goodbye),
            ("the call ended", self.over),
        ];
        expected.iter().filter(|(_, happened)| !happened).map(|(what, _)| *what).collect()
    }
}

async fn play(client: &Client) -> Result<Story> {
    let name = format!("call-{}", std::process::id());
    let mut events = client.event_stream([APPLICATION]).await?;
    let mut story = Story {
        call: name.clone(),
        began: Instant::now(),
        keys: String::new(),
        played: Vec::new(),
        arrived: false,
        left: false,
        said_goodbye: false,
        over: false,
    };
    story.tell("connected; now somebody dials extension 1000");
    client
        .channels()
        .originate("Local/1000@default")
        .context("default")
        .extension("caller")
        .priority(1)
        .variables(json!({ "KEYS": KEYS }))
        .channel_id(format!("caller-{}", std::process::id()))
        .other_channel_id(&name)
        .await?;
    // What happens to the call after it has left the application is part of the story, too.
    client.applications().subscribe(APPLICATION, [format!("channel:{name}")]).await?;
    while let Some(event) = events.next().await {
        let event = event?;
        story.follow(&event);
        if story.over {
            break;
        }
        answer(client, &event).await?;
    }
    Ok(story)
}

#[tokio::main]
async fn main() -> ExitCode {
    let client = match Server::parse().connect().await {
        Ok(client) => client,
        Err(error) => {
            eprintln!("demo: rust: {error}");
            return ExitCode::FAILURE;
        }
    };
    let version = client.server_version().unwrap_or_default();
    let server = match version.split_once('+') {
        Some((_, "simulator")) => "the simulator".to_owned(),
        Some((version, _)) => format!("Asterisk {version}"),
        None => format!("Asterisk {version}"),
    };
    println!("rust: the IVR of examples/rust on {server} at {}", client.base_url());
    let missing = match tokio::time::timeout(PATIENCE, play(&client)).await {
        Ok(Ok(story)) => story.missing(),
        Ok(Err(error)) => {
            eprintln!("demo: rust: {error}");
            return ExitCode::FAILURE;
        }
        Err(_) => vec!["the story ended within a minute"],
    };
    for what in &missing {
        eprintln!("demo: rust: it did not come about that {what}");
    }
    if !missing.is_empty() {
        return ExitCode::FAILURE;
    }
    println!("demo: rust passed on {server}");
    ExitCode::SUCCESS
}
