"""A real Asterisk for the tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import ari

SCRIPT = Path(__file__).resolve().parents[3] / "scripts" / "asterisk" / "asterisk.py"


class Asterisk:
    """Where a server is; and, of our own, the process that keeps it."""

    def __init__(self, facts: dict[str, Any], process: subprocess.Popen[str] | None = None) -> None:
        self.url: str = facts["url"]
        self.username: str = facts["username"]
        self.password: str = facts["password"]
        self._process = process

    def connect(self, **options: Any) -> ari.Client:
        return ari.connect(self.url, self.username, self.password, **options)

    async def connect_async(self, **options: Any) -> ari.AsyncClient:
        return await ari.connect_async(self.url, self.username, self.password, **options)

    def command(self, line: str) -> dict[str, Any]:
        """kill, stop, start, restart, freeze, thaw, or cli and a command of Asterisk's console."""
        assert self._process is not None and self._process.stdin and self._process.stdout
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        assert answer["ok"], answer
        return answer

    def __enter__(self) -> Asterisk:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None and self._process.stdin:
            with self._process:
                self._process.stdin.close()
                self._process.wait(30)


def external() -> Asterisk | None:
    """The Asterisk that the environment names."""
    environ = os.environ
    if "ARI_URL" not in environ:
        return None
    username, password = environ.get("ARI_USERNAME", "hey"), environ.get("ARI_PASSWORD", "peekaboo")
    return Asterisk({"url": environ["ARI_URL"], "username": username, "password": password})


def own() -> Asterisk:
    """An Asterisk that ends with this process at the latest."""
    command = [sys.executable, str(SCRIPT), "up", "--ephemeral"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"no Asterisk: {' '.join(command)} ended with {process.wait()}")
    return Asterisk(json.loads(line), process)
