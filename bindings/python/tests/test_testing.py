"""ari.testing: the simulator's words in Python, as a test of an application uses them."""

from __future__ import annotations

import os
import pydoc
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

import ari
import pytest
from ari.testing import (
    Call,
    ExpectationError,
    PhoneOptions,
    RequestRecord,
    Simulator,
    SimulatorError,
    SimulatorOptions,
)
from ari.testing.simulator import parse_caller

CAUSES = {"normal": 16, "busy": 17, "rejected": 21}


@pytest.fixture
def client(simulator: Simulator) -> Iterator[ari.Client]:
    """The client of an application `hello` that answers every call."""
    client = simulator.connect()
    client.on_event("StasisStart", lambda event: event.channel.answer())
    with simulator.running(client.run, "hello"):
        yield client


@pytest.fixture
def call(simulator: Simulator, client: ari.Client) -> Call:
    """A call that the application has answered."""
    call = simulator.call("1000")
    call.expect_state("Up")
    return call


def test_a_call_through_the_dialplan(simulator: Simulator, client: ari.Client) -> None:
    call = simulator.call(
        1000, context="default", endpoint="PJSIP/bob", caller="Ann <123>", variables={"LANG": "de", "N": 3}, id="a/call"
    )
    start = simulator.expect_event("StasisStart", application="hello", channel=call).event
    assert start["channel"]["caller"] == {"name": "Ann", "number": "123"}
    call.expect(state="Up", hung_up=False, application="hello")
    assert call.id == "a/call" and call.name.startswith("PJSIP/bob-") and call.channel["id"] == "a/call"
    assert (call.state, call.hung_up, call.application, call.bridge) == ("Up", False, "hello", None)
    assert repr(call) == f"<Call a/call {call.name} Up>"
    assert client.channels.getChannelVar(channelId=call.id, variable="LANG").value == "de"
    assert client.channels.getChannelVar(channelId=call.id, variable="N").value == "3"
    assert [each.id for each in simulator.calls()] == ["a/call"]
    assert [channel["id"] for channel in simulator.about().channels] == ["a/call"]
    call.hang_up()
    call.expect_hung_up()
    assert call.cause == CAUSES["normal"] and call.cause_txt and "hung up" in repr(call)
    assert simulator.calls() == []


def test_a_call_from_outside(simulator: Simulator, client: ari.Client) -> None:
    """What help() says of a call without `endpoint`."""
    assert simulator.call("1000").name.startswith("PJSIP/trunk-")


@pytest.mark.parametrize("args", ["en", ["en"]])
def test_a_call_to_an_application(simulator: Simulator, client: ari.Client, args: Any) -> None:
    call = simulator.call(app="hello", args=args)
    assert simulator.expect_event("StasisStart", channel=call).event["args"] == ["en"]
    call.expect_state("Up")
    call.hang_up(cause=CAUSES["busy"])
    simulator.expect_event("StasisEnd", channel=call)
    call.refresh()
    assert call.hung_up and call.cause == CAUSES["busy"]


def test_prompts(simulator: Simulator, call: Call, client: ari.Client) -> None:
    channel = client.get_channel(call.id)
    simulator.speed = 1
    channel.play(media=["sound:hello-world", "sound:vm-goodbye"])
    call.expect_playing("sound:hello-world")
    assert call.playing == ["sound:hello-world"]
    call.expect_heard("sound:vm-goodbye")
    assert call.heard == ["sound:hello-world", "sound:vm-goodbye"] and call.playing == []


def test_keys(simulator: Simulator, call: Call) -> None:
    call.press("1#")
    call.press("2", duration=300, gap=10)
    call.press(40)
    keys = [simulator.expect_event("ChannelDtmfReceived", channel=call).event for _ in range(5)]
    assert [key["digit"] for key in keys] == ["1", "#", "2", "4", "0"] and keys[2]["duration_ms"] == 300
    call.hang_up()
    with pytest.raises(SimulatorError) as refused:
        call.press("1")
    assert refused.value.status == 409


def test_hold_and_talk(simulator: Simulator, call: Call, client: ari.Client) -> None:
    call.hold(music_class="jazz")
    simulator.expect_event("ChannelHold", channel=call, musicclass="jazz")
    call.unhold()
    simulator.expect_event("ChannelUnhold", channel=call)
    client.channels.setChannelVar(channelId=call.id, variable="TALK_DETECT(set)", value="")
    call.talk(seconds=0.5)
    simulator.expect_event("ChannelTalkingStarted", channel=call)
    simulator.expect_event("ChannelTalkingFinished", channel=call)


