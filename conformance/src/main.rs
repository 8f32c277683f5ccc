use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use ari_conformance::{Server, Tally};
use clap::{Parser, Subcommand};

/// The scripted server of the conformance table.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the cases until standard input closes.
    Serve(Resources),
    /// Read the cases, say what is wrong with them, and count them.
    Check(Resources),
    /// Serve the cases to a command that runs all surfaces, and say what each has shown.
    Run {
        #[command(flatten)]
        resources: Resources,
        /// Finds the server's URL in ARI_CONFORMANCE.
        #[arg(last = true, required = true)]
        command: Vec<String>,
    },
}

#[derive(clap::Args)]
struct Resources {
    /// Folder of the case files.
    #[arg(long, default_value = "test_resources/conformance")]
    resources: PathBuf,
}

#[tokio::main]
async fn main() -> ExitCode {
    let command = Arguments::parse().command;
    let (Command::Serve(place) | Command::Check(place) | Command::Run { resources: place, .. }) = &command;
    let server = match Server::start(&place.resources).await {
        Ok(server) => server,
        Err(why) => {
            eprintln!("ari-conformance: {why}");
            return ExitCode::FAILURE;
        }
    };
    match command {
        Command::Check(_) => {
            for (kind, count) in server.counts() {
                println!("{count:5} {}", kind.as_str());
            }
            ExitCode::SUCCESS
        }
        Command::Serve(_) => {
            // One line, for the program that started this one.
            println!("{{\"url\":\"{}\"}}", server.url());
            let _ = std::io::stdout().flush();
            // Whoever started it may die without a word; then standard input closes, and no orphan stays.
            let closed = tokio::task::spawn_blocking(|| {
                let mut ignored = [0; 1024];
                while matches!(std::io::stdin().lock().read(&mut ignored), Ok(count) if count > 0) {}
            });
            let _ = closed.await;
            ExitCode::SUCCESS
        }
        Command::Run { command, .. } => {
            let (program, arguments) = command.split_first().expect("clap has seen to it");
            let mut runners = std::process::Command::new(program);
            runners.args(arguments).env("ARI_CONFORMANCE", server.url());
            let ended = tokio::task::spawn_blocking(move || runners.status()).await;
            let went_well = match ended {
                Ok(Ok(status)) => status.success(),
                Ok(Err(why)) => {
                    eprintln!("ari-conformance: {program}: {why}");
                    false
                }
                Err(_) => false,
            };
            match say(&server.tally()) && went_well {
                true => ExitCode::SUCCESS,
                false => ExitCode::FAILURE,
            }
        }
    }
}

/// A line for each surface, and what is open after it. True when nothing is.
fn say(tally: &Tally) -> bool {
    let mut complete = true;
    for surface in tally.surfaces() {
        println!("{}", tally.line(surface));
        let (failed, missing) = tally.open(surface);
        for (what, ids) in [("failed", failed), ("not run", missing)] {
            let further = ids.len().saturating_sub(20);
            ids.iter().take(20).for_each(|id| println!("  {what}: {id}"));
            if further > 0 {
                println!("  {what}: {further} more");
            }
        }
        complete &= tally.is_complete(surface);
    }
    complete
}
