"""Exceptions: the family, what it knows, and what programs that use `requests` see of it."""

from __future__ import annotations

import pickle
import socket
import subprocess
import sys
import textwrap
import threading
from typing import Any

import ari
import pytest
from fake import PASSWORD, USER, Fake

CLASSES = {
    400: ari.IllegalInputException,
    401: ari.UnauthorizedException,
    403: ari.ForbiddenException,
    404: ari.NotFoundException,
    405: ari.ClientErrorException,
    406: ari.ClientErrorException,
    409: ari.IllegalStateException,
    412: ari.PreconditionFailedException,
    413: ari.ClientErrorException,
    418: ari.ClientErrorException,
    422: ari.UnprocessableException,
    500: ari.AsteriskServerException,
    501: ari.NoSuchMethodException,
    503: ari.AsteriskUnknownException,
    599: ari.AsteriskUnknownException,
}


@pytest.mark.parametrize("status", CLASSES)
def test_each_status_has_its_class(fake: Fake, client: ari.Client, status: int) -> None:
    fake.on("DELETE", "/channels/c", status, {"message": f"no: {status}"})
    with pytest.raises(ari.AriException) as caught:
        client.channels.hangup("c")
    error = caught.value
    assert isinstance(error, CLASSES[status]) and type(error).__name__ == CLASSES[status].__name__
    assert not isinstance(error, TypeError)
    assert (error.status, error.message, error.delivery) == (status, f"no: {status}", "rejected")
    assert (error.operation, error.method, error.path) == ("channels.hangup", "DELETE", "/channels/c")
    assert error.response is not None
    assert (error.response.status_code, error.response.json()) == (status, {"message": f"no: {status}"})
    assert error.response.text == error.body.decode() and not error.response.ok  # type: ignore[union-attr]
    assert f"no: {status}" in str(error) and str(status) in str(error)


def test_the_family() -> None:
    assert issubclass(ari.UnprocessableException, ari.IllegalInputException)
    assert issubclass(ari.PreconditionFailedException, ari.IllegalStateException)
    for name in ari.__all__:
        found = getattr(ari, name)
        if name.endswith("Exception"):
            assert issubclass(found, ari.AriException) and found.__doc__


def test_no_answer_in_time(fake: Fake) -> None:
    client = ari.connect(fake.url, USER, PASSWORD, request_timeout=0.2)
    release = threading.Event()
    fake.call("POST", "/channels/c/answer", lambda _: (200, release.wait(5)))
    with pytest.raises(TimeoutError) as caught:
        client.channels.answer("c")
    release.set()
    assert isinstance(caught.value, ari.TimeoutException)
    assert (caught.value.delivery, caught.value.response) == ("outcome unknown", None)


def answering_once(content: bytes) -> str:
    """A server that sends these bytes and is gone."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection, listener:
            connection.recv(65536)
            connection.sendall(content)

    threading.Thread(target=serve, daemon=True).start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_a_connection_that_ends_within_the_answer() -> None:
    url = answering_once(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
    with pytest.raises(ari.AriException) as caught:
        ari.Client(url, USER, PASSWORD).channels.answer("c")
    assert isinstance(caught.value, (ari.ConnectionException, ari.ProtocolException))
    assert caught.value.delivery == "outcome unknown"


def test_an_answer_that_is_no_http() -> None:
    with pytest.raises(ari.AriException) as caught:
        ari.Client(answering_once(b"SSH-2.0-OpenSSH\r\n"), USER, PASSWORD).channels.answer("c")
    assert caught.value.delivery == "outcome unknown"


def test_an_answer_that_is_no_json(fake: Fake, client: ari.Client) -> None:
    fake.on("GET", "/channels", 200, b"<html>")
    with pytest.raises(ari.ProtocolException):
        client.channels.list()


def test_a_newer_operation_on_an_older_server(fake: Fake) -> None:
    fake.on("GET", "/asterisk/info", answer={"system": {"version": "20.9.1"}})
    client = ari.connect(fake.url, USER, PASSWORD)
    with pytest.raises(ari.NotFoundException, match=r"20\.9\.1") as caught:
        client.channels.transfer_progress("c", states="channel_progress")
    assert caught.value.advice and "20.9.1" in caught.value.advice


def test_exceptions_can_be_pickled(fake: Fake, client: ari.Client) -> None:
    for call in (lambda: client.channels.get("gone"), lambda: client.channels.get()):  # type: ignore[call-arg]
        with pytest.raises(ari.AriException) as caught:
            call()
        again: Any = pickle.loads(pickle.dumps(caught.value))
        assert isinstance(again, ari.AriException) and again.status == caught.value.status
        assert isinstance(again, TypeError) == isinstance(caught.value, TypeError)


PROGRAM = """
import sys, threading
sys.path.insert(0, {tests!r})
from fake import *
import ari
with Fake() as fake:
    client = ari.connect(fake.url, USER, PASSWORD)
    {program}
