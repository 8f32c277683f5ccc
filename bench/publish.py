#!/usr/bin/env python3
"""Puts the figures of the last whole run (bench/results.json) into docs/performance.md, and draws its picture."""

import json
import subprocess
import sys
import venv

from clients import BENCH, CACHE, ROOT
from report import markdown

DOCUMENT = ROOT / "docs/performance.md"
BEGIN, END = "<!-- figures: make bench-docs -->", "<!-- end of figures -->"


def main():
    path = BENCH / "results.json"
    if not path.exists():
        sys.exit("bench: no whole run to publish; make bench makes one")
    results = json.loads(path.read_text())
    before, _, rest = DOCUMENT.read_text().partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        sys.exit(f"bench: {DOCUMENT} has no place for figures: {BEGIN} ... {END}")
    DOCUMENT.write_text(f"{before}{BEGIN}\n\n{markdown(results)}\n\n{END}{after}")
    subprocess.run([drawing_python(), BENCH / "picture.py", path, ROOT / "docs/performance.svg"], check=True)


def drawing_python():
    """A Python that can draw, in a virtual environment of its own."""
    folder, wanted = CACHE / "picture", BENCH / "requirements-picture.txt"
    python, installed = folder / "bin/python", folder / wanted.name
    if not installed.exists() or installed.read_text() != wanted.read_text():
        venv.create(folder, with_pip=True, clear=True)
        pip = [python, "-m", "pip", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", "--requirement", wanted], check=True)
        installed.write_text(wanted.read_text())
    return python


if __name__ == "__main__":
    main()
