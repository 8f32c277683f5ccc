//! What a case may say, so that a mistake in a file is found at start-up and not by a runner that cannot explain it.

use base64::prelude::{Engine as _, BASE64_STANDARD};
use serde_json::Value;

use crate::case::{Action, At, Case, End, ErrorSpec, Expected, Fault, Handler, Kind, Response, Step};

/// The request by which clients learn the server's version; the server answers it by itself.
pub const PROBE: &str = "/asterisk/info?only=system";

const DELIVERIES: [&str; 3] = ["not sent", "rejected", "outcome unknown"];

type Check = Result<(), String>;

fn ensure(holds: bool, reason: impl Into<String>) -> Check {
    if holds {
        Ok(())
    } else {
        Err(reason.into())
    }
}

pub fn validate(case: &Case) -> Check {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let segment =
        |part: &str| part.chars().all(plain) && !part.chars().all(|c| c == '.') && part != "ari" && !part.is_empty();
    ensure(
        case.id.split('/').all(segment),
        "\"id\" is part of a URL: letters, digits, \"-\", \"_\" and \".\", and \"/\" between such parts (none of them \"ari\")",
    )?;
    ensure(
        case.requests.len() == case.responses.len() || case.kind == Kind::Upgrade,
        format!("{} requests but {} responses", case.requests.len(), case.responses.len()),
    )?;
    case.requests.iter().try_for_each(expected)?;
    case.responses.iter().try_for_each(response)?;
    case.probe.iter().try_for_each(response)?;
    if let Some(object) = &case.object {
        let class = |value: &Value| value.as_str().is_some_and(|class| !class.is_empty());
        let list = object.as_array().is_some_and(|list| list.iter().all(class));
        ensure(class(object) || list, "\"object\" is a class or a list of classes")?;
    }
    fields_of_kind(case)?;
    match case.kind {
        Kind::Events => events(case),
        Kind::Upgrade => {
            let handshake = case.requests.len() == 1 && case.requests[0].method == "GET" && case.responses.is_empty();
            ensure(handshake, "a case of kind \"upgrade\" has one request, the handshake, and no response")
        }
        _ => result(case),
    }
}

fn fields_of_kind(case: &Case) -> Check {
    let events = case.kind == Kind::Events;
    let given = [
        ("call", case.call.is_some(), matches!(case.kind, Kind::Call | Kind::Upgrade)),
        ("request", case.request.is_some(), case.kind == Kind::Request),
        ("result", case.result.is_some(), !case.kind.is_scripted()),
        ("apps", !case.apps.is_empty(), events),
    ];
    for (field, is, should) in given {
        if is != should {
            let verb = if should { "needs" } else { "cannot have" };
            return Err(format!("a case of kind {:?} {verb} {field:?}", case.kind.as_str()));
        }
    }
    let only_events = [
        ("subscribe_all", case.subscribe_all),
        ("handlers", !case.handlers.is_empty()),
        ("frames", !case.frames.is_empty()),
        ("close", case.close.is_some()),
        ("script", !case.script.is_empty()),
        ("expect", !case.expect.is_empty()),
        ("end", case.end.is_some()),
    ];
    for (field, is) in only_events {
        ensure(events || !is, format!("only a case of kind \"events\" can have {field:?}"))?;
    }
    ensure(!case.kind.is_scripted() || case.object.is_none(), "only a case with a \"result\" can have \"object\"")
}

fn expected(request: &Expected) -> Check {
    ensure(
        request.target.starts_with('/'),
        format!("target {:?} must start with \"/\": it is the part below /ari", request.target),
    )?;
    ensure(
        !(request.method == "GET" && request.target == PROBE),
        format!("{PROBE} cannot be an expected request: the server answers it by itself"),
    )?;
    ensure(request.body.is_none() || request.body_text.is_none(), "a request has \"body\" or \"body_text\", not both")
}

fn response(response: &Response) -> Check {
    let bodies = [response.json.is_some(), response.text.is_some(), response.base64.is_some()];
    let bodies = bodies.iter().filter(|given| **given).count();
    ensure(bodies <= 1, "a response has one of \"json\", \"text\" and \"base64\"")?;
    if let Some(encoded) = &response.base64 {
        decodes(encoded)?;
    }
    if response.raw.is_some() {
        ensure(
            response.status.is_none() && bodies == 0 && response.fault.is_none() && response.headers.is_empty(),
            "\"raw\" is the whole response",
        )?;
        return Ok(());
    }
    match (response.fault, response.at) {
        (None, None) => {}
        (None, Some(_)) => return Err("\"at\" needs a \"fault\"".into()),
        (Some(Fault::Truncate), Some(_)) => return Err("\"truncate\" is at the body already".into()),
        (Some(_), None | Some(At::Start)) if response.fault != Some(Fault::Truncate) => {
            return ensure(
                response.status.is_none() && bodies == 0,
                "a fault before the answer needs no status and no body (\"at\" says where it happens)",
            );
        }
        (Some(_), Some(At::Head)) => {}
        (Some(_), _) => ensure(bodies == 1, "a fault in the body needs a body")?,
    }
    match response.status {
        Some(100..=999) => Ok(()),
        Some(status) => Err(format!("{status} is no HTTP status")),
        None => Err("a response needs a \"status\"".into()),
    }
}