"""


def run(program: str) -> str:
    """What a program of its own prints, with `client` and `fake` at hand."""
    tests = str(__import__("pathlib").Path(__file__).parent)
    source = PROGRAM.format(tests=tests, program=textwrap.indent(textwrap.dedent(program), "    ").strip())
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_without_requests_nothing_imports_it() -> None:
    out = run(
        """
        try:
            client.channels.get("gone")
        except ari.NotFoundException as error:
            print(error.response.status_code, error.response.json(), error.response.text)
            print(type(error).__mro__[1].__name__)
        print("requests" in sys.modules)
        """
    )
    assert out.splitlines() == [
        "404 {'message': 'nothing at /ari/channels/gone'} {\"message\": \"nothing at /ari/channels/gone\"}",
        "AriException",
        "False",
    ]


def test_with_requests_its_exceptions_are_ours_too() -> None:
    out = run(
        """
        try:
            client.channels.get("early")
        except ari.NotFoundException as error:
            kinds = [each.__name__ for each in type(error).__mro__ if each.__module__.startswith("requests")]
            print("not yet", kinds)
        import requests
        try:
            client.channels.get("gone")
        except requests.HTTPError as error:
            same = error.response.status_code == requests.codes.not_found
            print("HTTPError", same, error.response.json()["message"], isinstance(error, ari.NotFoundException))
        try:
            client.channels.get("gone")
        except requests.RequestException as error:
            print("RequestException", type(error).__name__, error.message)
        kinds = []
        for _ in range(2):
            try:
                client.channels.get("gone")
            except Exception as error:
                kinds.append(type(error))
        print("made once", kinds[0] is kinds[1])
        try:
            ari.connect("http://127.0.0.1:9", USER, PASSWORD)
        except requests.exceptions.ConnectionError as error:
            print("ConnectionError", isinstance(error, ari.ConnectionException), isinstance(error, ConnectionError))
        try:
            ari.connect(fake.url, USER, "wrong")
        except requests.exceptions.HTTPError as error:
            print(error.response.status_code)
        held = threading.Event()
        fake.call("POST", "/channels/c/answer", lambda _: (200, held.wait(5)))
        slow = ari.connect(fake.url, USER, PASSWORD, request_timeout=0.2)
        try:
            slow.channels.answer("c")
        except requests.exceptions.Timeout as error:
            print("Timeout", isinstance(error, ari.TimeoutException))
        held.set()
        try:
            client.channels.get()
        except TypeError as error:
            print("TypeError", isinstance(error, requests.RequestException))
        import pickle
        try:
            client.channels.get("gone")
        except requests.HTTPError as error:
            print("pickle", isinstance(pickle.loads(pickle.dumps(error)), requests.HTTPError))
        """
    )
    assert out.splitlines() == [
        "not yet []",
        "HTTPError True nothing at /ari/channels/gone True",
        "RequestException NotFoundException nothing at /ari/channels/gone",
        "made once True",
        "ConnectionError True True",
        "401",
        "Timeout True",
        "TypeError False",
        "pickle True",
    ]
