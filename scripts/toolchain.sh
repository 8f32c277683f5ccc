#!/bin/sh
# toolchain.sh PYTHON CARGO NODE NPM PERL: says what has to be installed before anything here can be built, all of it at once.
set -eu
python=$1 cargo=$2 node=$3 npm=$4 perl=$5
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

if "$node" -e 'process.exit(parseInt(process.versions.node) >= 18 ? 0 : 1)' 2>/dev/null; then
    # npm is a program of its own in Debian, and it runs on the node that it finds in the path.
    "$npm" --version >/dev/null 2>&1 || lack "$npm (Debian: apt-get install npm; another one: make NPM=...)"
else
    lack "$node 18 or newer, and npm (Debian: apt-get install nodejs npm; another one: make NODE=...)"
fi

if "$perl" -e 'use 5.016' 2>/dev/null; then
    "$perl" -MConfig -e 'exit !-f "$Config{archlibexp}/CORE/perl.h"' || lack "the headers of $perl (Debian: apt-get install libperl-dev)"
    # Distributions that divide perl leave some of what belongs to it to packages of their own.
    "$perl" -MExtUtils::MakeMaker -MJSON::PP -MTest::More -MPod::Checker -e 1 2>/dev/null ||
        lack "ExtUtils::MakeMaker, JSON::PP, Test::More or Pod::Checker of $perl (Debian: apt-get install perl)"
else
    lack "$perl 5.16 or newer (Debian: apt-get install perl libperl-dev; another one: make PERL=...)"
fi
command -v make >/dev/null 2>&1 || lack "make, which builds the Perl module (Debian: apt-get install make)"

[ -z "$missing" ] || exit 1
