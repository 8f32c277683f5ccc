//! Endpoints: the telephones, as ARI shows them.

use serde_json::{json, Value};

use super::apps::Topic;
use super::World;

impl World {
    /// A telephone as ARI shows it.
    pub fn endpoint_json(&self, name: &str) -> Option<Value> {
        let phone = self.phones.get(name)?;
        let (technology, resource) = name.split_once('/')?;
        let at_it = self.channels.values().filter(|channel| channel.phone.as_deref() == Some(name));
        Some(json!({
            "technology": technology,
            "resource": resource,
            "state": phone.state,
            "channel_ids": at_it.map(|channel| channel.id.as_str()).collect::<Vec<_>>(),
        }))
    }

    /// A telephone comes or goes; who listens to it is told.
    pub fn phone_state(&mut self, name: &str, state: &str) {
        let Some(phone) = self.phones.get_mut(name) else { return };
        if phone.state == state {
            return;
        }
        phone.state = state.to_owned();
        let Some(endpoint) = self.endpoint_json(name) else { return };
        let topics = [Topic::Endpoint(name.to_owned())];
        let peer = json!({ "peer_status": if state == "online" { "Reachable" } else { "Unreachable" } });
        self.publish(&topics, json!({ "type": "PeerStatusChange", "endpoint": endpoint, "peer": peer }));
        self.publish(&topics, json!({ "type": "EndpointStateChange", "endpoint": endpoint }));
        self.tell_devices();
    }
}
