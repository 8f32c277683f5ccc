//! Programs in C, built as anybody would build them, on a real Asterisk.

#[path = "../../../core/tests/support/mod.rs"]
mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use support::Asterisk;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// Builds a program with the static library; `flags` are for the compiler.
fn build(source: &str, flags: &[&str]) -> PathBuf {
    let built = Command::new(env!("CARGO")).args(["build", "--quiet", "--package", "ari-c"]).current_dir(ROOT).status();
    assert!(built.unwrap().success());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let program = folder.join(Path::new(source).file_stem().unwrap());
    let mut compiler = Command::new("cc");
    compiler
        .args(["-std=c99", "-D_POSIX_C_SOURCE=200809L", "-Wall", "-Wextra", "-Werror", "-pedantic", "-g"])
        .args(flags);
    compiler.arg("-I").arg(Path::new(ROOT).join("bindings/c/include")).arg(Path::new(ROOT).join(source));
    compiler.arg(folder.join("../debug/libari.a")).args(["-lpthread", "-ldl", "-lm", "-o"]).arg(&program);
    let output = compiler.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    program
}

fn run(program: &Path, asterisk: &Asterisk) -> Output {
    let mut command = Command::new(program);
    for (name, value) in asterisk.variables() {
        command.env(name, value);
    }
    command.output().unwrap()
}

fn story(output: &Output) -> String {
    let (told, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}: {told}\n{said}", output.status);
    assert_eq!(said, "");
    told.into_owned()
}

#[test]
fn every_function_under_the_address_sanitizer() {
    let asterisk = Asterisk::any();
    let program =
        build("bindings/c/tests/end_to_end.c", &["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]);
    assert_eq!(story(&run(&program, &asterisk)), "c: every function\n");
}

#[test]
fn the_example_greets() {
    let asterisk = Asterisk::any();
    let program = build("examples/c/hello.c", &[]);
    assert_eq!(story(&run(&program, &asterisk)), "StasisStart\nPlaybackFinished\nStasisEnd\nbye\n");
}
