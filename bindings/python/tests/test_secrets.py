"""The password is in nothing that is shown or written."""

from __future__ import annotations

import base64
import os
import pickle
import subprocess
import sys
import traceback
from typing import Any, Callable

import ari
import pytest
from fake import PASSWORD, USER, Fake

HIDDEN = [PASSWORD, base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode(), "p%C3%A4ss", "hunter2"]


def assert_hidden(text: str) -> None:
    for word in HIDDEN:
        assert word not in text


def test_errors_and_reprs(fake: Fake, client: ari.Client) -> None:
    fake.on("GET", "/channels", 500, {"error": "Allocation failed"})
    calls: list[Callable[[], Any]] = [
        lambda: ari.connect(fake.url, USER, "hunter2"),
        lambda: ari.connect("http://127.0.0.1:9", USER, PASSWORD),
        lambda: ari.connect(f"http://{USER}:hunter2@127.0.0.1:9", "", ""),
        lambda: ari.connect("nonsense://hunter2@x", USER, PASSWORD),
        lambda: ari.connect(fake.url, USER, PASSWORD, colour=1),  # type: ignore[call-arg]
        lambda: client.channels.list(),
        lambda: client.channels.get("gone"),
        lambda: client.channels.get(x=1),  # type: ignore[call-arg]
        lambda: client.request("GET", "nonsense"),
        lambda: ari.connect("http://127.0.0.1:9", USER, PASSWORD).run("hello"),
    ]
    for call in calls:
        with pytest.raises(ari.AriException) as caught:
            call()
        error = caught.value
        shown = [str(error), repr(error), repr(error.__dict__), repr(error.args), repr(error.response)]
        shown += traceback.format_exception_only(type(error), error)
        shown.append(pickle.dumps(error).decode("latin-1"))
        for text in shown:
            assert_hidden(text)
    for owner in (client, client.channels, ari.Channel(client, {"id": "1"}), client._native, client._registry):
        assert_hidden(repr(owner))
        assert_hidden(repr(getattr(owner, "__dict__", "")))


def test_logs(fake: Fake) -> None:
    source = """
import logging, sys, ari
logging.basicConfig(level=logging.DEBUG)
client = ari.connect(*sys.argv[1:4])
client.run("hello")
try:
    ari.connect(sys.argv[1], sys.argv[2], sys.argv[4])
except ari.UnauthorizedException as error:
    logging.exception("refused")
try:
    client.channels.get("gone")
except ari.NotFoundException as error:
    logging.exception("gone")
"""
    fake.frames = ["no event"]  # of which the core tells
    command = [sys.executable, "-c", source, fake.url, USER, PASSWORD, "hunter2"]
    environment = {**os.environ, "ARI_LOG": "trace"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    assert "ari_core" in done.stderr and "refused" in done.stderr
    assert_hidden(done.stdout + done.stderr)
