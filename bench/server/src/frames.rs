//! Events as Asterisk sends them, already framed for the WebSocket.

use bytes::{BufMut, Bytes, BytesMut};
use serde_json::json;

/// Events of one turn: what a call in an application brings, in its proportions.
pub const TURN: usize = 10;

/// So many frames are made; longer streams repeat them.
const DIFFERENT: usize = 50_000;

/// What a client asks for by the name of its application: `bench-FRAMES-CHANNELS-RATE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    pub frames: usize,
    /// Different channels, one after the other, each for one turn.
    pub channels: usize,
    /// Events a second; 0: as fast as they are taken.
    pub rate: usize,
}

impl Order {
    /// `None` for the name of any other application, which gets no events.
    pub fn parse(application: &str) -> Option<Order> {
        let mut numbers = application.strip_prefix("bench-")?.split('-').map(|number| number.parse().ok());
        let (frames, channels, rate) = (numbers.next()??, numbers.next()??, numbers.next()??);
        let fits = numbers.next().is_none() && frames % TURN == 0 && channels > 0;
        fits.then_some(Order { frames, channels, rate })
    }
}

/// The frames of an order, as one text of bytes with the end of each frame in it.
pub struct Reel {
    pub bytes: Bytes,
    pub ends: Vec<usize>,
}

impl Reel {
    /// A whole number of turns of every channel, or all there is to send.
    pub fn make(order: Order, application: &str) -> Reel {
        let round = TURN * order.channels;
        let frames = order.frames.min(round.max(DIFFERENT / round * round));
        let mut bytes = BytesMut::with_capacity(frames * 820);
        let mut ends = Vec::with_capacity(frames);
        for start in (0..frames).step_by(TURN) {
            for text in turn(start, order.channels, application) {
                put_frame(&mut bytes, TEXT, text.as_bytes());
                ends.push(bytes.len());
            }
        }
        Reel { bytes: bytes.freeze(), ends }
    }
}

const TEXT: u8 = 0x1;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
pub const PONG: u8 = 0xa;

/// An unmasked frame, whole (RFC 6455, 5.2).
pub fn put_frame(out: &mut BytesMut, kind: u8, content: &[u8]) {
    out.put_u8(0x80 | kind);
    match content.len() {
        short @ 0..=125 => out.put_u8(short as u8),
        middle @ 126..=65535 => {
            out.put_u8(126);
            out.put_u16(middle as u16);
        }
        long => {
            out.put_u8(127);
            out.put_u64(long as u64);
        }
    }
    out.put_slice(content);
}

/// What a client has sent.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    Ping(Bytes),
    Goodbye,
    Other,
}

/// Takes the next whole frame of a client, which is masked, out of what was read.
pub fn take_heard(read: &mut BytesMut) -> Option<Heard> {
    let (&kind, &length) = (read.first()?, read.get(1)?);
    let (length, mask) = match length & 0x7f {
        126 => (usize::from(u16::from_be_bytes(read.get(2..4)?.try_into().ok()?)), 4),
        127 => (usize::try_from(u64::from_be_bytes(read.get(2..10)?.try_into().ok()?)).ok()?, 10),
        short => (usize::from(short), 2),
    };
    let key: [u8; 4] = read.get(mask..mask + 4)?.try_into().ok()?;
    if read.len() < mask + 4 + length {
        return None;
    }
    let frame = read.split_to(mask + 4 + length);
    let content = frame[mask + 4..].iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
    Some(match kind & 0xf {
        PING => Heard::Ping(content),
        CLOSE => Heard::Goodbye,
        _ => Heard::Other,
    })
}

/// A channel as events and lists have it.
pub fn channel(number: usize, state: &str) -> serde_json::Value {
    json!({
        "id": format!("bench-{number}"),
        "name": format!("PJSIP/trunk-east-{:08x}", number + 0x1a2b),
        "state": state,
        "protocol_id": format!("3c26700a{:08x}-7d4t0bqkz1vu@10.20.30.40", number * 7919),
        "caller": {"name": "Alice Example, Example Trading, Hamburg 2009", "number": format!("+4930{:07}", 1_000_000 + number)},
        "connected": {"name": "", "number": ""},
        "accountcode": "",
        "dialplan": {
            "context": "from-trunk-east-inbound",
            "exten": format!("{}", 800_000 + number % 100),
            "priority": 3,
            "app_name": "Stasis",
            "app_data": "voice-agent,inbound,de,tenant=4711,queue=support-tier-1,recording=on,survey=off,priority=2,skill=billing",
        },
        "creationtime": "2026-11-21T21:40:03.127+0000",
        "language": "en",
    })
}

/// The ten events of a turn, which begins at this place in the stream.
fn turn(start: usize, channels: usize, application: &str) -> impl Iterator<Item = String> + use<'_> {
    let number = start / TURN % channels;
    // Made once for all ten, for the sake of who waits for the server.
    let [ring, ringing, up] = ["Ring", "Ringing", "Up"].map(|state| channel(number, state).to_string());
    (start..start + TURN).map(move |index| {
        let (name, channel, own) = match index % TURN {
            0 => ("StasisStart", &ring, json!({"args": ["inbound", "de"]})),
            4 => ("ChannelStateChange", &ringing, json!({})),
            8 => ("ChannelStateChange", &up, json!({})),
            9 => ("ChannelDtmfReceived", &up, json!({"digit": "5", "duration_ms": 120})),
            place => ("ChannelVarset", &ring, variable(place, index)),
        };
        let (second, millisecond) = (index / 1000 % 60, index % 1000);
        let own = own.to_string();
        let own = match own.trim_start_matches('{').trim_end_matches('}') {
            "" => String::new(),
            fields => format!("{fields},"),
        };
        format!(
            r#"{{"type":"{name}","timestamp":"2026-11-21T21:40:{second:02}.{millisecond:03}+0000",{own}"channel":{channel},"asterisk_id":"52:54:00:9b:3a:7f","application":"{application}"}}"#
        )
    })
}

fn variable(place: usize, index: usize) -> serde_json::Value {
    let (name, value) = match place {
        1 => ("STASISSTATUS", String::new()),
        2 => ("RTPAUDIOQOS", format!("ssrc={index};themssrc=0;lp=0;rxjitter=0.000000;rxcount=0;txjitter=0.000000;txcount=0;rlp=0;rtt=0.000000;rxmes=0.0;txmes=0.0")),
        3 => ("CALL_LANGUAGE", "de".into()),
        5 => ("BRIDGEPEER", format!("PJSIP/agent-{:08x}", index)),
        6 => ("DIALEDPEERNUMBER", format!("agent{}@10.20.30.41", index % 40)),
        _ => ("RTPAUDIOQOSLOSS", "minrxlost=0.000000;maxrxlost=0.000000;avgrxlost=0.000000;stdevrxlost=0.000000;reported_minlost=0.000000".into()),
    };
    json!({"variable": name, "value": value})
}
