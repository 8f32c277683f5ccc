//! A test's words in Rust, over the commands of the control interface.

use serde_json::{json, Value};

use crate::control::Refused;
use crate::simulator::Simulator;

type Said<T> = Result<T, Refused>;

impl Simulator {
    /// Lets somebody call: `json!({"exten": "1000"})`, or straight to an application: `json!({"app": "ivr", "args": ["en"]})`;
    /// with `endpoint`, `caller`, `variables`, `id` as wanted. Waits until the application is connected.
    pub async fn call(&self, call: Value) -> Said<Call<'_>> {
        self.taken(self.command("POST", "calls", call).await?)
    }

    /// Waits for a call of the application to a telephone, such as `PJSIP/bob`.
    pub async fn expect_call(&self, endpoint: &str) -> Said<Call<'_>> {
        self.taken(self.command("POST", "calls/expect", json!({ "endpoint": endpoint })).await?)
    }

    fn taken(&self, call: Value) -> Said<Call<'_>> {
        match call["id"].as_str() {
            Some(id) => Ok(Call { simulator: self, id: id.to_owned() }),
            None => Err(Refused::new(500, format!("a call without an id: {call}"))),
        }
    }

    /// Waits for a request or an event, in all the words of the command `POST /expect`: `json!({"operation": "channels.play", "status": 500,
    /// "within": 1})`. Gives its record.
    pub async fn expect(&self, expectation: Value) -> Said<Value> {
        self.command("POST", "expect", expectation).await
    }

    /// Waits for a request, with these arguments at least, and gives its record.
    pub async fn expect_request(&self, operation: &str, arguments: Value) -> Said<Value> {
        self.command("POST", "expect", json!({ "operation": operation, "arguments": arguments })).await
    }

    /// Waits for an event to be sent, with these members at least, and gives its record.
    pub async fn expect_event(&self, kind: &str, fields: Value) -> Said<Value> {
        self.command("POST", "expect", json!({ "type": kind, "fields": fields })).await
    }

    /// Waits so many seconds, in which such a request may not come.
    pub async fn expect_no_request(&self, operation: &str, arguments: Value, within: f64) -> Said<()> {
        let expectation = json!({ "operation": operation, "arguments": arguments, "within": within });
        self.command("POST", "expect/none", expectation).await.map(drop)
    }

    /// Every request so far.
    pub async fn requests(&self) -> Said<Vec<Value>> {
        self.list("requests").await
    }

    /// Every event so far.
    pub async fn events(&self) -> Said<Vec<Value>> {
        self.list("events").await
    }

    async fn list(&self, what: &str) -> Said<Vec<Value>> {
        match self.command("GET", what, json!({})).await? {
            Value::Array(records) => Ok(records),
            other => Ok(vec![other]),
        }
    }

    /// What a telephone does when it is called: `json!({"on_call": "answer", "after": 2})`. It exists from then on.
    pub async fn phone(&self, name: &str, does: Value) -> Said<()> {
        self.command("PUT", &format!("phones/{name}"), does).await.map(drop)
    }

    /// Something that goes wrong with the next request that is like this: `json!({"operation": "channels.play", "status": 500})`.
    pub async fn fault(&self, fault: Value) -> Said<()> {
        self.command("POST", "faults", fault).await.map(drop)
    }

    /// What happens to the connections for events: `drop`, `reset`, `close`, `silence` or `resume`.
    pub async fn connections(&self, happening: &str) -> Said<()> {
        self.command("POST", "connections", json!({ "do": happening })).await.map(drop)
    }

    /// The server goes away and comes back, as Asterisk does; what was going on is forgotten.
    pub async fn restart(&self) -> Said<()> {
        self.command("POST", "restart", json!({})).await.map(drop)
    }

    /// Everything as it was at the start; the connections stay.
    pub async fn reset(&self) -> Said<()> {
        self.command("POST", "reset", json!({})).await.map(drop)
    }
}

/// One party's call, from the telephone's side.
pub struct Call<'a> {
    simulator: &'a Simulator,
    id: String,
}

impl Call<'_> {
    /// The channel's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    async fn command(&self, what: &str, body: Value) -> Said<Value> {
        self.simulator.command("POST", &format!("calls/{}/{what}", self.segment()), body).await
    }

    /// The id in a path. It may have slashes of its own.
    fn segment(&self) -> String {
        percent_encoding::utf8_percent_encode(&self.id, percent_encoding::NON_ALPHANUMERIC).to_string()
    }

    /// Presses keys, one after the other.
    pub async fn press(&self, keys: &str) -> Said<()> {
        self.command("press", json!({ "keys": keys })).await.map(drop)
    }

    pub async fn hang_up(&self) -> Said<()> {
        self.command("hangup", json!({})).await.map(drop)
    }

    /// Speaks for so many (simulated) seconds, where the application wants to know that somebody does. Does not wait for the end.
    pub async fn talk(&self, seconds: f64) -> Said<()> {
        self.command("talk", json!({ "seconds": seconds })).await.map(drop)
    }

    /// The call as it is, or as it was last.
    pub async fn state(&self) -> Said<Value> {
        self.simulator.command("GET", &format!("calls/{}", self.segment()), json!({})).await
    }

    /// The telephone that is called answers.
    pub async fn answer(&self) -> Said<()> {
        self.command("answer", json!({})).await.map(drop)
    }

    /// The telephone that is called rejects the call, with a cause such as 17 (busy).
    pub async fn reject(&self, cause: u32) -> Said<()> {
        self.command("reject", json!({ "cause": cause })).await.map(drop)
    }

    pub async fn hold(&self) -> Said<()> {
        self.command("hold", json!({})).await.map(drop)
    }

    pub async fn unhold(&self) -> Said<()> {
        self.command("unhold", json!({})).await.map(drop)
    }

    /// Waits until the call is so: `json!({"state": "Up"})`, `json!({"hung_up": true})`, `json!({"heard": "sound:hello-world"})`.
    pub async fn expect(&self, so: Value) -> Said<Value> {
        self.command("expect", so).await
    }

    /// Waits until this party has heard a prompt to its end.
    pub async fn expect_heard(&self, media: &str) -> Said<()> {
        self.expect(json!({ "heard": media })).await.map(drop)
    }

    /// Waits until this party hears it.
    pub async fn expect_playing(&self, media: &str) -> Said<()> {
        self.expect(json!({ "playing": media })).await.map(drop)
    }

    /// Waits until the channel's state is this one, such as `Up`.
    pub async fn expect_state(&self, state: &str) -> Said<()> {
        self.expect(json!({ "state": state })).await.map(drop)
    }

    /// Waits until the channel is in a bridge, whichever it is.
    pub async fn expect_bridged(&self) -> Said<()> {
        self.expect(json!({ "bridge": true })).await.map(drop)
    }

    /// Waits until the call is over.
    pub async fn expect_hung_up(&self) -> Said<()> {
        self.expect(json!({ "hung_up": true })).await.map(drop)
    }
}
