"""A call from its beginning to its end, on a real Asterisk, with both clients."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
import uuid
from collections.abc import AsyncIterator
from typing import Any

import ari
import pytest
from real import Asterisk

PATIENCE = 20


def name(what: str) -> str:
    return f"{what}-{uuid.uuid4().hex[:12]}"


class Inbox:
    """The events of one application, from a client that runs in another thread."""

    def __init__(self, client: ari.Client, app: str) -> None:
        self.client = client
        self.events: queue.Queue[Any] = queue.Queue()
        for kind in sorted(client._events):
            client.on_event(kind, self.events.put)
        self.thread = threading.Thread(target=client.run, args=(app,))
        self.thread.start()
        self.wait(ari.Connected)

    def wait(self, kind: Any, **fields: Any) -> Any:
        """The next event of a class in which the objects have these ids and the fields these values."""
        deadline = time.monotonic() + PATIENCE
        while True:
            event = self.events.get(timeout=max(0.01, deadline - time.monotonic()))
            if isinstance(event, kind) and all(matches(event, *item) for item in fields.items()):
                return event

    def end(self) -> None:
        self.client.close()
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()


def matches(event: Any, field: str, value: str) -> bool:
    found = event.get(field)
    return value in (found, found.get("id"), found.get("name")) if isinstance(found, dict) else found == value


def test_a_call_with_the_synchronous_client(real: ari.Client) -> None:
    app = name("app")
    inbox = Inbox(real, app)
    try:
        synchronous_call(real, inbox, app)
    finally:
        inbox.end()


def synchronous_call(client: ari.Client, inbox: Inbox, app: str) -> None:
    # originate, answer: extension 205 answers and sends DTMF 1234#
    id = name("channel")
    made = client.channels.originate(endpoint="Local/205@default", app=app, appArgs="a,b c", channelId=id, timeout=10)
    assert made.id == id
    start = inbox.wait(ari.StasisStart, channel=id)
    assert start.args == ["a", "b c"]
    channel = start.channel
    channel.answer()
    assert channel.get().state == "Up"

    # DTMF
    assert [inbox.wait(ari.ChannelDtmfReceived, channel=id).digit for _ in range(5)] == list("1234#")

    # play
    playback = channel.play(media="sound:hello-world", playbackId=name("playback"))
    assert inbox.wait(ari.PlaybackStarted, playback=playback.id).playback == playback
    assert inbox.wait(ari.PlaybackFinished, playback=playback.id).playback.state == "done"

    # variables
    channel.set_channel_var(variable="COLOUR", value="red & blue")
    assert channel.getChannelVar(variable="COLOUR").value == "red & blue"

    # record and download: extension 201 is a tone
    other_id = name("channel")
    client.channels.originate(endpoint="Local/201@default", app=app, channelId=other_id)
    other = inbox.wait(ari.StasisStart, channel=other_id).channel
    recording = other.record(name=name("recording"), format="wav", maxDurationSeconds=10, beep=False)
    inbox.wait(ari.RecordingStarted, recording=recording.id)
    time.sleep(1.5)  # the tone takes half a second to arrive
    recording.stop()
    inbox.wait(ari.RecordingFinished, recording=recording.id)
    stored = client.get_recording(recording.id)
    file = stored.get_stored_file()
    assert file[:4] == b"RIFF" and len(file) > 4000 and "audio" in file.content_type
    copied = stored.copy_stored(destinationRecordingName=name("copy"))
    assert copied.getStoredFile() == file
    for each in (stored, copied):
        each.delete_stored()

    # bridge
    bridge = client.bridges.create(type="mixing", bridgeId=name("bridge"), name="test")
    bridge.addChannel(channel=[channel.id, other.id])
    for each in (channel, other):
        entered = inbox.wait(ari.ChannelEnteredBridge, channel=each.id)
        assert entered.bridge.id == bridge.id
    assert sorted(bridge.get().channels) == sorted([channel.id, other.id])

    # snoop
    snoop = channel.snoop_channel(app=app, spy="both", whisper="none", snoopId=name("snoop"))
    assert inbox.wait(ari.StasisStart, channel=snoop.id).channel == snoop
    snoop.hangup()
    inbox.wait(ari.StasisEnd, channel=snoop.id)

    # hang up
    bridge.remove_channel(channel=other.id)
    inbox.wait(ari.ChannelLeftBridge, channel=other.id)
    bridge.destroy()
    for each in (channel, other):
        each.hangup(reason="normal")
        assert inbox.wait(ari.ChannelDestroyed, channel=each.id).cause == 16
    try:
        channel.get()
        raise AssertionError("the channel is still there")
    except ari.NotFoundException as error:
        assert error.message == "Channel not found"


def test_a_call_with_the_asyncio_client(asterisk: Asterisk) -> None:
    asyncio.run(asyncio.wait_for(asynchronous_call(asterisk), 4 * PATIENCE))


async def wait(events: AsyncIterator[ari.aio.Event], kind: Any, **fields: Any) -> Any:
    async for event in events:
        if isinstance(event, kind) and all(matches(event, *item) for item in fields.items()):
            return event
    raise AssertionError(f"the stream ended without a {kind.__name__}")


async def asynchronous_call(asterisk: Asterisk) -> None:
    app, id, other_id = name("app"), name("channel"), name("channel")
    async with await asterisk.connect_async() as client, client.events(app) as events:
        # originate, answer
        await client.channels.originate(endpoint="Local/205@default", app=app, channelId=id)
        channel = (await wait(events, ari.StasisStart, channel=id)).channel
        assert isinstance(channel, ari.aio.Channel)
        await channel.answer()

        # DTMF
        digits = [(await wait(events, ari.aio.ChannelDtmfReceived, channel=id)).digit for _ in range(5)]
        assert digits == list("1234#")

        # play
        playback = await channel.play(media="sound:hello-world")
        finished = await wait(events, ari.PlaybackFinished, playback=playback.id)
        assert finished.playback.state == "done"

        # record and download
        await client.channels.originate(endpoint="Local/201@default", app=app, channelId=other_id)
        other = (await wait(events, ari.StasisStart, channel=other_id)).channel
        recording = await other.record(name=name("recording"), format="wav")
        await wait(events, ari.RecordingStarted, recording=recording.id)
        await asyncio.sleep(1.5)  # the tone takes half a second to arrive
        await recording.stop()
        await wait(events, ari.RecordingFinished, recording=recording.id)
        stored = await client.get_recording(recording.id)
        file = await stored.get_stored_file()
        assert file[:4] == b"RIFF" and len(file) > 4000
        await stored.delete_stored()

        # bridge
        bridge = await client.bridges.create(type="mixing")
        await bridge.add_channel(channel=[channel.id, other.id])
        await wait(events, ari.ChannelEnteredBridge, channel=other_id)

        # snoop
        snoop = await channel.snoop_channel(app=app, spy="both")
        await wait(events, ari.StasisStart, channel=snoop.id)
        await snoop.hangup()

        # hang up
        await bridge.destroy()
        await asyncio.gather(channel.hangup(), other.hangup())
        remaining = {id, other_id}
        while remaining:
            remaining.discard((await wait(events, ari.ChannelDestroyed)).channel.id)


def test_what_the_server_says_about_itself(real: ari.Client) -> None:
    info = real.get_info()
    assert info.system is not None and info.system.version == real.server_version
    assert real.asterisk.ping().ping == "pong"
    assert any(module.name == "res_ari.so" and module.status == "Running" for module in real.asterisk.list_modules())
    assert any(sound.id == "hello-world" for sound in real.sounds.list(lang="en"))
    assert real.sounds.get("hello-world").formats[0].language.startswith("en")
    assert real.getEndpoints() is not None and real.get_bridges() is not None


def test_refusals_of_the_server(real: ari.Client) -> None:

    for kind, message, call in [
        (ari.NotFoundException, "Channel not found", lambda: real.channels.get("nope")),
        (ari.NotFoundException, "not found", lambda: real.bridges.get("nope")),
        (ari.AsteriskServerException, "Allocation failed", lambda: real.channels.originate(endpoint="Nope/1", app="a")),
        (ari.IllegalInputException, ".", lambda: real.channels.originate(endpoint="Local/100@default")),
    ]:
        with pytest.raises(kind, match=message) as caught:
            call()
        assert caught.value.status is not None
