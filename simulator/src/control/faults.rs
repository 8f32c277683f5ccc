//! What can go wrong, when the test wants it.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{json, Value};

use super::{nothing, parse, Nothing, Refused, Said};
use crate::expect::{patience, seconds};
use crate::faults::Fault;
use crate::shared::Shared;
use crate::world::apps::{Outgoing, Socket};

pub async fn command(shared: &Arc<Shared>, method: &str, path: &[&str], body: Value) -> Said {
    match (method, path) {
        ("GET", ["faults"]) => Ok(json!(shared.faults().0)),
        ("POST", ["faults"]) => add(shared, parse(body)?),
        ("DELETE", ["faults"]) => {
            shared.faults().0.clear();
            Ok(Value::Null)
        }
        ("POST", ["connections"]) => connections(shared, parse(body)?).await,
        ("POST", ["restart"]) => restart(shared, parse(body)?).await,
        ("POST", ["stop"]) => {
            parse::<Nothing>(body)?;
            shared.stop().await;
            Ok(Value::Null)
        }
        ("POST", ["start"]) => {
            parse::<Nothing>(body)?;
            shared.start().await;
            Ok(Value::Null)
        }
        _ => Err(nothing(method, path)),
    }
}

fn add(shared: &Shared, fault: Fault) -> Said {
    fault.check()?;
    shared.faults().0.push(fault);
    Ok(Value::Null)
}

/// What happens to connections for events.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Happening {
    /// A close frame.
    Close,
    /// The end without one.
    Drop,
    /// A RST.
    Reset,
    /// Nothing is read or written any more, and pings are not answered.
    Silence,
    /// The end of the silence; what was to be said meanwhile is lost.
    Resume,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Connections {
    #[serde(rename = "do")]
    happening: Happening,
    /// The application whose connection it is; every one without it.
    application: Option<String>,
    #[serde(default = "normal_closure")]
    code: u16,
    /// How long to wait for such a connection.
    #[serde(default = "patience")]
    within: f64,
}

fn normal_closure() -> u16 {
    1000
}

async fn connections(shared: &Shared, asked: Connections) -> Said {
    seconds(asked.within)?;
    if !(1000..5000).contains(&asked.code) {
        return Err(format!("{} is no code of a close frame; 1000 to 4999 are", asked.code).into());
    }
    let outgoing = match asked.happening {
        Happening::Close => Outgoing::Close(asked.code),
        Happening::Drop => Outgoing::Drop,
        Happening::Reset => Outgoing::Reset,
        Happening::Silence => Outgoing::Silent(true),
        Happening::Resume => Outgoing::Silent(false),
    };
    let search = || {
        let mut world = shared.world();
        let is_meant = |socket: &&Socket| asked.application.as_ref().is_none_or(|app| socket.apps.contains(app));
        let meant: Vec<_> = world.apps.sockets.values().filter(is_meant).map(|socket| socket.id).collect();
        let count = meant.into_iter().filter(|id| world.tell_socket(*id, &outgoing)).count();
        (count > 0).then_some(count)
    };
    match shared.wait_for(asked.within, search).await {
        Some(count) => Ok(json!(count)),
        None => {
            let whose = asked.application.map(|app| format!(" of {app:?}")).unwrap_or_default();
            Err(Refused::new(409, format!("there is no connection{whose}, and none came within {} s", asked.within)))
        }
    }
}

/// Real seconds that each stage of a restart takes.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Restart {
    /// Connections are refused.
    down: f64,
    /// 404 in HTML, for everything.
    loading: f64,
    /// 503, as long as Asterisk is not fully booted.
    booting: f64,
    /// Whether to wait until it is up again.
    wait: bool,
}

impl Default for Restart {
    fn default() -> Self {
        Restart { down: 0.2, loading: 0.1, booting: 0.2, wait: true }
    }
}

async fn restart(shared: &Arc<Shared>, asked: Restart) -> Said {
    let stage = |length: f64| seconds(length).map_err(Refused::from);
    let (down, loading, booting): (Duration, _, _) = (stage(asked.down)?, stage(asked.loading)?, stage(asked.booting)?);
    let shared = shared.clone();
    let going = tokio::spawn(async move { shared.restart(down, loading, booting).await });
    if asked.wait {
        let _ = going.await;
    }
    Ok(Value::Null)
}
