#!/bin/sh
# venv.sh PYTHON FOLDER: a virtual environment with the tools of requirements-dev.txt.
set -eu
python=$1 venv=$2
# One that was left half made, or whose Python is gone, is made anew.
if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    rm -rf "$venv"
    "$python" -m venv "$venv" || {
        rm -rf "$venv"
        echo "No virtual environment can be made by $python. On Debian: apt-get install python3-venv" >&2
        exit 1
    }
fi
"$venv/bin/python" -m pip --quiet --disable-pip-version-check install --requirement "$(dirname "$0")/requirements-dev.txt"
