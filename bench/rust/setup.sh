#!/bin/sh
# setup.sh DIR: builds the Rust clients, ours and the peers at the versions of Cargo.lock, and puts the program into DIR.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target=${CARGO_TARGET_DIR:-$here/../../target}
"${CARGO:-cargo}" build --quiet --release --manifest-path "$here/Cargo.toml" --target-dir "$target"
mkdir -p "$1"
cp "$target/release/ari-bench-rust" "$1/"
