"""The way to the simulator's control interface: JSON over HTTP, blocking or awaited."""

from __future__ import annotations

import asyncio
import io
import json
import math
import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPException, HTTPResponse
from typing import Any, Callable, NamedTuple
from urllib.parse import urlsplit

from .. import _native

CONNECT_TIMEOUT = 10.0
ANSWER_TIMEOUT = 30.0
"""Seconds for an answer, besides those that the command itself takes."""
SLICE = 0.05
"""Seconds after which to look whether the application is still there."""
WRONG = 400
EXPECTATION_FAILED = 417


class SimulatorError(Exception):
    """The simulator did not do what it was told: the command was wrong, or it cannot be now, or nobody is there."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        """400: the command was wrong; 404: there is no such thing; 409: it cannot be now. None: the simulator was not
        reached."""


class ExpectationError(AssertionError):
    """What was expected did not happen; the message says what happened instead."""


class Ending(NamedTuple):
    """How an application that runs beside the test has ended."""

    how: str
    failed: bool


class Link:
    """Sends commands to one simulator, each on a connection of its own, so that many may wait at the same time."""

    def __init__(self, control_url: str, native: _native.Simulator | None) -> None:
        parts = urlsplit(control_url)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError(f"control_url has to be like http://127.0.0.1:40000, not {control_url!r}")
        self.control_url = control_url.rstrip("/")
        self._address = (parts.hostname, parts.port or 80)
        self._path = parts.path.rstrip("/")
        self._native = native
        self._process = os.getpid()
        self._closed = False
        self._applications: list[Callable[[], Ending | None]] = []

    @contextmanager
    def watching(self, application: Callable[[], Ending | None]) -> Iterator[None]:
        """As long as this lasts, nothing is waited for once an application has failed, and messages say that it has."""
        self._applications.append(application)
        try:
            yield
        finally:
            self._applications.remove(application)

    def send(self, method: str, path: str, body: Mapping[str, Any] | None, seconds: float | None) -> Any:
        """The answer to a command that takes so many seconds itself, or nobody knows how many (None)."""
        __tracebackhide__ = True
        waits = _waits(body)
        received = self._exchange(self._request(method, path, body), _patience(seconds), waits)
        if received is None:
            received = self._exchange(self._request(method, path, _at_once(body)), ANSWER_TIMEOUT, False)
        return self._answer(received or b"", waits)

    async def send_async(self, method: str, path: str, body: Mapping[str, Any] | None, seconds: float | None) -> Any:
        """The same without blocking the event loop. One that is cancelled is given up by the simulator, too."""
        __tracebackhide__ = True
        waits = _waits(body)
        received = await self._exchange_async(self._request(method, path, body), _patience(seconds), waits)
        if received is None:
            request = self._request(method, path, _at_once(body))
            received = await self._exchange_async(request, ANSWER_TIMEOUT, False)
        return self._answer(received or b"", waits)

    def close(self) -> None:
        """Ends the simulator, if it was started in this process."""
        self._closed = True
        if self._native is not None and self._process == os.getpid():
            self._native.close()

    def _exchange(self, request: bytes, patience: float, waits: bool) -> bytes | None:
        """What comes for a request; None if it is not worth waiting for any more."""
        __tracebackhide__ = True
        until = time.monotonic() + patience
        received = b""
        try:
            with socket.create_connection(self._address, CONNECT_TIMEOUT) as connection:
                connection.sendall(request)
                connection.settimeout(SLICE)
                while True:
                    try:
                        part = connection.recv(65536)
                    except socket.timeout:
                        if waits and self._has_failed():
                            return None
                        if time.monotonic() > until:
                            raise
                        continue
                    if not part:
                        return received
                    received += part
        except OSError as error:
            raise self._gone(error) from error

    async def _exchange_async(self, request: bytes, patience: float, waits: bool) -> bytes | None:
        __tracebackhide__ = True
        until = time.monotonic() + patience
        try:
            opening = asyncio.open_connection(*self._address)
            reader, writer = await asyncio.wait_for(opening, CONNECT_TIMEOUT)
            reading = asyncio.ensure_future(reader.read())
            try:
                writer.write(request)
                while not (await asyncio.wait([reading], timeout=SLICE))[0]:
                    if waits and self._has_failed():
                        return None
                    if time.monotonic() > until:
                        raise asyncio.TimeoutError
                return reading.result()
            finally:
                reading.cancel()
                writer.close()
        except (OSError, asyncio.TimeoutError) as error:
            raise self._gone(error) from error

    def _endings(self) -> list[Ending]:
        return [ending for ended in list(self._applications) if (ending := ended()) is not None]

    def _has_failed(self) -> bool:
        return any(ending.failed for ending in self._endings())

    def _request(self, method: str, path: str, body: Mapping[str, Any] | None) -> bytes:
        __tracebackhide__ = True
        if self._closed:
            raise SimulatorError("the simulator is closed")
        if self._native is not None and self._process != os.getpid():
            raise SimulatorError(
                f"the simulator belongs to process {self._process}, which has forked this one; start another one here, "
                f"or drive that one with Simulator(control_url={self.control_url!r})"
            )
        content = b"" if body is None else json.dumps(body, default=_id_of).encode()
        host = "{}:{}".format(*self._address) if ":" not in self._address[0] else "[{}]:{}".format(*self._address)
        head = (
            f"{method} {self._path}/{path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(content)}\r\nConnection: close\r\n\r\n"
        )
        return head.encode("ascii") + content

    def _answer(self, received: bytes, waited: bool) -> Any:
        __tracebackhide__ = True
        try:
            response = HTTPResponse(_Received(received))  # type: ignore[arg-type]
            response.begin()
            value = json.loads(response.read() or b"null")
        except (HTTPException, ValueError) as error:
            raise self._gone(error) from error
        if response.status == 200:
            return value
        message = value["message"] if isinstance(value, dict) and "message" in value else f"{response.status}: {value}"
        if waited and response.status != WRONG:
            message = "\n".join([message, *(ending.how for ending in self._endings())])
        if response.status == EXPECTATION_FAILED:
            raise ExpectationError(message)
        raise SimulatorError(message, response.status)

    def _gone(self, error: BaseException) -> SimulatorError:
        return SimulatorError(
            f"no answer from the simulator at {self.control_url}: {str(error) or type(error).__name__}"
        )


class _Received:
    """Bytes in the place of the connection on which they came."""

    def __init__(self, received: bytes) -> None:
        self._received = received

    def makefile(self, *_: object) -> io.BytesIO:
        return io.BytesIO(self._received)


def _patience(seconds: float | None) -> float:
    return math.inf if seconds is None else seconds + ANSWER_TIMEOUT


def _waits(body: Mapping[str, Any] | None) -> bool:
    """Whether a command waits for what the application does."""
    return body is not None and "within" in body


def _at_once(body: Mapping[str, Any] | None) -> dict[str, Any]:
    """The same command, of what there is already."""
    return {**(body or {}), "within": 0}


def _id_of(value: Any) -> Any:
    """What stands for an object of the client, or a call, in JSON."""
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(found := getattr(value, "id", None), str):
        return found
    raise TypeError(f"{value!r} cannot be said to the simulator")
