"""The application under test, beside the test."""

from __future__ import annotations

import asyncio
import os
import subprocess
import threading
import time
import traceback
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from inspect import iscoroutine
from typing import Any, Callable

from ..runtime.sync import SyncClient
from .link import Ending, Link, SimulatorError

END = 10.0
"""Seconds in which an application has to end when it is told to."""
AGAIN = 0.05
"""Seconds between two attempts to end it, for it may just be about to connect."""


@contextmanager
def in_thread(
    link: Link,
    target: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    end_connections: Callable[[], None],
) -> Iterator[None]:
    """Runs an application in a thread; at the end stops it and raises what it raised."""
    clients = [found for found in (getattr(target, "__self__", None), *args, *kwargs.values()) if _is_client(found)]
    application = _Thread(target, args, kwargs)
    application.start()
    try:
        with link.watching(application.ending):
            yield
    finally:
        application.end([client.close for client in clients] or [end_connections])


def _is_client(value: Any) -> bool:
    return isinstance(value, SyncClient)


class _Thread(threading.Thread):
    """Runs a function, or a coroutine in an event loop of its own."""

    def __init__(self, target: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        # What does not end when it should does not keep the process.
        super().__init__(name="application under test", daemon=True)
        self._call: Callable[[], Any] = lambda: target(*args, **kwargs)
        self._raised: BaseException | None = None
        self._cancel: Callable[[], object] | None = None

    def run(self) -> None:
        try:
            result = self._call()
            if iscoroutine(result):
                asyncio.run(self._await(result))
        except SystemExit as left:
            self._raised = left if left.code else None
        except BaseException as error:
            self._raised = error

    async def _await(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        loop, task = asyncio.get_running_loop(), asyncio.ensure_future(coroutine)
        self._cancel = lambda: loop.call_soon_threadsafe(task.cancel)
        await asyncio.wait([task])
        if not task.cancelled():
            task.result()

    def ending(self) -> Ending | None:
        return None if self.is_alive() else _ending(self._raised)

    def end(self, ways: Sequence[Callable[[], object]]) -> None:
        __tracebackhide__ = True
        deadline = time.monotonic() + END
        while self.is_alive() and time.monotonic() < deadline:
            for way in [self._cancel] if self._cancel else ways:
                with suppress(RuntimeError):  # its event loop is closed
                    way()
            self.join(AGAIN)
        if self._raised is not None:
            raise self._raised
        if self.is_alive():
            raise SimulatorError(
                f"the application did not end within {END:g} s. It is stopped by close() of the clients that it was "
                "given, or else by closing its event connections, after which its run() should return"
            )


def _ending(raised: BaseException | None) -> Ending:
    if raised is None:
        return Ending("The application has ended.", failed=False)
    what = "".join(traceback.format_exception_only(type(raised), raised)).strip()
    return Ending(f"The application has ended with {what}", failed=True)


@asynccontextmanager
async def in_task(link: Link, coroutine: Coroutine[Any, Any, Any]) -> AsyncIterator[None]:
    """Runs an application as a task; at the end cancels it and raises what it raised."""
    task = asyncio.ensure_future(coroutine)

    def ending() -> Ending | None:
        return _ending(None if task.cancelled() else task.exception()) if task.done() else None

    try:
        with link.watching(ending):
            yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.result()


@contextmanager
def in_process(
    link: Link, command: Sequence[str | os.PathLike[str]], environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Runs an application as a program; at the end terminates it, and raises if it had failed before."""
    process = subprocess.Popen(list(command), env={**os.environ, **environment})
    name = " ".join(map(str, command))

    def ending() -> Ending | None:
        status = process.poll()
        return None if status is None else Ending(f"The program {name} has ended with {status}.", failed=status != 0)

    try:
        with link.watching(ending):
            yield process
    finally:
        ended = process.poll()
        process.terminate()
        try:
            process.wait(END)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if ended:
            raise SimulatorError(f"the program {name} ended with {ended}")
