"""ari.testing with asyncio."""

from __future__ import annotations

import asyncio
import inspect
import sys
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import ari
import pytest
from ari.testing import AsyncCall, AsyncSimulator, Call, ExpectationError, Simulator, SimulatorError


def run(coroutine: Coroutine[Any, Any, Any]) -> None:
    asyncio.run(asyncio.wait_for(coroutine, 60))


async def answer(event: ari.aio.StasisStart) -> None:
    await event.channel.answer()
    await event.channel.play(media="sound:hello-world")


def test_a_call() -> None:
    async def test() -> None:
        async with AsyncSimulator() as simulator:
            client = await simulator.connect()
            client.on_event("StasisStart", answer)
            async with simulator.running(client.run("hello")):
                call = await simulator.call("1000", caller="Ann <123>")
                assert isinstance(call, AsyncCall)
                await call.expect_heard("sound:hello-world")
                await call.press("2")
                assert (await simulator.expect_event("ChannelDtmfReceived", channel=call)).event["digit"] == "2"
                await simulator.expect_request("channels.answer", channelId=call)
                assert [each.id for each in await simulator.calls()] == [call.id]
                await call.hang_up()
                await call.expect_hung_up()
                assert call.hung_up and call.cause == 16
            with pytest.raises(SimulatorError, match="not connected"):
                while True:  # until the simulator has seen that the application has gone
                    await simulator.send_event("hello", {"type": "Note"})

    run(test())


def test_many_wait_at_the_same_time() -> None:
    """More than there would be threads for; and the loop goes on meanwhile."""

    async def test() -> None:
        async with AsyncSimulator() as simulator:
            client = await simulator.connect_async()
            async with simulator.running(client.run("hello")):
                waiting = [asyncio.ensure_future(simulator.expect_event(f"E{n}", within=60)) for n in range(100)]
                while "hello" not in (await simulator.about()).applications:
                    await asyncio.sleep(0.01)
                for n in reversed(range(100)):
                    await simulator.send_event("hello", {"type": f"E{n}"})
                assert [record.type for record in await asyncio.gather(*waiting)] == [f"E{n}" for n in range(100)]

    run(test())


def test_an_expectation_that_is_cancelled_takes_nothing() -> None:
    async def test() -> None:
        async with AsyncSimulator() as simulator:
            client = await simulator.connect()
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(simulator.expect_request("asterisk.ping", within=60), 0.2)
            await asyncio.sleep(0.1)  # until the simulator has seen that nobody waits any more
            await client.asterisk.ping()
            await simulator.expect_request("asterisk.ping", within=0.1)

    run(test())


def test_errors() -> None:
    async def test() -> None:
        simulator = AsyncSimulator(speed=5)
        with pytest.raises(ExpectationError, match="Nothing happened at all"):
            await simulator.expect_request("channels.play", within=0)
        with pytest.raises(SimulatorError) as refused:
            await simulator.fail("channels.dance")
        assert refused.value.status == 400
        await simulator.set_speed(7)
        async with AsyncSimulator(control_url=simulator.control_url) as driver:
            assert (await driver.about()).speed == 7
        driver = AsyncSimulator(control_url=simulator.control_url)
        await simulator.close()
        with pytest.raises(SimulatorError, match="the simulator is closed"):
            await simulator.reset()
        with pytest.raises(SimulatorError, match="no answer from the simulator"):
            await driver.reset()

    run(test())


def test_what_the_application_raises() -> None:
    async def broken() -> None:
        raise KeyError("broken")

    async def test() -> None:
        async with AsyncSimulator() as simulator:
            with pytest.raises(KeyError, match="broken"):
                async with simulator.running(broken()):
                    await asyncio.sleep(0)

    run(test())


@pytest.mark.parametrize("as_program", [False, True])
def test_nothing_is_waited_for_once_the_application_has_failed(as_program: bool) -> None:
    async def broken() -> None:
        await asyncio.sleep(0.2)
        raise KeyError("broken")

    async def waits(simulator: AsyncSimulator) -> AsyncIterator[str]:
        for _ in range(2):
            with pytest.raises(ExpectationError) as failed:
                await simulator.expect_request("channels.play", within=61)
            yield str(failed.value)
            with pytest.raises(SimulatorError) as refused:
                await simulator.call("1000", within=61)
            yield str(refused.value)

    async def test() -> None:
        # What fails inside is hidden by what the application raises.
        async with AsyncSimulator() as simulator:
            if as_program:
                with pytest.raises(SimulatorError, match="ended with 1"):  # noqa: SIM117
                    with simulator.running_program(sys.executable, "-c", "raise SystemExit(1)"):
                        said = [each async for each in waits(simulator)]
            else:
                with pytest.raises(KeyError, match="broken"):
                    async with simulator.running(broken()):
                        said = [each async for each in waits(simulator)]
        why = (
            "raise SystemExit(1) has ended with 1."
            if as_program
            else "The application has ended with KeyError: 'broken'"
        )
        assert len(said) == 4
        for each in said:
            assert each.endswith(why)
            assert "61 s" not in each, "it was waited for"

    run(test())


def test_a_lost_connection() -> None:
    async def test() -> None:
        async with AsyncSimulator() as simulator:
            client = await simulator.connect()
            back = asyncio.Event()
            client.on_event("Reconnected", lambda event: back.set())
            async with simulator.running(client.run("hello")):
                assert await simulator.drop() == 1
                await asyncio.wait_for(back.wait(), 20)

    run(test())


def test_a_fixture_for_asyncio(async_simulator: AsyncSimulator) -> None:
    async def test() -> None:
        assert (await async_simulator.about()).speed == 10

    run(test())


@pytest.mark.parametrize(("blocking", "awaited"), [(Simulator, AsyncSimulator), (Call, AsyncCall)])
def test_both_have_the_same_commands(blocking: type[Any], awaited: type[Any]) -> None:
    commands = [name for name, found in inspect.getmembers(blocking, inspect.isfunction) if not name.startswith("_")]
    assert len(commands) > 12
    for name in commands:
        method, other = getattr(blocking, name), getattr(awaited, name)
        assert method.__doc__ and other.__doc__, name
        if hasattr(method, "__wrapped__"):
            assert method.__wrapped__ is other.__wrapped__
            assert inspect.iscoroutinefunction(other) and not inspect.iscoroutinefunction(method)
            documented = [each for each in inspect.signature(method).parameters if each != "self"]
            assert all(f"{each}:" in method.__doc__ for each in documented), name
            assert not str(inspect.signature(method).return_annotation).startswith("Step")
