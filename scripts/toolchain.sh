#!/bin/sh
# toolchain.sh PYTHON CARGO: says what has to be installed before anything here can be built, all of it at once.
set -eu
python=$1 cargo=$2
missing=

lack() {
    missing=1
    echo "missing: $1" >&2
}

needed=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
if version=$("$cargo" --version 2>/dev/null); then
    version=${version#cargo }
    version=${version%% *}
    lowest=$(printf '%s\n%s\n' "$needed" "$version" | sort -V | head -n 1)
    [ "$lowest" = "$needed" ] || lack "cargo $needed or newer ($cargo is $version): https://rustup.rs"
    "$cargo" fmt --version >/dev/null 2>&1 || lack "rustfmt: rustup component add rustfmt"
    "$cargo" clippy --version >/dev/null 2>&1 || lack "clippy: rustup component add clippy"
else
    lack "cargo $needed or newer (Rust): https://rustup.rs"
fi

command -v cc >/dev/null 2>&1 || lack "cc, a C compiler (Debian: apt-get install gcc libc6-dev)"

if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 9))' 2>/dev/null; then
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        lack "the modules venv and ensurepip of $python (Debian: apt-get install python3-venv)"
else
    lack "$python 3.9 or newer (another one: make PYTHON=...)"
fi

[ -z "$missing" ] || exit 1
