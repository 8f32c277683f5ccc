//! What a line asks of the world.

use super::substitute::split;

/// An application that takes time or is seen from outside. Times that a line does not give are `None`; what Asterisk then
/// does is the world's business.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    Answer {
        delay_ms: u64,
    },
    Ringing,
    Progress,
    Proceeding,
    Busy {
        seconds: Option<f64>,
    },
    Congestion {
        seconds: Option<f64>,
    },
    Wait {
        seconds: f64,
    },
    WaitExten {
        seconds: Option<f64>,
    },
    Playback {
        files: Vec<String>,
        options: String,
    },
    Background {
        files: Vec<String>,
        options: String,
    },
    /// `SayDigits(12)` and its like; the scheme is that of ARI's media: `digits`, `number`, `characters`, `phonetic`.
    Say {
        scheme: &'static str,
        text: String,
    },
    SendDtmf {
        digits: String,
        between_ms: u64,
        each_ms: u64,
        channel: Option<String>,
    },
    Stasis {
        app: String,
        args: Vec<String>,
    },
    /// All arguments as the line has them.
    StasisBroadcast {
        arguments: Vec<String>,
    },
    Hangup {
        cause: Option<u32>,
    },
    Echo,
    Milliwatt,
    MusicOnHold {
        class: String,
        seconds: Option<f64>,
    },
    StartMusicOnHold {
        class: String,
    },
    StopMusicOnHold,
    Read {
        variable: String,
        files: Vec<String>,
        max_digits: u32,
        options: String,
        attempts: u32,
        seconds: Option<f64>,
    },
    Record {
        file: String,
        silence: Option<f64>,
        max_seconds: Option<f64>,
        options: String,
    },
    Dial {
        targets: Vec<String>,
        seconds: Option<f64>,
        options: String,
    },
    UserEvent {
        name: String,
        headers: Vec<(String, String)>,
    },
}

/// The action of an application, if it is one; its name counts in any case.
pub fn action(application: &str, data: &str) -> Option<Action> {
    let arguments = split(data, ',');
    let argument = |index: usize| arguments.get(index).map_or("", |text| text.trim());
    let text = |index: usize| argument(index).to_string();
    let seconds = |index: usize| argument(index).parse::<f64>().ok().filter(|seconds| *seconds >= 0.0);
    let files = |index: usize| argument(index).split('&').filter(|file| !file.is_empty()).map(String::from).collect();
    let say = |scheme| Action::Say { scheme, text: text(0) };
    Some(match application.to_ascii_lowercase().as_str() {
        "answer" => Action::Answer { delay_ms: number(argument(0)).unwrap_or(0) },
        "ringing" => Action::Ringing,
        "progress" => Action::Progress,
        "proceeding" => Action::Proceeding,
        "busy" => Action::Busy { seconds: seconds(0).filter(|seconds| *seconds > 0.0) },
        "congestion" => Action::Congestion { seconds: seconds(0).filter(|seconds| *seconds > 0.0) },
        "wait" => Action::Wait { seconds: seconds(0).unwrap_or(0.0) },
        "waitexten" => Action::WaitExten { seconds: seconds(0).filter(|seconds| *seconds > 0.0) },
        "playback" => Action::Playback { files: files(0), options: text(1) },
        "background" => Action::Background { files: files(0), options: text(1) },
        "saydigits" => say("digits"),
        "saynumber" => say("number"),
        "sayalpha" => say("characters"),
        "sayphonetic" => say("phonetic"),
        "senddtmf" => Action::SendDtmf {
            digits: text(0),
            between_ms: number(argument(1)).unwrap_or(250),
            each_ms: number(argument(2)).unwrap_or(100),
            channel: Some(text(3)).filter(|channel| !channel.is_empty()),
        },
        "stasis" => Action::Stasis {
            app: text(0),
            args: arguments.iter().skip(1).map(|argument| argument.trim().into()).collect(),
        },
        "stasisbroadcast" => {
            Action::StasisBroadcast { arguments: arguments.iter().map(|argument| argument.trim().into()).collect() }
        }
        "hangup" => Action::Hangup { cause: number(argument(0)).and_then(|cause| u32::try_from(cause).ok()) },
        "echo" => Action::Echo,
        "milliwatt" => Action::Milliwatt,
        "musiconhold" => Action::MusicOnHold { class: text(0), seconds: seconds(1).filter(|seconds| *seconds > 0.0) },
        "startmusiconhold" => Action::StartMusicOnHold { class: text(0) },
        "stopmusiconhold" => Action::StopMusicOnHold,
        "read" => Action::Read {
            variable: text(0),
            files: files(1),
            max_digits: number(argument(2)).and_then(|digits| u32::try_from(digits).ok()).unwrap_or(0),
            options: text(3),
            attempts: number(argument(4)).and_then(|attempts| u32::try_from(attempts).ok()).unwrap_or(0).max(1),
            seconds: seconds(5).filter(|seconds| *seconds > 0.0),
        },
        "record" => Action::Record {
            file: text(0),
            silence: seconds(1).filter(|seconds| *seconds > 0.0),
            max_seconds: seconds(2).filter(|seconds| *seconds > 0.0),
            options: text(3),
        },
        "dial" => {
            Action::Dial { targets: files(0), seconds: seconds(1).filter(|seconds| *seconds > 0.0), options: text(2) }
        }
        "userevent" => Action::UserEvent {
            name: text(0),
            headers: arguments.iter().skip(1).filter_map(|header| header.split_once(':')).map(header).collect(),
        },
        _ => return None,
    })
}

fn header((name, value): (&str, &str)) -> (String, String) {
    (name.trim().into(), value.trim().into())
}

/// Leading digits, as C's `atoi` reads them.
fn number(text: &str) -> Option<u64> {
    let end = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    text[..end].parse().ok()
}
