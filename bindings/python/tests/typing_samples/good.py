"""What a type checker has to accept: every line of it is meant."""

from __future__ import annotations

from typing import Any

import ari
from ari.testing import AsyncCall, AsyncSimulator, Call, RequestRecord, Simulator

client: ari.Client = ari.connect("http://localhost:8088", "hey", "peekaboo", reconnect="always", request_timeout=5)

channel: ari.Channel = client.channels.originate(
    endpoint="PJSIP/bob", app="hello", timeout=30, variables={"A": "1"}, formats="ulaw"
)
state: str = channel.state
number: str = channel.caller.number
rdnis: str | None = channel.caller_rdnis
bridges: list[ari.Bridge] = client.get_bridges()
playback: ari.Playback = channel.play(media=["sound:a", "sound:b"], offsetms=10)
file: bytes = client.recordings.get_stored_file("r")
nothing: None = channel.answer()
client.channels.continue_in_dialplan("1", context="default", priority=1)
client.channels.continueInDialplan(channelId="1")
client.endpoints.send_message(to="pjsip:bob", from_="sip:me", body="hi")
info: ari.AsteriskInfo = client.get_info(only=["system"])
fields: dict[str, Any] = info
repository: Any | None = client.get_repo("channels")


def on_start(event: ari.StasisStart) -> None:
    event.channel.answer()
    words: list[str] = event.args
    other: ari.Channel | None = event.replace_channel
    print(words, other)


def on_any(event: ari.Event) -> None:
    print(event.type, event.timestamp, event["type"])


def on_dict(event: dict[str, Any], word: str, number: int = 5) -> None:
    print(event, word, number)


def on_key(channel: ari.Channel, event: ari.ChannelDtmfReceived, word: str) -> None:
    print(channel.id, event.digit, event.duration_ms + 1, word)


def on_varset(channel: ari.Channel | None, event: ari.ChannelVarset) -> None:
    print(channel, event.value)


def untyped(channel, event):  # type: ignore[no-untyped-def]
    channel.anything()


handle: ari.Handle = client.on_event("StasisStart", on_start)
client.on_event(ari.StasisStart, on_start)
client.on_event("StasisStart", on_any)
client.on_event("StasisStart", on_dict, "word", number=6)
client.on_event("FromTheFuture", on_any)
client.on_event("ChannelDtmfReceived", lambda event: print(event.digit.upper()))
client.on_event("Reconnected", lambda event: print(event.gap_ms + 1))
client.on_channel_event("ChannelDtmfReceived", on_key, "word")
client.on_channel_event("ChannelVarset", on_varset)
client.on_channel_event("StasisStart", lambda objects, event: objects["channel"].answer())
client.on_channel_event("StasisStart", untyped)
channel.on_event("ChannelDtmfReceived", on_key, "word")
channel.on_event("ChannelDtmfReceived", untyped)
client.on_bridge_event("BridgeCreated", lambda bridge, event: print(bridge.bridge_type, event.bridge.id))
client.remove_event_handler("StasisStart", on_start)
handle.close()

with client, client.events("hello") as events:
    for event in events:
        if isinstance(event, ari.ChannelDtmfReceived):
            digit: str = event.digit
            event.channel.hangup(reason="normal")
client.run(["a", "b"])

try:
    client.channels.get("gone")
except ari.NotFoundException as error:
    status: int | None = error.status
    message: str = error.message


async def main() -> None:
    async with await ari.connect_async("http://localhost:8088", "hey", "peekaboo", max_delay=1.5) as client:
        channel: ari.aio.Channel = await client.channels.originate(endpoint="Local/1")
        await channel.answer()
        playback: ari.aio.Playback = await channel.play(media="sound:a")
        await playback.stop()

        async def on_start(event: ari.aio.StasisStart) -> None:
            await event.channel.answer()

        async def on_key(channel: ari.aio.Channel, event: ari.aio.ChannelDtmfReceived) -> None:
            await channel.hangup()

        client.on_event("StasisStart", on_start)
        client.on_channel_event("ChannelDtmfReceived", on_key)
        channel.on_event("ChannelDtmfReceived", on_key)
        async for event in client.events("hello"):
            if isinstance(event, ari.aio.StasisStart):
                await event.channel.hangup()
        await client.run("hello")
        await client.close()


def test(simulator: Simulator) -> None:
    with simulator.running(client.run, "hello"):
        call: Call = simulator.call("1000", caller="Ann <123>", variables={"A": "1"})
        call.expect_heard("sound:a")
        request: RequestRecord = simulator.expect_request("channels.play", channelId=call, media="sound:a")
        media: Any = request.arguments["media"]
        calls: list[Call] = simulator.calls()
        simulator.speed = simulator.speed * 2


async def async_test(simulator: AsyncSimulator) -> None:
    client: ari.AsyncClient = await simulator.connect(max_delay=1.5)
    async with simulator.running(client.run("hello")):
        call: AsyncCall = await simulator.expect_call("PJSIP/bob", within=3)
        await call.answer()
        dropped: int = await simulator.drop()
