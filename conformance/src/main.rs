use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use ari_conformance::Server;
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
}

#[derive(clap::Args)]
struct Resources {
    /// Folder of the case files.
    #[arg(long, default_value = "test_resources/conformance")]
    resources: PathBuf,
}

#[tokio::main]
async fn main() -> ExitCode {
    let (resources, serve) = match Arguments::parse().command {
        Command::Serve(arguments) => (arguments.resources, true),
        Command::Check(arguments) => (arguments.resources, false),
    };
    let server = match Server::start(&resources).await {
        Ok(server) => server,
        Err(why) => {
            eprintln!("ari-conformance: {why}");
            return ExitCode::FAILURE;
        }
    };
    if !serve {
        for (kind, count) in server.counts() {
            println!("{count:5} {}", kind.as_str());
        }
        return ExitCode::SUCCESS;
    }
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