def test_what_the_party_hears_besides_prompts(call: Call, client: ari.Client) -> None:
    heard = ("moh", "silence", "ringing", "held", "muted_in", "muted_out")
    assert [getattr(call, name) for name in heard] == [None, False, False, False, False, False]
    channel = client.get_channel(call.id)
    channel.startMoh(mohClass="jazz")
    call.expect(moh="jazz")
    call.expect(moh=True)
    assert call.moh == "jazz"
    with pytest.raises(ExpectationError, match="jazz"):
        call.expect(moh=False, within=0)
    channel.stopMoh()
    call.expect(moh=False)
    channel.startSilence()
    channel.ring()
    channel.mute(direction="in")
    call.hold()
    call.refresh()
    assert [getattr(call, name) for name in heard] == [None, True, True, True, True, False]
    channel.mute(direction="out")
    channel.unmute(direction="in")
    call.refresh()
    assert (call.muted_in, call.muted_out) == (False, True)


def test_a_bridge(call: Call, client: ari.Client) -> None:
    bridge = client.bridges.create(type="mixing")
    bridge.addChannel(channel=call.id)
    call.expect_bridged()
    call.expect_bridged(bridge)
    call.expect_bridged(bridge.id)
    assert call.bridge == bridge.id
    with pytest.raises(ExpectationError):
        call.expect_bridged("another", within=0)


def originate(client: ari.Client, endpoint: str) -> ari.Channel:
    return client.channels.originate(endpoint=endpoint, app="hello")


def test_a_telephone_that_is_called(simulator: Simulator, client: ari.Client) -> None:
    channel = originate(client, "PJSIP/alice")
    alice = simulator.expect_call("PJSIP/alice")
    assert alice.id == channel.id
    alice.expect_state("Ringing")
    alice.answer()
    alice.expect(state="Up", application="hello")


def test_a_telephone_that_rejects(simulator: Simulator, client: ari.Client) -> None:
    originate(client, "PJSIP/alice")
    alice = simulator.expect_call("PJSIP/alice", within=5)
    alice.reject(cause=CAUSES["busy"])
    alice.expect_hung_up()
    assert alice.cause == CAUSES["busy"]


def test_a_telephone_that_does_things_by_itself(simulator: Simulator, client: ari.Client) -> None:
    simulator.phone("PJSIP/carol", on_call="answer", after=0.1)
    assert simulator.phones()["PJSIP/carol"]["on_call"] == "answer"
    originate(client, "PJSIP/carol")
    simulator.expect_call("PJSIP/carol").expect_state("Up")
    simulator.phone("PJSIP/carol", on_call="silent")
    originate(client, "PJSIP/carol")
    carol = simulator.expect_call("PJSIP/carol")
    carol.ring()
    carol.expect_state("Ringing")
    simulator.phone("PJSIP/carol", state="offline")
    assert client.endpoints.get(tech="PJSIP", resource="carol").state == "offline"


def test_expected_requests(simulator: Simulator, call: Call, client: ari.Client) -> None:
    answer = simulator.expect_request("channels.answer", channelId=call, status=204)
    assert isinstance(answer, RequestRecord)
    assert (answer.method, answer.target, answer.status) == ("POST", f"/channels/{call.id}/answer", 204)
    assert answer.arguments == {"channelId": call.id} and answer.operation == "channels.answer"
    # It has met its expectation, and there is no other; only the log still knows it.
    simulator.expect_no_request("channels.answer", within=0.05)
    with pytest.raises(ExpectationError):
        simulator.expect_request("channels.answer", within=0)
    assert simulator.requests("channels.answer") == [answer]
    client.channels.sendDTMF(channelId=call.id, dtmf="1", after=100, before=5)
    # `after` is a word of the expectation's own, and so is written after_.
    sent = simulator.expect_request("channels.sendDTMF", after=answer, after_=100, before="5")
    assert simulator.requests(after=sent) == simulator.requests(after=sent.seq) == []
    with pytest.raises(ExpectationError, match="but it came"):
        client.channels.sendDTMF(channelId=call.id, dtmf="2")
        simulator.expect_no_request("channels.sendDTMF", dtmf="2")


def test_expected_events(simulator: Simulator, call: Call) -> None:
    start = simulator.expect_event("StasisStart", application="hello", channel={"id": call.id, "state": "Ring"})
    assert start.type == "StasisStart" and start.application == "hello" and start.delivered
    simulator.expect_no_event("StasisStart", within=0.05)
    simulator.expect_no_event("StasisEnd", within=0.05, channel=call)
    call.hang_up()
    end = simulator.expect_event("StasisEnd", after=start)
    assert [each.type for each in simulator.events(after=start)][-1:] != ["StasisStart"]
    assert simulator.events("StasisEnd") == [end] and end.seq > start.seq
    with pytest.raises(ExpectationError, match="StasisEnd"):
        simulator.call("1000").hang_up()
        simulator.expect_no_event("StasisEnd", within=5)


