"""Floods and outages, with a real Asterisk."""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
from typing import Any

import ari
import pytest
from real import Asterisk

EVENTS = 20_000
PAUSE = 5


def values(events: list[Any]) -> list[int]:
    return [int(value) for value in events]


def originate(app: str) -> Any:
    """Arguments of a call to the extension that floods; the application gets the events of both ends."""
    variables = {"N": str(EVENTS)}
    return {"endpoint": "Local/300@default", "app": app, "channelId": f"flood-{uuid.uuid4()}", "variables": variables}


def test_a_flood_with_a_handler_that_sleeps(asterisk: Asterisk, capsys: pytest.CaptureFixture[str]) -> None:
    app = f"flood-{uuid.uuid4().hex[:8]}"
    seen: list[str] = []
    others: list[str] = []
    client = asterisk.connect(reconnect="never")

    def on_variable(event: ari.ChannelVarset) -> None:
        if event.variable != "I":
            return
        if not seen:
            time.sleep(PAUSE)
        seen.append(event.value)
        if event.value == str(EVENTS):
            client.close()

    for name in ("ConnectionLost", "EventsDropped", "UnreadableFrame"):
        client.on_event(name, lambda e: others.append(e["type"]))
    client.on_event("ChannelVarset", on_variable)
    channels: list[ari.Channel] = []
    client.on_event("Connected", lambda _: channels.append(client.channels.originate(**originate(app))))
    alarm = threading.Timer(120, client.close)
    alarm.start()
    client.run(app)
    alarm.cancel()
    channels[0].hangup()
    assert values(seen) == list(range(EVENTS + 1))
    assert others == []
    with capsys.disabled():
        print(f"\nflood: python {len(seen)} events in order, handler asleep for {PAUSE} s")


def test_a_flood_with_the_asyncio_client(asterisk: Asterisk, capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[str] = []

    async def main() -> None:
        app = f"flood-{uuid.uuid4().hex[:8]}"
        async with await asterisk.connect_async(reconnect="never") as client:

            async def on_variable(event: ari.aio.ChannelVarset) -> None:
                if event.variable == "I":
                    if not seen:
                        time.sleep(PAUSE)  # the whole loop stands still
                    seen.append(event.value)
                    if event.value == str(EVENTS):
                        await client.close()

            client.on_event("ChannelVarset", on_variable)
            running = asyncio.ensure_future(client.run(app))
            await asyncio.sleep(0.2)
            channel = await client.channels.originate(**originate(app))
            await asyncio.wait_for(running, 120)
            await channel.hangup()

    asyncio.run(main())
    assert values(seen) == list(range(EVENTS + 1))
    with capsys.disabled():
        print(f"\nflood: asyncio {len(seen)} events in order, loop asleep for {PAUSE} s")


@pytest.mark.parametrize("how", ["kill", "restart"])
def test_a_server_that_dies_and_comes_back(mortal: Asterisk, how: str) -> None:
    app = "outage"
    seen: list[Any] = []
    client = mortal.connect(max_delay=0.5)
    back = threading.Event()
    started = threading.Event()
    for name in ("Connected", "ConnectionLost", "Reconnecting", "Reconnected"):
        client.on_event(name, lambda e: seen.append(e["type"]))
    client.on_event("Reconnected", lambda _: back.set())
    client.on_event("StasisStart", lambda e: (seen.append((e.type, e.channel.id)), started.set()))
    thread = threading.Thread(target=client.run, args=(app,))
    thread.start()
    for number in (1, 2):
        wait_until(lambda: "Connected" in seen)
        started.clear()
        client.channels.originate(endpoint="Local/100@default", app=app, channelId=f"call{number}")
        assert started.wait(10)
        assert seen[-1] == ("StasisStart", f"call{number}")
        if number == 1:
            mortal.command(how)
            if how == "kill":
                with pytest.raises(ari.AriException):
                    client.get_info()
                mortal.command("start")
            assert back.wait(30)
    client.close()
    thread.join(10)
    assert not thread.is_alive()
    connection = [each for each in seen if isinstance(each, str)]
    assert connection[:3] == ["Connected", "ConnectionLost", "Reconnecting"] and connection[-1] == "Reconnected"


def wait_until(condition: Any) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_server_that_falls_silent(mortal: Asterisk) -> None:
    seen: list[str] = []
    client = mortal.connect(ping_interval=0.3, pong_timeout=0.5, max_delay=0.3, connect_timeout=1)
    for name in ("Connected", "ConnectionLost", "Reconnected"):
        client.on_event(name, lambda e: seen.append(e["type"]))
    thread = threading.Thread(target=client.run, args=("silence",))
    thread.start()
    wait_until(lambda: seen == ["Connected"])
    mortal.command("freeze")
    wait_until(lambda: seen == ["Connected", "ConnectionLost"])
    mortal.command("thaw")
    wait_until(lambda: seen == ["Connected", "ConnectionLost", "Reconnected"])
    client.close()
    thread.join(10)
    assert not thread.is_alive()
