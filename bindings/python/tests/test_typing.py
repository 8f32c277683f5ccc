"""Types: the package and the examples pass mypy --strict, and mistakes are found."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SAMPLES = HERE / "typing_samples"


def mypy(*arguments: str) -> str:
    """What mypy says, with the settings of the package."""
    command = [sys.executable, "-m", "mypy", "--show-error-codes", "--no-error-summary", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=HERE.parent, timeout=600, check=False)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


def test_the_package_and_the_examples() -> None:
    assert mypy() == ""


def test_what_is_right_is_accepted() -> None:
    assert mypy(str(SAMPLES / "good.py")) == ""


def test_what_is_wrong_is_found() -> None:
    bad = SAMPLES / "bad.py"
    expected: dict[int, str] = {}
    for number, line in enumerate(bad.read_text().splitlines(), 1):
        marked = re.search(r"# E: ([a-z-]+)$", line)
        if marked:
            expected[number] = marked[1]
    found = dict(re.findall(r"bad\.py:(\d+): error: .*\[([a-z-]+)\]$", mypy(str(bad)), re.M))
    assert {int(number): code for number, code in found.items()} == expected


def test_the_types_are_shipped() -> None:
    package = HERE.parent / "python" / "ari"
    assert (package / "py.typed").exists() and (package / "_native.pyi").exists()