fn decodes(encoded: &str) -> Check {
    BASE64_STANDARD.decode(encoded).map(drop).map_err(|why| format!("bad base64: {why}"))
}

fn result(case: &Case) -> Check {
    let Some(result) = &case.result else { return Ok(()) };
    let kinds = [result.json.is_some(), result.nothing, result.base64.is_some(), result.error.is_some()];
    ensure(
        kinds.iter().filter(|given| **given).count() == 1,
        "\"result\" has exactly one of \"json\", \"nothing\", \"base64\" and \"error\"",
    )?;
    if let Some(encoded) = &result.base64 {
        decodes(encoded)?;
    }
    result.error.iter().try_for_each(error)
}

fn error(error: &ErrorSpec) -> Check {
    ensure(error.class.ends_with("Exception"), format!("{:?} is no class of the errors", error.class))?;
    match error.delivery.as_deref() {
        Some(delivery) if !DELIVERIES.contains(&delivery) => {
            Err(format!("delivery {delivery:?} is none of {}", DELIVERIES.join(", ")))
        }
        _ => Ok(()),
    }
}

fn events(case: &Case) -> Check {
    ensure(
        case.script.is_empty() || (case.frames.is_empty() && case.close.is_none()),
        "\"script\" says it all: \"frames\" and \"close\" are for cases without one",
    )?;
    let mut connected = false;
    for (index, step) in case.script.iter().enumerate() {
        let needs_connection = match step {
            Step::Accept(_) => {
                connected = true;
                false
            }
            Step::Refuse(refusal) => {
                response(refusal)?;
                connected = false;
                false
            }
            Step::Close(_) | Step::Drop(_) => !std::mem::take(&mut connected),
            Step::WaitRequests(_) | Step::Pause(_) | Step::WaitHeld(_) | Step::Release(_) => false,
            _ => !connected,
        };
        ensure(!needs_connection, format!("step {} of the script has no connection", index + 1))?;
        if let Step::Drop(fault) = step {
            ensure(
                matches!(fault, Fault::Reset | Fault::Close),
                "\"drop\" is \"reset\" or \"close\" (for silence there is a step \"silence\")",
            )?;
        }
    }
    if !case.script.is_empty() {
        let first = matches!(case.script[0], Step::Accept(_) | Step::Refuse(_));
        ensure(first, "a script starts with \"accept\" or \"refuse\"")?;
    }
    let mut names = Vec::new();
    case.handlers.iter().for_each(|handler| collect_names(handler, &mut names));
    let mut top: Vec<_> = case.handlers.iter().map(|handler| &handler.name).collect();
    top.sort();
    ensure(top.windows(2).all(|pair| pair[0] != pair[1]), "two handlers have the same name")?;
    let same_as = case.handlers.iter().filter_map(|handler| handler.same_as.as_deref());
    for other in same_as {
        ensure(names.contains(&other), format!("there is no handler {other:?} to be the same as"))?;
    }
    let releases = case.script.iter().any(|step| matches!(step, Step::Release(_)));
    let holds = case.responses.iter().any(|response| response.hold)
        || case.handlers.iter().flat_map(|handler| &handler.does).any(|action| matches!(action, Action::Hold(_)));
    ensure(holds == releases, "what holds needs a step \"release\", and the step something that holds")?;
    for handled in &case.expect {
        ensure(
            names.contains(&handled.handler.as_str()),
            format!("\"expect\" names a handler {:?} that is not there", handled.handler),
        )?;
    }
    match &case.end {
        Some(End::Error(spec)) => error(spec),
        _ => Ok(()),
    }
}

fn collect_names<'a>(handler: &'a Handler, names: &mut Vec<&'a str>) {
    if handler.same_as.is_none() {
        names.push(&handler.name);
    }
    for action in &handler.does {
        if let Action::Add(added) = action {
            collect_names(added, names);
        }
    }
}
