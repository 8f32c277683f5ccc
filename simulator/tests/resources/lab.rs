//! A simulator, and an application that asks it things and hears what it tells.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use ari_simulator::{Options, Simulator};
use base64::prelude::{Engine, BASE64_STANDARD};
use serde_json::{json, Value};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{client, Message, WebSocket};

/// So that nothing hangs.
const BOUND: Duration = Duration::from_secs(20);

pub struct Lab {
    simulator: Simulator,
    host: String,
}

pub struct Answer {
    pub status: u16,
    pub content_type: String,
    pub body: Vec<u8>,
}

/// What an application hears.
pub struct Ear(WebSocket<TcpStream>);

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    pub fn refusal(&self) -> (u16, String) {
        (self.status, self.json()["message"].as_str().unwrap_or_default().to_owned())
    }
}

impl Lab {
    pub fn new() -> Lab {
        Lab::with(json!({ "speed": 20.0 }))
    }

    pub fn with(options: Value) -> Lab {
        let simulator = Simulator::start(Options::from_json(&options.to_string()).unwrap()).unwrap();
        let host = simulator.url().trim_start_matches("http://").to_owned();
        Lab { simulator, host }
    }

    fn login(&self) -> String {
        let login = format!("{}:{}", self.simulator.username(), self.simulator.password());
        format!("Basic {}", BASE64_STANDARD.encode(login))
    }

    fn send(&self, host: &str, method: &str, target: &str, body: Option<&Value>) -> Answer {
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut stream = TcpStream::connect(host).unwrap();
        stream.set_read_timeout(Some(BOUND)).unwrap();
        let login = self.login();
        let head = format!(
            "{method} {target} HTTP/1.1\r\nHost: {host}\r\nAuthorization: {login}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut raw = Vec::new();
        stream.read_to_end(&mut raw).unwrap();
        let end = raw.windows(4).position(|four| four == b"\r\n\r\n").expect("the end of the headers");
        let head = String::from_utf8_lossy(&raw[..end]).into_owned();
        let header = |name: &str| {
            let lines = head.lines().filter_map(|line| line.split_once(':'));
            lines.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned()).next()
        };
        Answer {
            status: head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status"),
            content_type: header("content-type").unwrap_or_default(),
            body: raw[end + 4..].to_vec(),
        }
    }

    pub fn ask(&self, method: &str, target: &str) -> Answer {
        self.send(&self.host, method, &format!("/ari{target}"), None)
    }

    pub fn ask_with(&self, method: &str, target: &str, body: Value) -> Answer {
        self.send(&self.host, method, &format!("/ari{target}"), Some(&body))
    }

    /// Asks for what has to be done.
    pub fn get(&self, target: &str) -> Value {
        self.done("GET", target)
    }

    pub fn post(&self, target: &str) -> Value {
        self.done("POST", target)
    }

    pub fn delete(&self, target: &str) {
        self.done("DELETE", target);
    }

    fn done(&self, method: &str, target: &str) -> Value {
        let answer = self.ask(method, target);
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert!((200..300).contains(&answer.status), "{method} {target}: {} {text}", answer.status);
        answer.json()
    }

    pub fn control(&self, method: &str, target: &str, body: Value) -> Answer {
        self.send(self.simulator.control_url().trim_start_matches("http://"), method, target, Some(&body))
    }

    pub fn connect(&self, query: &str) -> Ear {
        let mut request = format!("ws://{}/ari/events?{query}", self.host).into_client_request().unwrap();
        request.headers_mut().insert("Authorization", self.login().parse().unwrap());
        let stream = TcpStream::connect(&self.host).unwrap();
        stream.set_read_timeout(Some(BOUND)).unwrap();
        Ear(client(request, stream).unwrap().0)
    }

    /// A call with an application at this end and somebody who waits at the other.
    pub fn call(&self, ear: &mut Ear, app: &str, id: &str) {
        self.post(&format!("/channels?endpoint=Local/100@default&app={app}&channelId={id}&otherChannelId={id}2"));
        ear.until("StasisStart", |event| event["channel"]["id"] == id);
    }
}

impl Ear {
    pub fn next(&mut self) -> Value {
        loop {
            if let Message::Text(text) = self.0.read().expect("an event") {
                return serde_json::from_str(&text).unwrap();
            }
        }
    }

    /// The first event that fits; those before it are passed over.
    pub fn until(&mut self, kind: &str, fits: impl Fn(&Value) -> bool) -> Value {
        loop {
            let event = self.next();
            if event["type"] == kind && fits(&event) {
                return event;
            }
        }
    }

    pub fn wait(&mut self, kind: &str) -> Value {
        self.until(kind, |_| true)
    }

    /// What comes until something is told that comes after it.
    pub fn so_far(&mut self, lab: &Lab, app: &str) -> Vec<Value> {
        assert_eq!(lab.ask("POST", &format!("/events/user/mark?application={app}")).status, 204);
        let mut came = Vec::new();
        loop {
            match self.next() {
                mark if mark["eventname"] == "mark" => return came,
                event => came.push(event),
            }
        }
    }

    /// The types of events that came so far, as far as they are of interest.
    pub fn kinds(&mut self, lab: &Lab, app: &str, interest: &[&str]) -> Vec<String> {
        let kinds =
            self.so_far(lab, app).into_iter().map(|event| event["type"].as_str().unwrap_or_default().to_owned());
        kinds.filter(|kind| interest.contains(&kind.as_str())).collect()
    }

    pub fn close(mut self) {
        self.0.close(None).unwrap();
        // The server has noticed when it answers.
        while self.0.read().is_ok() {}
    }
}