def test_a_failed_expectation_says_what_happened_instead(simulator: Simulator, call: Call, client: ari.Client) -> None:
    client.get_channel(call.id).play(media="sound:hello-world")
    with pytest.raises(AssertionError) as failed:
        simulator.expect_request("channels.play", within=0.05, media="sound:goodbye")
    first, why, request, connected = str(failed.value).splitlines()
    assert first == (
        'expected the request channels.play with media "sound:goodbye" within 0.05 s, but it did not come.'
    )
    assert why == 'Not this one: media is "sound:hello-world", not "sound:goodbye"'
    assert request.endswith(f"POST /channels/{call.id}/play?media=sound%3Ahello-world -> 201")
    assert connected == "Connected: hello."
    assert isinstance(failed.value, ExpectationError)
    with pytest.raises(ExpectationError) as failed:
        call.expect(within=0.05, state="Down", hung_up=True)
    assert "Up" in str(failed.value)
    with pytest.raises(ExpectationError, match="PJSIP/bob"):
        simulator.expect_call("PJSIP/bob", within=0)


def test_the_traceback_ends_in_the_test(simulator: Simulator) -> None:
    with pytest.raises(ExpectationError) as failed:
        simulator.expect_request("channels.play", within=0)
    hidden = failed.traceback.filter(failed)
    assert [entry.path for entry in hidden] == [Path(__file__)]


def test_wrong_questions(simulator: Simulator) -> None:
    for wrong in (
        lambda: simulator.expect_request("channels.dance"),
        lambda: simulator.expect_request("channels.play", loudness=3),
        lambda: simulator.call("1000", app="hello"),
        lambda: simulator.phone("Local/1"),
        lambda: simulator.send_event("hello", {}),
        lambda: simulator.set_speed(-1),
        lambda: simulator.command("POST", "expect", {"nonsense": 1}),
    ):
        with pytest.raises(SimulatorError) as refused:
            wrong()
        assert refused.value.status == 400 and str(refused.value)
    with pytest.raises(SimulatorError) as refused:
        simulator.command("GET", "/nowhere")
    assert refused.value.status == 404
    with pytest.raises(SimulatorError) as refused:
        simulator.send_event("hello", {"type": "X"})
    assert refused.value.status == 409
    with pytest.raises(ValueError, match="'alice' does not name a telephone"):
        simulator.phone("alice")
    with pytest.raises(TypeError, match="cannot be said"):
        simulator.expect_request("channels.play", media=object())


def test_nobody_takes_the_call(simulator: Simulator) -> None:
    with pytest.raises(SimulatorError, match="hello") as refused:
        simulator.call("1000", within=0.05)
    assert refused.value.status == 409


def test_an_event_as_it_stands(simulator: Simulator, client: ari.Client) -> None:
    came = threading.Event()
    client.on_event("BrandNew", lambda event: came.set() if event["colour"] == "red" else None)
    while "hello" not in simulator.about().applications:
        pass
    simulator.send_event("hello", {"type": "BrandNew", "colour": "red"})
    assert came.wait(20)


def test_a_new_start(simulator: Simulator, call: Call) -> None:
    simulator.fail(times=None)
    simulator.speed = 50
    simulator.reset()
    about = simulator.about()
    assert (simulator.calls(), simulator.faults(), simulator.requests(), about.speed) == ([], [], [], 10)
    assert about.applications == ["hello"]
    with pytest.raises(SimulatorError) as refused:
        call.refresh()
    assert refused.value.status == 404


def test_speed(simulator: Simulator) -> None:
    assert simulator.speed == 10
    simulator.speed = 100
    assert simulator.speed == 100
    simulator.set_speed(0.5)
    assert simulator.about().speed == 0.5


def test_options(tmp_path: Path) -> None:
    dialplan = tmp_path / "extensions.conf"
    dialplan.write_text("[default]\nexten => 7,1,Stasis(seven)\n")
    with Simulator(
        speed=2,
        dialplan=dialplan,
        phones={"PJSIP/dora": "busy", "PJSIP/emil": {"on_call": "answer", "after": 3}},
        sounds=["my/menu"],
        username="me",
        password="secret",
        read_only_username="she",
        read_only_password="hidden",
        version="23.0.0",
    ) as simulator:
        assert simulator.speed == 2 and simulator.about().version == "23.0.0"
        assert (simulator.username, simulator.password) == ("me", "secret")
        assert simulator.environment == {"ARI_URL": simulator.url, "ARI_USERNAME": "me", "ARI_PASSWORD": "secret"}
        assert {name: phone["on_call"] for name, phone in simulator.phones().items()} == {
            "PJSIP/dora": "busy",
            "PJSIP/emil": "answer",
        }
        client = simulator.connect(user_agent="test")
        assert client.server_version == "23.0.0"
        assert client.sounds.get(soundId="my/menu").id == "my/menu"
        with pytest.raises(ari.ForbiddenException):
            ari.connect(simulator.url, "she", "hidden").asterisk.setGlobalVar(variable="X", value="1")
        with simulator.running(client.run, "seven"):
            assert simulator.call("7").application == "seven"


