//! What the operations of bridges, recordings, applications and the like answer and tell, over HTTP and a WebSocket.

#[path = "resources/lab.rs"]
mod lab;

#[path = "resources/bridges.rs"]
mod bridges;
#[path = "resources/others.rs"]
mod others;
#[path = "resources/recordings.rs"]
mod recordings;
