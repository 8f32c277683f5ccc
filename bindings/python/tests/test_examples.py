"""The examples run: the programs of today and the one in the style of 2014."""

from __future__ import annotations

import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any, Callable

import ari
import pytest
from real import Asterisk

EXAMPLES = Path(__file__).resolve().parents[3] / "examples" / "python"


def test_a_program_of_2014(asterisk: Asterisk) -> None:
    """It runs as it is; we are its caller, and follow its calls with a client of our own.

    This comes before the demos, whose application has the same name and outlives them by a while.
    """
    client = asterisk.connect()
    program = subprocess.Popen(
        [sys.executable, str(EXAMPLES / "readme.py"), asterisk.url],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    seen: list[Any] = []
    call = f"call-{uuid.uuid4()}"

    def on_event(event: ari.Event) -> None:
        if event.get("channel", {}).get("id") == call:
            seen.append((event.type, event.get("digit")))
        if isinstance(event, ari.PlaybackFinished) and event.playback.target_uri == f"channel:{call}":
            seen.append((event.playback.media_uri, event.playback.state))

    with client, client.events("watcher") as events:
        for event in events:
            if event.type == "Connected":
                wait_for_application(client)
                originate(client, call)
            on_event(event)
            if ("ChannelDestroyed", None) in seen:
                break
    program.terminate()
    _, errors = program.communicate(timeout=10)
    assert ("sound:hello-world", "done") in seen and ("sound:digits/1", "done") in seen, f"{seen} {errors}"
    assert [digit for kind, digit in seen if kind == "ChannelDtmfReceived"] == ["1", "#"]
    # `#` sent it on in the dialplan, where it is hung up.
    assert ("ChannelDialplan", None) in seen[seen.index(("ChannelDtmfReceived", "#")) :] and "Traceback" not in errors


def is_there(client: ari.Client, application: str) -> bool:
    return any(each.name == application for each in client.applications.list())


def wait_for_application(client: ari.Client) -> None:
    wait_until(lambda: is_there(client, "hello"), "the program did not start")


def wait_until(condition: Callable[[], bool], otherwise: str) -> None:
    for _ in range(100):
        if condition():
            return
        time.sleep(0.1)
    pytest.fail(otherwise)


def originate(client: ari.Client, call: str) -> None:
    client.channels.originate(
        endpoint="Local/1000@default",
        context="default",
        extension="caller",
        priority=1,
        variables={"KEYS": "1#"},
        channelId=f"caller-{uuid.uuid4()}",
        otherChannelId=call,
    )
    for _ in range(100):  # until there is such a channel
        try:
            client.applications.subscribe("watcher", eventSource=f"channel:{call}")
            return
        except ari.UnprocessableException:
            time.sleep(0.01)
    pytest.fail("the call did not come about")


def test_the_demo(asterisk: Asterisk) -> None:
    arguments = ["--url", asterisk.url, "--username", asterisk.username, "--password", asterisk.password]
    command = [sys.executable, str(EXAMPLES / "demo.py"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    version = asterisk.connect().server_version
    assert version and done.stdout.splitlines()[-1] == f"demo: python passed on Asterisk {version.partition('+')[0]}"
    print(done.stdout)


def test_the_demo_tells_when_the_story_is_another(asterisk: Asterisk) -> None:
    source = f"import sys; sys.path.insert(0, {str(EXAMPLES)!r}); import demo; demo.KEYS = '12'; demo.PATIENCE = 6; "
    source += "sys.exit(demo.main())"
    arguments = ["--url", asterisk.url, "--username", asterisk.username, "--password", asterisk.password]
    command = [sys.executable, "-c", source, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1 and "passed" not in done.stdout and "went on in the dialplan" in done.stderr