@pytest.mark.parametrize("sounds", ["my/menu", ("my/menu",), {"my/menu"}, MappingProxyType({"my/menu": 2})])
def test_sounds(sounds: Any) -> None:
    with Simulator(sounds=sounds, phones=MappingProxyType({"PJSIP/dora": "busy"})) as simulator:
        assert simulator.connect().sounds.get(soundId="my/menu").id == "my/menu"
        assert list(simulator.phones()) == ["PJSIP/dora"]


def test_options_as_text() -> None:
    with Simulator(dialplan="[default]\nexten => 8,1,Hangup(17)\n", sounds={"*": 0.5}) as simulator:
        call = simulator.call("8")
        call.expect_hung_up()
        assert call.cause == CAUSES["busy"]


@pytest.mark.parametrize("options", [SimulatorOptions, PhoneOptions])
def test_help_shows_the_options(options: type[Any]) -> None:
    shown = pydoc.plain(pydoc.render_doc(options))
    described = re.findall(r"^ \|      (\w+): \S", shown, re.M)
    assert described == list(options.__annotations__)


def test_options_that_cannot_be() -> None:
    with pytest.raises(TypeError, match="'sped' is no option"):
        Simulator(sped=3)  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="the speed cannot be 0"):
        Simulator(speed=0)
    with pytest.raises(ValueError, match="dialplan"):
        Simulator(dialplan="exten => 1,1,NoOp()")
    with pytest.raises(ValueError, match="Local/1@x"):
        Simulator(phones={"Local/1@x": "ring"})
    with Simulator() as simulator, pytest.raises(OSError, match="cannot listen"):
        Simulator(port=int(simulator.url.rpartition(":")[2]))


def test_a_simulator_of_another_process(simulator: Simulator) -> None:
    """What is at control_url is driven, and not ended."""
    with Simulator(control_url=simulator.control_url) as other:
        assert (other.url, other.username, other.password) == (simulator.url, "hey", "peekaboo")
        other.speed = 77
    assert simulator.speed == 77
    with pytest.raises(TypeError, match="options are for"):
        Simulator(control_url=simulator.control_url, speed=3)
    with pytest.raises(ValueError, match="control_url"):
        Simulator(control_url="localhost:1")
    with pytest.raises(SimulatorError, match="no answer from the simulator") as gone:
        Simulator(control_url="http://127.0.0.1:9")
    assert gone.value.status is None


def test_a_simulator_that_is_gone() -> None:
    simulator = Simulator()
    driver = Simulator(control_url=simulator.control_url)
    client = simulator.connect()
    simulator.close()
    simulator.close()
    with pytest.raises(SimulatorError, match="the simulator is closed"):
        simulator.reset()
    with pytest.raises(SimulatorError, match="no answer from the simulator"):
        driver.reset()
    with pytest.raises(ari.ConnectionException):
        client.asterisk.ping()


def test_an_expectation_of_a_simulator_that_goes() -> None:
    simulator = Simulator()
    threading.Timer(0.2, simulator.close).start()
    with pytest.raises(SimulatorError, match="no answer from the simulator"):
        Simulator(control_url=simulator.control_url).expect_event("StasisStart", within=60)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_after_a_fork(simulator: Simulator) -> None:
    source = """if True:
        import os, sys
        from ari.testing import Simulator, SimulatorError
        simulator = Simulator()
        child = os.fork()
        if child == 0:
            try:
                simulator.reset()
            except SimulatorError as error:
                print(error, flush=True)
            Simulator(control_url=simulator.control_url).speed = 33
            with Simulator() as own:
                print(own.speed, flush=True)
            simulator.close()
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), simulator.speed)
    """
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=60, check=False)
    belongs, own, last = done.stdout.splitlines() or [done.stderr] * 3
    assert "belongs to process" in belongs and "control_url" in belongs
    assert own == "10.0" and last == "0 33.0", done.stderr


@pytest.mark.parametrize(
    ("caller", "read"),
    [
        ("Ann <123>", {"name": "Ann", "number": "123"}),
        ('"Ann Lee"<+49 30/1>', {"name": "Ann Lee", "number": "+49 30/1"}),
        ("<5>", {"name": "", "number": "5"}),
        ("+4930123", {"number": "+4930123"}),
        (" Ann ", {"name": "Ann"}),
        ({"name": "A", "number": "1"}, {"name": "A", "number": "1"}),
    ],
)
def test_callers(caller: Any, read: dict[str, str]) -> None:
    assert parse_caller(caller) == read
