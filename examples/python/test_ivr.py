"""How to test an application without an Asterisk: tests of ivr.py, on the simulator.

    pytest test_ivr.py

The fixture `simulator` comes with the package. The test plays the caller: it calls, presses keys, and says what it
expects.
"""

from __future__ import annotations

from collections.abc import Iterator

import ari
import ivr
import pytest
from ari.testing import Call, Simulator


@pytest.fixture
def client(simulator: Simulator) -> Iterator[ari.Client]:
    """The IVR, running beside the test."""
    client = simulator.connect()
    ivr.serve(client)
    with simulator.running(client.run, ivr.APPLICATION):
        yield client


@pytest.fixture
def call(simulator: Simulator, client: ari.Client) -> Call:
    """Ann, who has called and heard the greeting."""
    call = simulator.call("1000", caller="Ann <123>")
    call.expect_heard("sound:hello-world")
    return call


def test_digits_are_said_back(call: Call) -> None:
    call.press("12")
    call.expect_heard("sound:digits/1")
    call.expect_heard("sound:digits/2")
    assert call.state == "Up"


def test_a_star_repeats_the_greeting(call: Call, simulator: Simulator) -> None:
    first = simulator.expect_request("channels.play", media="sound:hello-world")
    call.press("*")
    simulator.expect_request("channels.play", media="sound:hello-world", after=first)


def test_a_hash_goes_on_in_the_dialplan(call: Call, simulator: Simulator) -> None:
    call.press("#")
    simulator.expect_request("channels.continueInDialplan", channelId=call, extension="goodbye")
    simulator.expect_event("StasisEnd", channel=call)
    call.expect_heard("sound:vm-goodbye")
    call.expect_hung_up()


def test_keys_while_the_greeting_is_played(simulator: Simulator, client: ari.Client) -> None:
    simulator.speed = 1  # slowly, so that the greeting is not over before we look
    call = simulator.call("1000")
    call.expect_playing("sound:hello-world")
    call.press("3")
    call.expect_heard("sound:digits/3")


def test_a_prompt_that_fails_does_not_end_the_call(call: Call, simulator: Simulator) -> None:
    simulator.fail("channels.play", status=500, media="sound:digits/1")
    call.press("12")
    call.expect_heard("sound:digits/2")
    assert "sound:digits/1" not in call.heard


def test_calls_are_taken_after_a_restart(call: Call, simulator: Simulator) -> None:
    simulator.restart()
    simulator.call("1000", within=20).expect_heard("sound:hello-world")
