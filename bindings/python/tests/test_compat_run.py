"""run() and close(), as programs of the classic package use them."""

from __future__ import annotations

import threading
import time
from typing import Any

import ari
import pytest
from conftest import event
from fake import PASSWORD, USER, Fake


def closing_codes(fake: Fake) -> list[int | None]:
    """The codes of the clients' close frames, once they are there."""
    for _ in range(100):
        if all(connection.closed_with for connection in fake.connections):
            break
        time.sleep(0.05)
    return [connection.closed_with for connection in fake.connections]


def test_applications_as_a_text_or_a_list(fake: Fake, client: ari.Client) -> None:
    for apps in ("hello", "a,b", ["a", "b"], ("c",)):
        client.run(apps)
    client.run(apps="hello", subscribeAll=True)
    queries = [connection.query for connection in fake.connections]
    assert queries == ["app=hello", "app=a%2Cb", "app=a%2Cb", "app=c", "app=hello&subscribeAll=true"]
    with pytest.raises(TypeError):
        client.run("")


def test_run_returns_when_the_server_closes_and_may_be_called_again(fake: Fake, client: ari.Client) -> None:
    seen: list[str] = []
    client.on_event("StasisEnd", lambda e: seen.append(e["n"]))
    for number in range(3):
        fake.frames = [event("StasisEnd", n=number)]
        client.run("hello")
    assert seen == [0, 1, 2]
    assert closing_codes(fake) == [1000] * 3


def test_close_from_another_thread_sends_a_close_frame(fake: Fake, client: ari.Client) -> None:
    fake.close_code = None
    # What the server sees is too early: a connection closed while it opens is given up without a close frame.
    connected = threading.Event()
    client.on_event("Connected", lambda _: connected.set())
    for _ in range(2):
        connected.clear()
        thread = threading.Thread(target=client.run, args=("hello",))
        thread.start()
        assert connected.wait(10)
        client.close()
        thread.join(10)
        assert not thread.is_alive()
    assert set(closing_codes(fake)) <= {1000, 1005}
    assert client.get_info()["system"]["version"] == "22.10.1"


def test_close_from_a_handler(fake: Fake, client: ari.Client) -> None:
    fake.close_code = None
    fake.frames = [event("StasisEnd", n=1), event("StasisEnd", n=2)]
    seen: list[Any] = []
    client.on_event("StasisEnd", lambda e: (seen.append(e["n"]), client.close()))
    client.run("hello")
    assert seen[0] == 1


def test_two_runs_in_two_threads(fake: Fake, client: ari.Client) -> None:
    fake.close_code = None
    seen: list[Any] = []
    client.on_event("StasisEnd", lambda e: seen.append((e["n"], threading.get_ident())))
    threads = [threading.Thread(target=client.run, args=(app,)) for app in ("a", "b")]
    for thread in threads:
        thread.start()
    while len(fake.connections) < 2:
        time.sleep(0.01)
    for number, connection in enumerate(fake.connections):
        connection.send(event("StasisEnd", n=number))
    while len(seen) < 2:
        time.sleep(0.01)
    client.close()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
    assert {thread for _, thread in seen} == {thread.ident for thread in threads}
    assert sorted(number for number, _ in seen) == [0, 1]


def test_a_lost_connection_raises_when_it_is_not_made_again(fake: Fake) -> None:
    client = ari.connect(fake.url, USER, PASSWORD, reconnect="never")
    fake.close_code = None
    client.on_event("Connected", lambda _: fake.connections[-1].drop())
    with pytest.raises(ConnectionError) as caught:
        client.run("hello")
    assert isinstance(caught.value, ari.ConnectionException)


def test_a_lost_connection_is_made_again(fake: Fake, client: ari.Client, caplog: pytest.LogCaptureFixture) -> None:
    fake.close_code = None
    seen: list[str] = []

    def on_connection(found: Any) -> None:
        seen.append(found["type"])
        if found["type"] == "Connected":
            fake.connections[-1].drop()
        if found["type"] == "Reconnected":
            fake.connections[-1].send(event("StasisEnd"))

    for name in ("Connected", "ConnectionLost", "Reconnecting", "Reconnected", "ConnectionClosed"):
        client.on_event(name, on_connection)
    client.on_event("StasisEnd", lambda _: (seen.append("StasisEnd"), fake.connections[-1].close(1000)))
    client.run("hello")
    assert seen == ["Connected", "ConnectionLost", "Reconnecting", "Reconnected", "StasisEnd", "ConnectionClosed"]
    assert "lost the event connection" in caplog.text and "is back" in caplog.text


def test_an_application_cannot_start(fake: Fake, client: ari.Client) -> None:
    fake.shutdown()
    fake.server_close()
    with pytest.raises(ConnectionError):
        client.run("hello")


def test_leaving_a_with_block_closes(fake: Fake) -> None:
    fake.close_code = None
    with ari.connect(fake.url, USER, PASSWORD) as client:
        thread = threading.Thread(target=client.run, args=("hello",))
        thread.start()
        assert fake.connected.wait(10)
        time.sleep(0.05)
    thread.join(10)
    assert not thread.is_alive()


def test_events_one_by_one(fake: Fake, client: ari.Client) -> None:
    fake.frames = [event("StasisEnd", n=1), {"type": "Unheard", "n": 2}]
    seen: list[Any] = []
    client.on_event("StasisEnd", lambda e: seen.append(("handler", e["n"])))
    for found in client.events("hello"):
        seen.append((found.type, found.get("n")))
    assert seen == [
        ("Connected", None),
        ("handler", 1),
        ("StasisEnd", 1),
        ("Unheard", 2),
        ("ConnectionClosed", None),
    ]


def test_an_iteration_that_is_left_closes_its_connection(fake: Fake, client: ari.Client) -> None:
    fake.close_code = None
    fake.frames = [event("StasisEnd", n=number) for number in range(10)]
    generation = client._native.generation()
    for found in client.events("hello"):
        if found.get("n") == 3:
            break
    del found
    with client.events("hello") as events:
        assert next(events)["type"] == "Connected"
    assert all(closing_codes(fake)) and len(fake.connections) == 2
    assert client._native.generation() > generation and len(client._registry._scopes.get((None, None, None), {})) == 0


def test_handlers_that_come_and_go_between_events(fake: Fake, client: ari.Client) -> None:
    fake.frames = [event("StasisEnd", n=number) for number in range(6)]
    seen: list[Any] = []
    handle = None
    for found in client.events("hello"):
        if found.get("n") == 1:
            handle = client.on_event("StasisEnd", lambda e: seen.append(e["n"]))
        if found.get("n") == 3 and handle:
            handle.close()
    assert seen == [2, 3]
