//! `ari-simulator`: an Asterisk REST Interface to test against, as a program.

use std::io::{self, Read, Write};
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use ari_simulator::{OnCall, Options, Phone, Simulator};
use clap::Parser;
use serde_json::json;

/// An Asterisk REST Interface to test against: calls, bridges, media and events, without an Asterisk.
///
/// Prints where it is as one line of JSON when it listens, and runs until it is interrupted.
#[derive(Parser)]
#[command(name = "ari-simulator", version)]
struct Arguments {
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1")]
    host: IpAddr,
    /// Port of ARI; 0 takes a free one.
    #[arg(long, default_value_t = 8088)]
    port: u16,
    /// Port of the control interface; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    control_port: u16,
    #[arg(long, env = "ARI_USERNAME", default_value = "hey")]
    username: String,
    #[arg(long, env = "ARI_PASSWORD", default_value = "peekaboo", hide_env_values = true)]
    password: String,
    /// Seconds of telephony that pass in one second.
    #[arg(long, default_value_t = 1.0)]
    speed: f64,
    /// An extensions.conf; by default the one that the repository's examples use.
    #[arg(long, value_name = "FILE")]
    dialplan: Option<PathBuf>,
    /// A telephone, such as PJSIP/alice, or PJSIP/bob=answer (ring, answer, busy, decline, silent); may be repeated.
    #[arg(long = "phone", value_name = "PHONE", value_parser = phone)]
    phones: Vec<(String, Phone)>,
    /// A sound that exists, such as my/menu=2.5 (seconds); * for every name; may be repeated.
    #[arg(long = "sound", value_name = "SOUND", value_parser = sound)]
    sounds: Vec<(String, f64)>,
    /// Ends when its standard input does, as a child of a test should.
    #[arg(long)]
    until_eof: bool,
}

fn phone(text: &str) -> Result<(String, Phone), String> {
    let (name, does) = text.split_once('=').unwrap_or((text, "ring"));
    let on_call: OnCall = serde_json::from_value(json!(does)).map_err(|why| why.to_string())?;
    Ok((name.to_owned(), Phone { on_call, ..Phone::default() }))
}

fn sound(text: &str) -> Result<(String, f64), String> {
    let (name, seconds) = text.split_once('=').unwrap_or((text, "1"));
    Ok((name.to_owned(), seconds.parse().map_err(|_| format!("{seconds:?} is no number of seconds"))?))
}

impl Arguments {
    fn options(self) -> Result<Options, String> {
        let dialplan = match &self.dialplan {
            Some(file) => Some(std::fs::read_to_string(file).map_err(|why| format!("{}: {why}", file.display()))?),
            None => None,
        };
        let mut options = Options {
            host: self.host,
            port: self.port,
            control_port: self.control_port,
            username: self.username,
            password: self.password,
            speed: self.speed,
            dialplan,
            ..Options::default()
        };
        options.phones.extend(self.phones);
        options.sounds.extend(self.sounds);
        Ok(options)
    }
}

fn run(arguments: Arguments) -> Result<(), String> {
    let until_eof = arguments.until_eof;
    let simulator = Simulator::start(arguments.options()?)?;
    writeln!(io::stdout(), "{}", simulator.facts()).map_err(|why| format!("nobody hears where it is: {why}"))?;
    if until_eof {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        return Ok(());
    }
    loop {
        std::thread::park();
    }
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("ari-simulator: {why}");
            ExitCode::FAILURE
        }
    }
}
