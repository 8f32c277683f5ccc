//! Events this library makes itself: what happens to the connection is told in the same stream as everything else.

use std::time::Duration;

use serde_json::{json, Value};
use time::macros::format_description;
use time::OffsetDateTime;

use super::frame::Frame;
use super::spec::tables;

pub(crate) fn connected(application: &str) -> Frame {
    made("Connected", application, json!({}))
}

pub(crate) fn connection_lost(application: &str, reason: &str) -> Frame {
    made("ConnectionLost", application, json!({ "reason": reason }))
}

pub(crate) fn connection_closed(application: &str, code: u16, reason: &str) -> Frame {
    made("ConnectionClosed", application, json!({ "code": code, "reason": reason }))
}

pub(crate) fn reconnecting(application: &str, attempt: u32, delay: Duration, reason: &str) -> Frame {
    let delay_ms = delay.as_millis() as u64;
    made("Reconnecting", application, json!({ "attempt": attempt, "delay_ms": delay_ms, "reason": reason }))
}

pub(crate) fn reconnected(
    application: &str,
    attempts: u32,
    gap: Duration,
    restored: &[String],
    not_restored: &[String],
) -> Frame {
    let gap_ms = gap.as_millis() as u64;
    let fields = json!({ "attempts": attempts, "gap_ms": gap_ms, "restored": restored, "not_restored": not_restored });
    made("Reconnected", application, fields)
}

pub(crate) fn events_dropped(application: &str, count: u64, bytes: u64) -> Frame {
    made("EventsDropped", application, json!({ "count": count, "bytes": bytes }))
}

pub(crate) fn unreadable_frame(application: &str, reason: &str, frame: &str) -> Frame {
    const SHOWN: usize = 4096;
    let shown: String = frame.chars().take(SHOWN).collect();
    made("UnreadableFrame", application, json!({ "reason": reason, "frame": shown }))
}

/// The numbers in an `EventsDropped` frame of ours: how many events and how many bytes; `None` for other frames.
pub(crate) fn dropped_so_far(frame: &Frame) -> Option<(u64, u64)> {
    if frame.library()?.name != "EventsDropped" {
        return None;
    }
    let fields: Value = serde_json::from_str(frame.text.as_str()).ok()?;
    Some((fields["count"].as_u64()?, fields["bytes"].as_u64()?))
}

fn made(name: &str, application: &str, fields: Value) -> Frame {
    let mut event = json!({ "type": name, "application": application, "timestamp": now() });
    if let (Value::Object(event), Value::Object(fields)) = (&mut event, fields) {
        event.extend(fields);
    }
    let known = tables().event(name).expect("the tables have the events of this library");
    Frame::made(known.spec, event.to_string())
}

/// The present in Asterisk's own form, `2026-11-20T23:20:16.050+0000`, always in UTC.
fn now() -> String {
    let form = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]+0000");
    OffsetDateTime::now_utc().format(&form).unwrap_or_default()
}
