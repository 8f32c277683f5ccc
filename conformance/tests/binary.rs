//! The program as a runner starts it.

mod support;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use support::Folder;

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_ari-conformance"))
}

#[test]
fn it_says_where_it_is_and_ends_with_its_standard_input() {
    let folder = Folder::with(r#"[{"id": "c", "kind": "connect", "server": "closed", "result": {"nothing": true}}]"#);
    let mut serving = program()
        .args(["serve", "--resources"])
        .arg(&folder.0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut output = BufReader::new(serving.stdout.take().unwrap());
    output.read_line(&mut line).unwrap();
    let said: serde_json::Value = serde_json::from_str(&line).unwrap();
    let address = said["url"].as_str().unwrap().trim_start_matches("http://").to_owned();
    std::net::TcpStream::connect(&address).unwrap();
    drop(serving.stdin.take());
    let patience = Instant::now() + Duration::from_secs(10);
    let status = loop {
        match serving.try_wait().unwrap() {
            Some(status) => break status,
            None if Instant::now() > patience => {
                serving.kill().unwrap();
                panic!("it goes on without standard input");
            }
            None => std::thread::sleep(Duration::from_millis(10)),
        }
    };
    assert!(status.success());
}

#[test]
fn it_refuses_bad_cases_with_their_place() {
    let folder = Folder::with(r#"[{"id": "broken", "kind": "call"}]"#);
    for command in ["serve", "check"] {
        let output = program().args([command, "--resources"]).arg(&folder.0).stdin(Stdio::null()).output().unwrap();
        assert!(!output.status.success());
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains("cases.json: case \"broken\": "), "{text}");
    }
}

#[test]
fn the_cases_of_this_repository_are_good() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../test_resources/conformance");
    let output = program().args(["check", "--resources", folder]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8(output.stdout).unwrap().contains(" call\n"));
}

/// Connects as the runner of every surface does, or of all but one.
fn run(surfaces: &[&str], outcome: &str) -> (bool, String) {
    let folder = Folder::with(r#"[{"id": "c", "kind": "connect", "server": "closed", "result": {"nothing": true}}]"#);
    let length = outcome.len();
    let post = |surface: &&str| {
        format!(
            "exec 3<>\"/dev/tcp/127.0.0.1/${{ARI_CONFORMANCE##*:}}\"\n\
             printf 'POST /verdict/c?surface={surface} HTTP/1.1\\r\\nContent-Length: {length}\\r\\n\\r\\n{outcome}' >&3\nread -r _ <&3\n"
        )
    };
    let script: String = surfaces.iter().map(post).collect();
    let output = program()
        .args(["run", "--resources"])
        .arg(&folder.0)
        .args(["--", "bash", "-c", &script])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    (output.status.success(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn every_surface_has_to_pass_every_case() {
    let (complete, said) = run(&ari_conformance::SURFACES, r#"{"nothing":true}"#);
    assert!(complete, "{said}");
    assert!(said.contains("conformance: python 1 of 1\n") && !said.contains("not run"), "{said}");
    let (complete, said) = run(&ari_conformance::SURFACES[1..], r#"{"nothing":true}"#);
    assert!(!complete);
    assert!(said.contains("conformance: rust 0 of 1\n  not run: c\n"), "{said}");
    let (complete, said) = run(&ari_conformance::SURFACES, r#"{"json":1}"#);
    assert!(!complete);
    assert!(said.contains("conformance: perl 0 of 1\n  failed: c\n"), "{said}");
}
