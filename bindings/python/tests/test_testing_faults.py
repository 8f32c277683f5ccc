"""What the simulator lets go wrong, as a client sees it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from queue import Queue
from typing import Any

import ari
import pytest
from ari.testing import Simulator, SimulatorError

FOR_EVER = 3600.0
PATIENCE = 20


@pytest.fixture
def client(simulator: Simulator) -> ari.Client:
    return simulator.connect()


@pytest.fixture
def happenings(simulator: Simulator) -> Iterator[Queue[Any]]:
    """What an application is told about its connection, in order; it is connected already."""
    client = simulator.connect(ping_interval=0.1, pong_timeout=0.1)
    told: Queue[Any] = Queue()
    for type in ("Connected", "ConnectionLost", "Reconnected", "ConnectionClosed", "Note"):
        client.on_event(type, told.put)
    with simulator.running(client.run, "hello"):
        assert told.get(timeout=PATIENCE).type == "Connected"
        yield told


def test_a_status_with_a_message(simulator: Simulator, client: ari.Client) -> None:
    simulator.fail("asterisk.ping", status=503, message="not now")
    with pytest.raises(ari.AsteriskUnknownException) as refused:
        client.asterisk.ping()
    assert (refused.value.status, refused.value.message, refused.value.delivery) == (503, "not now", "rejected")
    client.asterisk.ping()  # it was for once
    assert [record.status for record in simulator.requests("asterisk.ping")] == [503, 200]
    assert simulator.requests("asterisk.ping")[0].message == "not now"


def test_a_status_for_some_arguments_and_more_than_once(simulator: Simulator, client: ari.Client) -> None:
    simulator.fail("asterisk.getGlobalVar", status=409, times=None, variable="X")
    client.asterisk.setGlobalVar(variable="Y", value="1")
    assert client.asterisk.getGlobalVar(variable="Y").value == "1"
    for _ in range(3):
        with pytest.raises(ari.IllegalStateException):
            client.asterisk.getGlobalVar(variable="X")
    assert [fault["status"] for fault in simulator.faults()] == [409]
    simulator.clear_faults()
    assert simulator.faults() == []
    assert client.asterisk.getGlobalVar(variable="X").value == ""


def test_every_operation_may_fail(simulator: Simulator, client: ari.Client) -> None:
    simulator.fail(times=2)
    for call in (client.channels.list, client.asterisk.ping):
        with pytest.raises(ari.AsteriskServerException):
            call()
    client.asterisk.ping()


def test_a_status_that_takes_its_time(simulator: Simulator) -> None:
    client = simulator.connect(request_timeout=0.2)
    simulator.fail("asterisk.ping", delay=FOR_EVER)
    assert [(fault["status"], fault["delay"], fault["arguments"]) for fault in simulator.faults()] == [
        (500, FOR_EVER, {})
    ]
    with pytest.raises(ari.TimeoutException):
        client.asterisk.ping()
    simulator.fail("asterisk.ping", status=503, delay=0.01)
    with pytest.raises(ari.AsteriskUnknownException) as refused:
        client.asterisk.ping()
    assert refused.value.status == 503


def test_a_delay(simulator: Simulator) -> None:
    client = simulator.connect(request_timeout=0.2)
    simulator.delay("asterisk.ping", FOR_EVER)
    with pytest.raises(ari.TimeoutException) as late:
        client.asterisk.ping()
    assert late.value.delivery == "outcome unknown"
    simulator.delay("asterisk.ping", 0.01)
    client.asterisk.ping()


@pytest.mark.parametrize("how", ["reset", "close", "silence"])
@pytest.mark.parametrize("performed", [False, True])
def test_an_answer_that_does_not_come(simulator: Simulator, how: Any, performed: bool) -> None:
    client = simulator.connect(request_timeout=0.5 if how == "silence" else 30)
    simulator.cut("asterisk.setGlobalVar", how, performed=performed)
    with pytest.raises(ari.TimeoutException if how == "silence" else ari.ConnectionException) as lost:
        client.asterisk.setGlobalVar(variable="DONE", value="yes")
    # Whether it was done is what the client cannot know.
    assert lost.value.delivery == "outcome unknown"
    assert client.asterisk.getGlobalVar(variable="DONE").value == ("yes" if performed else "")
    record = simulator.expect_request("asterisk.setGlobalVar", variable="DONE")
    assert record.status is None


def test_a_server_that_went_away_was_sent_nothing(simulator: Simulator, client: ari.Client) -> None:
    simulator.stop()
    assert simulator.about().mode == "down"
    with pytest.raises(ari.ConnectionException) as refused:
        client.asterisk.ping()
    assert refused.value.delivery == "not sent"
    simulator.start()
    client.asterisk.ping()


def wait_for_refusal(client: ari.Client, status: int) -> None:
    """Until then, nothing else may be done either."""
    for _ in range(1000):
        with pytest.raises(ari.AriException) as refused:
            client.asterisk.ping()
        if refused.value.status == status:
            return
        time.sleep(0.01)
    pytest.fail(f"there was no {status}")


def test_a_slow_start(simulator: Simulator, client: ari.Client) -> None:
    simulator.restart(down=0, loading=FOR_EVER, wait=False)
    wait_for_refusal(client, 404)
    assert simulator.about().mode == "loading"


def test_a_start_that_takes_its_time(simulator: Simulator, client: ari.Client) -> None:
    simulator.restart(down=0, loading=0, booting=FOR_EVER, wait=False)
    wait_for_refusal(client, 503)
    assert simulator.about().mode == "booting"


def test_a_restart_is_survived(simulator: Simulator, happenings: Queue[Any]) -> None:
    simulator.restart(down=0.05, loading=0.05, booting=0.05)
    assert simulator.about().mode == "up"
    assert happenings.get(timeout=PATIENCE).type == "ConnectionLost"
    assert happenings.get(timeout=PATIENCE).type == "Reconnected"


@pytest.mark.parametrize("how", ["drop", "reset_connections"])
def test_a_lost_connection_is_made_again(simulator: Simulator, happenings: Queue[Any], how: str) -> None:
    assert getattr(simulator, how)() == 1
    assert happenings.get(timeout=PATIENCE).type == "ConnectionLost"
    assert happenings.get(timeout=PATIENCE).type == "Reconnected"


def test_a_ping_finds_a_silent_connection(simulator: Simulator, happenings: Queue[Any]) -> None:
    assert simulator.silence("hello") == 1
    lost = happenings.get(timeout=PATIENCE)
    assert lost.type == "ConnectionLost" and "did not answer a ping" in lost["reason"]
    assert happenings.get(timeout=PATIENCE).type == "Reconnected"


def test_a_silence_ends(simulator: Simulator) -> None:
    client = simulator.connect()
    notes: Queue[Any] = Queue()
    client.on_event("Note", notes.put)
    with simulator.running(client.run, "hello"):
        assert simulator.silence() == 1
        simulator.send_event("hello", {"type": "Note", "number": 1})
        assert simulator.resume() == 1
        simulator.send_event("hello", {"type": "Note", "number": 2})
        assert notes.get(timeout=PATIENCE)["number"] == 2 and notes.empty()


def test_a_closed_connection_ends_the_run(simulator: Simulator, happenings: Queue[Any]) -> None:
    assert simulator.close_connections(4000, application="hello") == 1
    closed = happenings.get(timeout=PATIENCE)
    assert closed.type == "ConnectionClosed" and closed["code"] == 4000


def test_faults_that_cannot_be(simulator: Simulator) -> None:
    for wrong in (
        lambda: simulator.fail("channels.dance"),
        lambda: simulator.fail(status=1000),
        lambda: simulator.fail("asterisk.ping", delay=-1),
        lambda: simulator.delay("asterisk.ping", -1),
        lambda: simulator.cut("asterisk.ping", "slowly"),  # type: ignore[arg-type]
        lambda: simulator.close_connections(10),
    ):
        with pytest.raises(SimulatorError) as refused:
            wrong()
        assert refused.value.status == 400
    with pytest.raises(SimulatorError, match="no connection") as refused:
        simulator.drop(within=0)
    assert refused.value.status == 409
