"""The application under test beside the test, and the fixtures of pytest."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Callable

import ari
import pytest
from ari.testing import ExpectationError, Simulator, SimulatorError, SimulatorOptions

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = ROOT / "examples" / "python"


def serve(client: ari.Client) -> None:
    client.on_event("StasisStart", lambda event: event.channel.answer())
    client.run("hello")


def connect_and_serve(url: str) -> None:
    serve(ari.connect(url, "hey", "peekaboo"))


async def connect_and_serve_async(url: str) -> None:
    async with await ari.connect_async(url, "hey", "peekaboo") as client:
        client.on_event("StasisStart", lambda event: event.channel.answer())
        await client.run("hello")


def is_answered(simulator: Simulator) -> None:
    simulator.call("1000").expect_state("Up")


def is_stopped(simulator: Simulator) -> None:
    """The application has gone, which the simulator sees a little later."""
    for _ in range(1000):
        try:
            simulator.send_event("hello", {"type": "Note"})
        except SimulatorError:
            return
        time.sleep(0.01)
    pytest.fail("the application is still there")


def test_a_function_with_a_client(simulator: Simulator) -> None:
    client = simulator.connect()
    with simulator.running(serve, client):
        is_answered(simulator)
    is_stopped(simulator)
    with simulator.running(serve, client=client):  # and again
        is_answered(simulator)


def test_a_method_of_a_client(simulator: Simulator) -> None:
    client = simulator.connect()
    client.on_event("StasisStart", lambda event: event.channel.answer())
    with simulator.running(client.run, apps="hello"):
        is_answered(simulator)


@pytest.mark.parametrize("main", [connect_and_serve, connect_and_serve_async])
def test_a_function_that_connects_by_itself(simulator: Simulator, main: Any) -> None:
    with simulator.running(main, simulator.url):
        is_answered(simulator)


def test_an_end_before_it_has_begun(simulator: Simulator) -> None:
    for _ in range(20):
        with simulator.running(serve, simulator.connect()):
            pass


def test_what_the_application_raises(simulator: Simulator) -> None:
    def broken() -> None:
        raise KeyError("broken")

    with pytest.raises(KeyError, match="broken"), simulator.running(broken):
        pass
    # Both are shown: what the test missed, and why.
    with pytest.raises(KeyError) as raised, simulator.running(broken):
        simulator.expect_request("channels.play", within=0)
    assert isinstance(raised.value.__context__, ExpectationError)
    with simulator.running(sys.exit, 0):
        pass
    with pytest.raises(SystemExit), simulator.running(sys.exit, "no good"):
        pass


def nearly_for_ever(simulator: Simulator) -> dict[str, Callable[[], object]]:
    call = simulator.call("8")
    return {
        "a request": lambda: simulator.expect_request("channels.play", within=61),
        "an event": lambda: simulator.expect_event("StasisEnd", within=61),
        "a call": lambda: call.expect(within=61, bridge=True),
        "a telephone": lambda: simulator.expect_call("PJSIP/alice", within=61),
        "another call": lambda: simulator.call("1000", within=61),
        "a connection": lambda: simulator.drop(within=61),
    }


@pytest.fixture
def simulator_options() -> SimulatorOptions:
    """Besides the usual extension one at which a call is without an application."""
    return {"dialplan": "[default]\nexten => 1000,1,Stasis(hello)\nexten => 8,1,Answer()\n same => n,Wait(100000)\n"}


WAITING = ["a request", "an event", "a call", "a telephone", "another call", "a connection"]


@pytest.mark.parametrize("waiting", WAITING)
def test_nothing_is_waited_for_once_the_application_has_failed(simulator: Simulator, waiting: str) -> None:
    """Be it that it fails meanwhile, or that it has failed before."""
    go = threading.Event()

    def broken() -> None:
        go.wait()
        raise KeyError("broken")

    wait = nearly_for_ever(simulator)[waiting]
    # What fails inside is hidden by what the application raises.
    said = []
    with pytest.raises(KeyError, match="broken"), simulator.running(broken):
        threading.Timer(0.2, go.set).start()
        for _ in range(2):
            with pytest.raises((ExpectationError, SimulatorError)) as failed:
                wait()
            said.append(str(failed.value))
    assert len(said) == 2
    for each in said:
        assert each.endswith("\nThe application has ended with KeyError: 'broken'")
        assert "61 s" not in each, "it was waited for"


def test_an_application_that_has_ended_well_is_told_in_a_failure(simulator: Simulator) -> None:
    with pytest.raises(ExpectationError) as failed, simulator.running(lambda: None):
        simulator.expect_request("channels.play", within=0.2)
    assert str(failed.value).endswith("\nThe application has ended.")
    with pytest.raises(ExpectationError) as failed:  # one that has been stopped is not
        simulator.expect_request("channels.play", within=0)
    assert "has ended" not in str(failed.value)


def test_what_a_failed_application_has_done_is_there(simulator: Simulator) -> None:
    client = simulator.connect()

    def broken() -> None:
        client.asterisk.ping()
        raise KeyError("broken")

    met = None
    with pytest.raises(KeyError), simulator.running(broken):
        met = simulator.expect_request("asterisk.ping", within=61)
        simulator.expect_no_request("asterisk.ping", within=0.1)
        with pytest.raises(SimulatorError) as refused:
            simulator.expect_request("asterisk.pong", within=61)
    assert met and "has ended" not in str(refused.value), "what is wrong is wrong in any case"


def test_nothing_is_waited_for_once_a_program_has_failed(simulator: Simulator) -> None:
    with pytest.raises(SimulatorError, match="ended with 3"):  # noqa: SIM117
        with simulator.running_program(sys.executable, "-c", "raise SystemExit(3)"):
            with pytest.raises(ExpectationError) as failed:
                simulator.expect_request("channels.play", within=61)
    assert "within 0 s" in str(failed.value)
    assert re.search(r"\nThe program \S*python\S* -c .* has ended with 3\.$", str(failed.value))


def test_what_the_test_raises(simulator: Simulator) -> None:
    with pytest.raises(ExpectationError), simulator.running(serve, simulator.connect()):
        simulator.expect_request("channels.play", within=0)
    is_stopped(simulator)


def test_an_application_that_does_not_end(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ari.testing.running.END", 0.1)
    goes_on = threading.Event()
    with pytest.raises(SimulatorError, match=r"did not end within 0\.1 s"), simulator.running(goes_on.wait):
        pass
    goes_on.set()


def test_a_program(simulator: Simulator) -> None:
    with simulator.running_program(sys.executable, EXAMPLES / "ivr.py") as program:
        call = simulator.call("1000")
        call.expect_heard("sound:hello-world")
        call.press("#")
        call.expect_hung_up()
        assert program.poll() is None
    assert program.poll() is not None


def test_a_program_that_fails(simulator: Simulator) -> None:
    with pytest.raises(SimulatorError, match="ended with 3"):  # noqa: SIM117
        with simulator.running_program(sys.executable, "-c", "raise SystemExit(3)") as program:
            program.wait(20)


def pytest_run(folder: Path, *arguments: str) -> str:
    """What pytest says to the tests in a folder."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments, "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False, env=os.environ)
    return done.stdout + done.stderr


