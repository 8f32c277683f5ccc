//! A real Asterisk of the test's own, by `scripts/asterisk/asterisk.py`, or the one that ARI_URL names.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use ari_core::Options;
use serde_json::Value;

pub struct Asterisk {
    url: String,
    username: String,
    password: String,
    own: Option<Own>,
}

struct Own {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Asterisk {
    /// The server that ARI_URL names, or one that lives as long as this value.
    pub fn any() -> Self {
        match std::env::var("ARI_URL") {
            Ok(url) => {
                let variable = |name: &str, default: &str| std::env::var(name).unwrap_or(default.to_string());
                Asterisk {
                    url,
                    username: variable("ARI_USERNAME", "hey"),
                    password: variable("ARI_PASSWORD", "peekaboo"),
                    own: None,
                }
            }
            Err(_) => Asterisk::own(),
        }
    }

    /// One of the test's own, which it may kill.
    pub fn own() -> Self {
        // Other crates' tests have this file, too, in other depths.
        let folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
        let mut scripts = folders.map(|folder| folder.join("scripts/asterisk/asterisk.py"));
        let script = scripts.find(|script| script.exists()).expect("the repository's scripts");
        let mut child = Command::new("python3")
            .arg(script)
            .args(["up", "--ephemeral"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 runs");
        let stdin = child.stdin.take().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let facts: Value =
            serde_json::from_str(&line).expect("the script says where Asterisk is; its stderr says why not");
        let text = |name: &str| facts[name].as_str().unwrap().to_string();
        Asterisk {
            url: text("url"),
            username: text("username"),
            password: text("password"),
            own: Some(Own { child, stdin, stdout }),
        }
    }

    #[allow(dead_code)] // Not every test file needs it.
    pub fn options(&self) -> Options {
        Options::new(&self.url, &self.username, &self.password).unwrap()
    }

    /// Where it is, as the environment says it to programs.
    #[allow(dead_code)]
    pub fn variables(&self) -> [(&'static str, &str); 3] {
        [("ARI_URL", &self.url), ("ARI_USERNAME", &self.username), ("ARI_PASSWORD", &self.password)]
    }

    /// A command of the script: kill, start, stop, restart, freeze, thaw.
    #[allow(dead_code)] // Not every test file needs it.
    pub fn control(&mut self, command: &str) {
        let own = self.own.as_mut().expect("an Asterisk of one's own");
        writeln!(own.stdin, "{command}").unwrap();
        let mut line = String::new();
        own.stdout.read_line(&mut line).unwrap();
        let answer: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(answer["ok"], true, "{command}: {line}");
    }
}

impl Drop for Asterisk {
    fn drop(&mut self) {
        if let Some(own) = self.own.take() {
            let Own { mut child, stdin, .. } = own;
            // The end of its stdin is its order to end.
            drop(stdin);
            let _ = child.wait();
        }
    }
}
