//! What every test of calls needs.

use std::time::Duration;

use ari_simulator::{Options, Simulator};
use base64::prelude::{Engine, BASE64_STANDARD};
use futures_util::StreamExt;
use serde_json::{json, Value};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// So that nothing hangs.
const BOUND: Duration = Duration::from_secs(30);

/// A simulator with an application that is connected and does nothing by itself.
pub struct Stage {
    pub simulator: Simulator,
}

impl Stage {
    pub async fn new(options: Value) -> Stage {
        let simulator = Simulator::start(Options::from_json(&options.to_string()).unwrap()).unwrap();
        let stage = Stage { simulator };
        stage.connect("ivr").await;
        stage
    }

    pub async fn connect(&self, app: &str) {
        let (name, password) = (self.simulator.username(), self.simulator.password());
        let url = self.simulator.url().replace("http://", "ws://");
        let url = format!("{url}/ari/events?app={app}&api_key={name}:{password}");
        let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
        tokio::spawn(async move { while let Some(Ok(_)) = socket.next().await {} });
    }

    /// A request to ARI: status and body.
    pub async fn request(&self, request: &str, body: Option<Value>) -> (u16, Value) {
        let (method, target) = request.split_once(' ').unwrap();
        let body = body.map_or(String::new(), |body| body.to_string());
        let login = format!("{}:{}", self.simulator.username(), self.simulator.password());
        let login = BASE64_STANDARD.encode(login);
        let host = self.simulator.url().trim_start_matches("http://");
        let head = format!(
            "{method} /ari{target} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Basic {login}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream = TcpStream::connect(host).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        let read = stream.read_to_string(&mut answer);
        tokio::time::timeout(BOUND, read).await.expect("an answer in time").unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap_or(Value::Null))
    }

    pub async fn ari(&self, request: &str) -> (u16, Value) {
        self.request(request, None).await
    }

    pub async fn done(&self, request: &str) -> Value {
        let (status, body) = self.ari(request).await;
        assert!((200..300).contains(&status), "{request}: {status} {body}");
        body
    }

    pub async fn control(&self, method: &str, path: &str, body: Value) -> Value {
        self.simulator.command(method, path, body).await.unwrap_or_else(|why| panic!("{method} {path}: {why}"))
    }

    /// Waits for an event.
    pub async fn event(&self, kind: &str, fields: Value) -> Value {
        let met = self.simulator.expect_event(kind, fields).await.unwrap_or_else(|why| panic!("{why}"));
        met["event"].clone()
    }

    /// The types of the events so far that are about a channel.
    pub async fn told_of(&self, id: &str) -> Vec<String> {
        let events = self.simulator.events().await.unwrap();
        let about = events.iter().map(|record| &record["event"]).filter(|event| event["channel"]["id"] == id);
        about.map(|event| event["type"].as_str().unwrap().to_owned()).collect()
    }
}

const PLAN: &str = "
[default]
exten => 1,1,NoOp()
 same => n,Stasis(ivr,a,b)
 same => n,Set(AFTER=${STASISSTATUS})
 same => n,Hangup(17)
exten => 2,1,Answer()
 same => n,Read(PIN,vm-goodbye,4)
 same => n,Stasis(ivr)
exten => 3,1,Answer()
 same => n,Background(hello-world)
 same => n,WaitExten(5)
exten => 42,1,Stasis(ivr,answer)
exten => 4,1,Dial(PJSIP/bob,10)
 same => n,Stasis(ivr,${DIALSTATUS})
exten => 5,1,Goto(5,1)
exten => 7,1,Dial(Local/7@default)
exten => 6,1,Answer()
 same => n,Wait(3600)
";

pub async fn stage() -> Stage {
    Stage::new(json!({ "dialplan": PLAN, "speed": 50 })).await
}
