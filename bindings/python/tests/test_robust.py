"""The end of the interpreter, forks, cancelled calls, iterations with several readers, and other unkindness."""

from __future__ import annotations

import asyncio
import copy
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from typing import Any, Callable

import ari
import pytest
from conftest import channel, event
from fake import PASSWORD, USER, Fake

PROGRAM = """
import asyncio, sys, ari
async def main():
    client = await ari.connect_async(*sys.argv[1:])
    await asyncio.gather(*(client.asterisk.ping() for _ in range(20)))
asyncio.run(main())
"""


def test_the_end_of_an_asyncio_program(fake: Fake) -> None:
    """The thread that hands over results is gone before the interpreter is. Many run at once, to disturb each other."""
    fake.on("GET", "/asterisk/ping", answer={"ping": "pong"})
    command = [sys.executable, "-c", PROGRAM, fake.url, USER, PASSWORD]
    running = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(12)]
    for process in running:
        _, error = process.communicate(timeout=60)
        assert process.returncode == 0, error


def in_child(work: Callable[[], None]) -> None:
    """Does something in a forked child, which must neither fail nor hang."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            assert status == 0
            return
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    pytest.fail("the child hangs")


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")
def test_everything_of_a_client_after_a_fork(fake: Fake, client: ari.Client) -> None:
    fake.close_code = None
    fake.frames = [event("StasisStart", args=[], channel=channel())]
    events = client.events("hello")
    while next(events).type != "StasisStart":
        pass
    handle = client.on_event("StasisStart", print)
    # The locks are held at the moment of the fork, as they may be by another thread.
    registry = client._registry
    with registry._lock:

        def work() -> None:
            for call in (lambda: next(events), client.channels.list, lambda: client.on_event("StasisEnd", print)):
                with pytest.raises(ari.ConnectionException, match="fork"):
                    call()
            handle.close()
            client.close()
            events.close()

        in_child(work)


def test_a_cancelled_call_is_not_sent_later(fake: Fake) -> None:
    def slow(_: Any) -> Any:
        time.sleep(0.5)
        return 200, []

    fake.call("GET", "/channels", slow)

    async def main() -> None:
        async with await ari.connect_async(fake.url, USER, PASSWORD, max_connections=1) as client:
            first = asyncio.ensure_future(client.channels.list())
            await asyncio.sleep(0.1)
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(client.channels.originate(endpoint="Local/1"), 0.1)
            await first
            await asyncio.sleep(0.3)
        assert [asked.method for asked in fake.calls] == ["GET"]

    asyncio.run(main())


def test_tasks_that_share_an_iteration_share_its_events(fake: Fake) -> None:
    fake.frames = [event("Tick", n=n) for n in range(300)]
    seen: list[int] = []

    async def main() -> None:
        async with await ari.connect_async(fake.url, USER, PASSWORD) as client:
            events = client.events("hello")

            async def work() -> None:
                async for each in events:
                    if each.type == "Tick":
                        seen.append(each["n"])

            async with events:
                workers = [asyncio.ensure_future(work()) for _ in range(3)]
                await asyncio.gather(*workers)

    asyncio.run(main())
    assert seen == list(range(300))


def test_threads_that_share_an_iteration_share_its_events(fake: Fake, client: ari.Client) -> None:
    fake.frames = [event("Tick", n=n) for n in range(300)]
    seen: list[int] = []
    events = client.events("hello")

    def work() -> None:
        seen.extend(each["n"] for each in events if each.type == "Tick")

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(20)
    assert sorted(seen) == list(range(300))


def test_objects_of_little_or_nothing(client: ari.Client) -> None:
    assert repr(ari.Channel(client, {})) == "Channel(None)"
    whole = ari.Channel(client, channel())
    for other in (copy.deepcopy(whole), pickle.loads(pickle.dumps(whole)), copy.copy(whole)):
        assert type(other) is type(whole) and other.json == whole.json


def test_mistakes_that_are_named(client: ari.Client) -> None:
    with pytest.raises(TypeError, match="a name or a class"):
        client.on_event(5, print)  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="comes second"):
        ari.ChannelDtmfReceived({"digit": "1"})
    bad: list[Any] = ["abc", 5, {1: 2}, [("a",)]]
    for query in bad:
        with pytest.raises(ari.IllegalInputException, match="query"):
            client.request("GET", "/channels", query)
