"""The asyncio client."""

from __future__ import annotations

import asyncio
import gc
import json
import time
from collections.abc import Awaitable
from typing import Any, Callable

import ari
import pytest
from conftest import channel, event
from fake import PASSWORD, USER, Fake

Lines = list[Any]


def run(fake: Fake, main: Callable[[ari.AsyncClient], Awaitable[None]], **options: Any) -> None:
    async def connected() -> None:
        async with await ari.connect_async(fake.url, USER, PASSWORD, **options) as client:
            await main(client)

    asyncio.run(asyncio.wait_for(connected(), 30))


def dtmf(digit: str, id: str = "c1") -> Any:
    return event("ChannelDtmfReceived", digit=digit, duration_ms=10, channel=channel(id))


def test_calls_are_awaited(fake: Fake) -> None:
    fake.on("GET", "/channels", answer=[channel("1")])
    fake.on("POST", "/channels/1/play", 201, {"id": "p", "state": "queued"})
    fake.on("GET", "/recordings/stored/r/file", answer=b"bytes")

    async def main(client: ari.AsyncClient) -> None:
        assert client.server_version == "22.10.1"
        (found,) = await client.channels.list()
        assert isinstance(found, ari.aio.Channel) and found.client is client
        playback = await found.play(media=["sound:a", "sound:b"])
        assert isinstance(playback, ari.aio.Playback) and playback.id == "p"
        assert fake.last.query == "media=sound%3Aa%2Csound%3Ab"
        assert await client.get_channels() == [channel("1")]
        assert await client.recordings.get_stored_file("r") == b"bytes"
        assert await client.request("GET", "/channels") == [channel("1")]

    run(fake, main)


def test_errors(fake: Fake) -> None:
    async def main(client: ari.AsyncClient) -> None:
        with pytest.raises(ari.NotFoundException, match="nothing at"):
            await client.channels.get("gone")
        with pytest.raises(TypeError) as caught:
            await client.channels.get(chanelId="1")  # type: ignore[call-arg]
        assert isinstance(caught.value, ari.IllegalInputException)
        with pytest.raises(TypeError):
            await client.channels.originate(endpoint=object())  # type: ignore[arg-type]
        with pytest.raises(ari.UnauthorizedException):
            await ari.connect_async(fake.url, USER, "wrong")
        with pytest.raises(ConnectionError):
            await ari.connect_async("http://127.0.0.1:9", USER, "wrong")

    run(fake, main)


def test_calls_run_side_by_side(fake: Fake) -> None:
    for number in range(50):
        fake.on("GET", f"/channels/{number}", answer=channel(str(number)))

    async def main(client: ari.AsyncClient) -> None:
        found = await asyncio.gather(*(client.channels.get(str(number)) for number in range(50)))
        assert [each.id for each in found] == [str(number) for number in range(50)]

    run(fake, main, max_connections=4)


def test_handlers_may_be_coroutines_and_keep_their_order(fake: Fake) -> None:
    fake.frames = [dtmf(str(digit)) for digit in range(5)]
    fake.on("GET", "/channels/c1", answer=channel())
    seen: Lines = []

    async def slow(found: ari.ChannelDtmfReceived, word: str) -> None:
        await asyncio.sleep(0.01)
        fresh = await found.channel.get()
        seen.append((word, found.digit, fresh.id))

    async def main(client: ari.AsyncClient) -> None:
        client.on_event("ChannelDtmfReceived", slow, "slow")
        client.on_event("ChannelDtmfReceived", lambda e: seen.append(e["digit"]))
        await client.run("hello")

    run(fake, main)
    assert seen == [each for digit in "01234" for each in (("slow", digit, "c1"), digit)]


def test_objects_and_removal(fake: Fake) -> None:
    fake.frames = [event("StasisStart", args=[], channel=channel("c1")), dtmf("1", "c2"), dtmf("2"), dtmf("3")]
    seen: Lines = []

    async def on_key(found: ari.aio.Channel, key: ari.aio.ChannelDtmfReceived) -> None:
        seen.append((found.id, key.digit))
        assert found.remove_event_handler("ChannelDtmfReceived", on_key)

    async def on_start(found: Any, _: Any) -> None:
        assert isinstance(found["channel"], ari.aio.Channel)
        found.on_event("ChannelDtmfReceived", on_key)

    async def main(client: ari.AsyncClient) -> None:
        client.on_channel_event("StasisStart", on_start)
        await client.run(["hello"])

    run(fake, main)
    assert seen == [("c1", "2")]


def test_exceptions_of_handlers(fake: Fake, caplog: pytest.LogCaptureFixture) -> None:
    fake.frames = [dtmf("1"), dtmf("2")]
    caught: Lines = []

    async def fail(_: Any) -> None:
        raise ValueError("oh no")

    async def main(client: ari.AsyncClient) -> None:
        client.on_event("ChannelDtmfReceived", fail)
        await client.run("hello")
        assert caplog.text.count("Traceback") == 2 and {record.name for record in caplog.records} == {"ari.client"}

        async def catch(error: Exception) -> None:
            caught.append(str(error))
            raise error

        client.exception_handler = catch
        with pytest.raises(ValueError):
            await client.run("hello")
        client.exception_handler = lambda error: caught.append(str(error))
        await client.run("hello")

    run(fake, main)
    assert caught == ["oh no"] * 3


