//! One case of the table, as it is after its file was expanded. `docs/conformance.md` explains every field.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub const USERNAME: &str = "conform";
/// Not ASCII and with a colon inside, because both have broken Basic authentication before.
pub const PASSWORD: &str = "sécret:pässword";

fn username() -> String {
    USERNAME.into()
}

fn password() -> String {
    PASSWORD.into()
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub id: String,
    pub kind: Kind,
    #[serde(default)]
    pub about: String,
    #[serde(default)]
    pub options: Map<String, Value>,
    #[serde(default = "username")]
    pub username: String,
    #[serde(default = "password")]
    pub password: String,
    #[serde(default)]
    pub server: ServerState,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe: Option<Response>,

    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<Call>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<DoorRequest>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<Expected>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub responses: Vec<Response>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<ResultSpec>,
    /// The class of the result, or a list with the class of each of its members (one for all of them will do).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<Value>,

    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub apps: Vec<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub subscribe_all: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub handlers: Vec<Handler>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub frames: Vec<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub close: Option<u16>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub script: Vec<Step>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expect: Vec<Handled>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<End>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Connect, and nothing else.
    Connect,
    /// Connect and call one operation.
    Call,
    /// Connect and send one request through the door for operations the library does not know.
    Request,
    /// Connect, register handlers, run until the stream of events ends.
    Events,
    /// Connect and open the stream of events through the operation that does so.
    Upgrade,
}

impl Kind {
    pub const ALL: [Kind; 5] = [Kind::Connect, Kind::Call, Kind::Request, Kind::Events, Kind::Upgrade];

    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Connect => "connect",
            Kind::Call => "call",
            Kind::Request => "request",
            Kind::Events => "events",
            Kind::Upgrade => "upgrade",
        }
    }

    /// Whether there is a WebSocket, and so a script.
    pub fn is_scripted(self) -> bool {
        matches!(self, Kind::Events | Kind::Upgrade)
    }
}

/// Where the case's base URL leads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ServerState {
    #[default]
    Up,
    /// To a port on which nobody listens.
    Closed,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    pub operation: String,
    #[serde(default)]
    pub arguments: Map<String, Value>,
    /// The object whose method it is; its identity is not among the arguments then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<ObjectId>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectId {
    pub class: String,
    pub id: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DoorRequest {
    pub method: String,
    pub path: String,
    #[serde(default)]
    pub query: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
}

/// A request that has to come.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    pub method: String,
    /// Path and query below `/ari`, byte for byte.
    pub target: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_text: Option<String>,
    /// The request comes to the second origin, and must carry no credentials.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub elsewhere: bool,
}

/// An answer, or what happens instead of one.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub headers: Map<String, Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base64: Option<String>,
    /// These bytes and no others: for answers that are not HTTP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub chunked: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<At>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
    /// Not before the script's step `release`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hold: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fault {
    /// The connection is reset (RST).
    Reset,
    /// The connection is closed (FIN).
    Close,
    /// The connection stays open and nothing more comes.
    Silence,
    /// Short for `close` at `body`.
    Truncate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum At {
    /// Before the first byte of the answer.
    Start,
    /// After half of the header.
    Head,
    /// After the header and half of the body.
    Body,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResultSpec {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json: Option<Value>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub nothing: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base64: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorSpec>,
}

/// What is said here is compared, what is left out is free.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorSpec {
    pub class: String,
    /// Further classes the error must be an instance of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub is: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub text_contains: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub text_lacks: Vec<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handler {
    pub name: String,
    #[serde(default)]
    pub on: Target,
    pub event: String,
    /// Name of a handler whose function this one registers once more, in place of one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_as: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub does: Vec<Action>,
}

/// `"client"` for events of any object, or one object.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Target {
    Any(AnyObject),
    Object(ObjectId),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AnyObject {
    Client,
}

impl Default for Target {
    fn default() -> Self {
        Target::Any(AnyObject::Client)
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Remove the handler of that name, if it is there.
    Remove(String),
    /// Register this handler, if none of its name is there.
    Add(Box<Handler>),
    /// Fail with this text, in the way handlers of the language fail.
    Raise(String),
    /// Call an operation and wait for its answer.
    Call(Call),
    /// Stop the client: its run ends.
    Stop(bool),
    /// Do nothing for so many milliseconds.
    Sleep(u64),
    /// Do nothing until the script's step `release`.
    Hold(bool),
}

/// What the server does on the event WebSocket, in order.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Wait for a handshake and accept it.
    Accept(Accept),
    /// Wait for a handshake and answer it with this.
    Refuse(Box<Response>),
    /// Send these frames in one write.
    Send(Vec<Value>),
    /// Send one message in several frames, with a ping between them.
    Fragments(Vec<String>),
    /// Send the first half of this frame's bytes.
    Half(Value),
    /// Ping, and wait for the pong.
    Ping(String),
    /// Send a close frame with this code and wait for the other side to close.
    Close(u16),
    /// End the connection without a close frame.
    Drop(Fault),
    /// Wait until so many requests have come.
    WaitRequests(usize),
    /// Wait until something holds: a response, or a handler.
    WaitHeld(bool),
    /// Let what holds go on.
    Release(bool),
    /// Wait until the client pings.
    ExpectPing(bool),
    /// Wait for a close frame of the client.
    ExpectClose(bool),
    /// Read and answer nothing for so many milliseconds, or until the client gives up.
    Silence(u64),
    /// Let so many milliseconds pass.
    Pause(u64),
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accept {
    /// The exact target of the handshake below `/ari`; without it, the one that `apps` asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
}

/// One call of a handler that has to happen.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handled {
    pub handler: String,
    /// The event's type.
    pub event: String,
    /// The event's field `n`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n: Option<i64>,
    /// Fields the event must have with these values; an object may have further members.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub fields: Map<String, Value>,
    /// Fields the event must have with some value of this type: `text` (not empty), `number` (not negative) or `list`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub types: BTreeMap<String, FieldType>,
    /// Domain objects the event must give: field -> {class, id}, or null where there is none.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub objects: Map<String, Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldType {
    Text,
    Number,
    List,
}

/// How the run ends.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum End {
    Closed(bool),
    Error(ErrorSpec),
}
