//! The server of the benchmark.

use std::error::Error;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use ari_bench::serve;
use clap::{Parser, Subcommand};

/// Sends events faster than any client takes them, and answers calls.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve on a free port of this machine, which is said in one line of JSON, until standard input closes.
    Serve {
        /// Folder of the Swagger documents, which some clients read first.
        #[arg(long, default_value = "test_resources/asterisk")]
        resources: PathBuf,
    },
}

/// One thread: the other core is for the client.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Command::Serve { resources } = Arguments::parse().command;
    match run(resources).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("ari-bench: {reason}");
            ExitCode::FAILURE
        }
    }
}

async fn run(resources: PathBuf) -> Result<(), Box<dyn Error>> {
    let address = serve(resources).await?;
    println!("{}", serde_json::json!({"url": format!("http://{address}")}));
    std::io::stdout().flush()?;
    let (closed, end) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        let _ = closed.send(());
    });
    let _ = end.await;
    Ok(())
}