def test_the_fixture_and_its_options(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "import pytest\n"
        "@pytest.fixture\n"
        "def simulator_options():\n"
        "    return {'speed': 42}\n"
        "def test_speed(simulator):\n"
        "    assert simulator.speed == 42\n"
        "    simulator.speed = 1\n"
        "def test_fresh(simulator, async_simulator):\n"
        "    assert simulator.speed == 42 and async_simulator.url != simulator.url\n"
    )
    assert "2 passed" in pytest_run(tmp_path)


def test_the_fixture_costs_nothing_where_it_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "import sys\ndef test_it():\n    assert 'ari' not in sys.modules and 'ari_pytest' in sys.modules\n"
    )
    assert "1 passed" in pytest_run(tmp_path)


def test_a_failure_as_pytest_shows_it(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "def test_it(simulator):\n    simulator.expect_request('channels.play', within=0, media='sound:hello')\n"
    )
    shown = pytest_run(tmp_path)
    assert (
        'E       ari.testing.ExpectationError: expected the request channels.play with media "sound:hello" within 0 s, '
        "but it did not come.\nE       Nothing happened at all.\nE       No application is connected.\n"
    ) in shown
    assert "test_it.py:2: ExpectationError" in shown and "commands.py" not in shown


@pytest.mark.parametrize(
    ("document", "name"),
    [
        ("README.md", "test_the_menu(simulator)"),
        ("docs/simulator.md", "test_the_menu(simulator)"),
        ("docs/python.md", "test_the_menu(simulator)"),
        ("docs/python.md", "test_the_greeting(async_simulator)"),
    ],
)
def test_the_tests_in_the_documents(tmp_path: Path, document: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / document).read_text(), re.S)
    test = next(block for block in blocks if f"def {name}" in block)
    (tmp_path / "test_document.py").write_text("import ivr\n" + test)
    monkeypatch.setenv("PYTHONPATH", str(EXAMPLES))
    shown = pytest_run(tmp_path)
    assert "1 passed" in shown, shown


def test_the_example_of_a_test() -> None:
    shown = pytest_run(EXAMPLES)
    assert " passed" in shown and "failed" not in shown, shown
