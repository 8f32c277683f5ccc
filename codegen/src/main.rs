//! The command line of the generator.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use ari_codegen::declarations::Declarations;
use ari_codegen::error::{Error, Result};
use ari_codegen::generate::Job;
use ari_codegen::source::{Credentials, Documents};
use ari_codegen::{api, diff, fetch, starter};

/// Generates the surfaces of the Asterisk REST Libraries from Asterisk's Swagger documents.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
struct Arguments {
    /// Root of the repository [default: found from the current folder upwards]
    #[arg(long, global = true, value_name = "DIR")]
    root: Option<PathBuf>,
    /// Folder with one folder of templates per language [default: templates in the root]
    #[arg(long, global = true, value_name = "DIR")]
    templates: Option<PathBuf>,
    #[command(flatten)]
    credentials: CredentialArguments,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args)]
struct CredentialArguments {
    /// User of the Asterisk whose URL is given
    #[arg(long, global = true, env = "ARI_USERNAME", hide_env_values = true)]
    username: Option<String>,
    /// Password of that user
    #[arg(long, global = true, env = "ARI_PASSWORD", hide_env_values = true)]
    password: Option<String>,
}

#[derive(Subcommand)]
enum Command {
    /// Write the generated files of every language
    Generate {
        /// Write nothing; fail if a file is missing, differs or is stale
        #[arg(long)]
        check: bool,
        /// This language only; may be given several times
        #[arg(long, value_name = "NAME")]
        language: Vec<String>,
        /// Folder of Swagger documents, or the URL of a running Asterisk [default: test_resources/asterisk]
        #[arg(long, value_name = "DIR|URL")]
        resources: Option<String>,
        /// Write to DIR/LANGUAGE/generated and leave the repository alone
        #[arg(long, value_name = "DIR")]
        output: Option<PathBuf>,
    },
    /// Print what the templates of a language are given, as JSON
    Context {
        #[arg(long, value_name = "NAME")]
        language: String,
        /// Folder of Swagger documents, or the URL of a running Asterisk [default: test_resources/asterisk]
        #[arg(long, value_name = "DIR|URL")]
        resources: Option<String>,
    },
    /// Bring in the documents of a running Asterisk and keep the descriptions that are there
    Fetch {
        /// Address of the Asterisk
        #[arg(value_name = "URL")]
        from: String,
        /// Folder of the documents
        #[arg(value_name = "DIR")]
        to: PathBuf,
        /// Leave new descriptions empty instead of taking the server's, and list them
        #[arg(long)]
        without_descriptions: bool,
    },
    /// Compare the facts of two descriptions of the API; exit code 0: the same, 1: different
    Diff {
        /// Folder or URL
        old: String,
        /// Folder or URL
        new: String,
    },
    /// Begin the templates of a language: a folder that renders everything at once
    NewLanguage { name: String },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("ari-codegen: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: Arguments) -> Result<ExitCode> {
    let credentials =
        Credentials { username: arguments.credentials.username, password: arguments.credentials.password };
    let place = Place { root: arguments.root, templates: arguments.templates };
    match arguments.command {
        Command::Generate { check, language, resources, output } => {
            let mut job = place.job(resources, credentials)?;
            job.languages = language;
            job.output = output;
            generate(&job, check)
        }
        Command::Context { language, resources } => {
            let context = place.job(resources, credentials)?.context(&language)?;
            let text = serde_json::to_string_pretty(&context).map_err(|error| Error::new(error.to_string()))?;
            show(&format!("{text}\n"));
            Ok(ExitCode::SUCCESS)
        }
        Command::Fetch { from, to, without_descriptions } => {
            let documents = Documents::load(&from, &credentials)?;
            let fetched = fetch::fetch(&documents, &to, without_descriptions)?;
            fetched.plan.carry_out()?;
            for path in fetched.plan.changed.keys() {
                println!("wrote {}", path.display());
            }
            for slot in &fetched.empty {
                println!("no description: {slot}");
            }
            println!(
                "{} written, {} unchanged, {} without a description",
                fetched.plan.changed.len(),
                fetched.plan.unchanged,
                fetched.empty.len()
            );
            Ok(ExitCode::SUCCESS)
        }
        Command::Diff { old, new } => {
            let declarations = Declarations::embedded()?;
            let load = |place: &str| api::build(&Documents::load(place, &credentials)?.parse()?, &declarations);
            let report = diff::diff(&load(&old)?, &load(&new)?);
            show(&report.to_string());
            Ok(if report.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Command::NewLanguage { name } => {
            let templates = place.templates()?;
            let folder = starter::create(&templates, &name)?;
            println!("{} is there; `ari-codegen generate --language {name}` renders it already", folder.display());
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn generate(job: &Job, check: bool) -> Result<ExitCode> {
    let plan = job.plan()?;
    let here = std::env::current_dir().unwrap_or_default();
    let shown = |path: &Path| path.strip_prefix(&here).unwrap_or(path).display().to_string();
    if check {
        for path in plan.changed.keys() {
            let problem = if path.exists() { "differs" } else { "is missing" };
            eprintln!("{} {problem}", shown(path));
        }
        for path in &plan.stale {
            eprintln!("{} is stale", shown(path));
        }
        if plan.is_empty() {
            println!("{} generated files are up to date", plan.unchanged);
            return Ok(ExitCode::SUCCESS);
        }
        eprintln!("generated files are not up to date; `make generate` writes them");
        return Ok(ExitCode::FAILURE);
    }
    plan.carry_out()?;
    for path in plan.changed.keys() {
        println!("wrote {}", shown(path));
    }
    for path in &plan.stale {
        println!("removed {}", shown(path));
    }
    println!("{} written, {} removed, {} unchanged", plan.changed.len(), plan.stale.len(), plan.unchanged);
    Ok(ExitCode::SUCCESS)
}

/// The folders the command line may name.
struct Place {
    root: Option<PathBuf>,
    templates: Option<PathBuf>,
}

impl Place {
    fn root(&self) -> Result<PathBuf> {
        match &self.root {
            Some(root) => Ok(root.clone()),
            None => find_root(),
        }
    }

    fn templates(&self) -> Result<PathBuf> {
        match &self.templates {
            Some(templates) => Ok(templates.clone()),
            None => Ok(self.root()?.join("templates")),
        }
    }

    fn job(&self, resources: Option<String>, credentials: Credentials) -> Result<Job> {
        let root = self.root()?;
        let templates = self.templates()?;
        let resources = resources.unwrap_or_else(|| root.join("test_resources").join("asterisk").display().to_string());
        Ok(Job { root, templates, resources, credentials, languages: Vec::new(), output: None })
    }
}

/// The repository this is run in: the nearest folder upwards that holds the generator.
fn find_root() -> Result<PathBuf> {
    let here = std::env::current_dir().map_err(|error| Error::new(error.to_string()))?;
    here.ancestors()
        .find(|folder| folder.join("codegen").join("declarations").is_dir())
        .map(Path::to_path_buf)
        .ok_or_else(|| Error::new("not inside the repository of the Asterisk REST Libraries; --root says where it is"))
}

/// Long output is read by `head` and `less`, which go away when they have enough: that is no error.
fn show(text: &str) {
    use std::io::Write;
    let _ = std::io::stdout().write_all(text.as_bytes());
}