def test_events_one_by_one(fake: Fake) -> None:
    fake.frames = [dtmf("1"), {"type": "Unheard"}]

    async def main(client: ari.AsyncClient) -> None:
        seen: Lines = []
        client.on_event("ChannelDtmfReceived", lambda e: seen.append("handler"))
        async for found in client.events("hello"):
            seen.append(found.type)
            if isinstance(found, ari.ChannelDtmfReceived):
                assert isinstance(found, ari.aio.ChannelDtmfReceived)
                assert isinstance(found.channel, ari.aio.Channel)
                assert json.loads(json.dumps(found)) == dtmf("1")
        assert seen == ["Connected", "handler", "ChannelDtmfReceived", "Unheard", "ConnectionClosed"]

    run(fake, main)


def test_a_wait_that_is_cancelled_loses_nothing(fake: Fake) -> None:
    fake.close_code = None

    async def main(client: ari.AsyncClient) -> None:
        async with client.events("hello") as events:
            assert (await events.__anext__()).type == "Connected"
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(events.__anext__(), 0.05)
            for digit in "123":
                fake.connections[0].send(dtmf(digit))
            await asyncio.sleep(0.1)
            assert [(await events.__anext__())["digit"] for _ in range(3)] == ["1", "2", "3"]
        for _ in range(100):
            if fake.connections[0].closed_with:
                break
            await asyncio.sleep(0.02)
        assert fake.connections[0].closed_with

    run(fake, main)


@pytest.mark.parametrize("looked", [0, 1, 2])
def test_an_iteration_that_outlives_its_loop(fake: Fake, looked: int) -> None:
    fake.close_code = None
    fake.frames = [dtmf("1")]

    async def main() -> Any:
        client = ari.AsyncClient(fake.url, USER, PASSWORD)
        events = client.events("hello")
        for _ in range(looked):
            await events.__anext__()
        if looked == 2:
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(events.__anext__(), 0.05)
        return events

    events = asyncio.run(main())
    assert events is not None
    del events
    gc.collect()
    for _ in range(100):
        if all(connection.closed_with for connection in fake.connections):
            break
        time.sleep(0.02)
    assert all(connection.closed_with for connection in fake.connections)


def test_close_ends_run_with_await_and_without(fake: Fake) -> None:
    fake.close_code = None

    async def main(client: ari.AsyncClient) -> None:
        for awaited in (True, False):
            task = asyncio.ensure_future(client.run("hello"))
            await asyncio.get_running_loop().run_in_executor(None, fake.connected.wait, 10)
            await asyncio.sleep(0.05)
            fake.connected.clear()
            closing = client.close()
            if awaited:
                await closing
            await asyncio.wait_for(task, 5)

    run(fake, main)


def test_cancelling_run_closes(fake: Fake) -> None:
    fake.close_code = None

    async def main(client: ari.AsyncClient) -> None:
        # What the server sees is too early: a connection closed while it opens is given up without a close frame.
        connected = asyncio.Event()
        client.on_event("Connected", lambda _: connected.set())
        task = asyncio.ensure_future(client.run("hello"))
        await asyncio.wait_for(connected.wait(), 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        for _ in range(100):
            if fake.connections[0].closed_with:
                break
            await asyncio.sleep(0.02)
        assert fake.connections[0].closed_with
        fake.close_code = 1000
        await client.run("hello")

    run(fake, main)


def test_the_loop_turns_while_a_flood_is_handled(fake: Fake) -> None:
    fake.frames = [dtmf(str(number)) for number in range(5000)]
    turns = 0

    async def main(client: ari.AsyncClient) -> None:
        nonlocal turns
        seen: Lines = []
        client.on_event("ChannelDtmfReceived", seen.append)
        task = asyncio.ensure_future(client.run("hello"))
        while not task.done():
            turns += 1
            await asyncio.sleep(0)
        assert [found["digit"] for found in seen] == [str(number) for number in range(5000)]

    run(fake, main)
    assert turns > 5


def test_a_client_outlives_its_loop(fake: Fake) -> None:
    fake.on("GET", "/channels", answer=[])
    client = asyncio.run(ari.connect_async(fake.url, USER, PASSWORD))

    async def once() -> Any:
        return await client.channels.list()

    assert [asyncio.run(once()) for _ in range(3)] == [[], [], []]
    lost = ari.AsyncClient(fake.url, USER, PASSWORD)

    async def leave() -> None:
        task = asyncio.ensure_future(lost.channels.list())
        await asyncio.sleep(0)
        assert not task.done()

    asyncio.run(leave())  # the loop is closed before the answer is there
    assert asyncio.run(once()) == []
