"""The asyncio client's own half: calls and events that are awaited."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Generator
from inspect import isawaitable
from types import CoroutineType
from typing import (
    Any,
    Callable,
    Generic,
    TypeVar,
)

from .. import _native
from .calls import as_json, read
from .client import Apps, ClientBase, Query, opening, query_pairs
from .handlers import Handle
from .sync import Wanted
from .tasks import answer, begin

S = TypeVar("S", bound="AsyncClientBase")
E = TypeVar("E")


class _Done:
    """What ``close()`` gives, so that it works with ``await`` and without."""

    def __await__(self) -> Generator[Any, None, None]:
        return
        yield


class AsyncClientBase(ClientBase):
    """Calls are awaited; handlers run in the event loop that runs ``run()``, and may be coroutines."""

    @classmethod
    async def connect(cls: type[S], base_url: str, username: str, password: str, **options: Any) -> S:
        """A client whose server has answered; see ``ari.connect_async``."""
        client = cls.__new__(cls)
        client._begin(await answer(_native.Client.connect_async, base_url, username, password, options))
        return client

    def _send(self, operation: str, arguments: dict[str, Any]) -> Awaitable[Any]:
        return answer(self._native.call_async, operation, arguments)

    async def request(self, method: str, path: str, query: Query | None = None, body: Any = None) -> Any:
        """Sends a request the library has no method for.

        Args:
            method: ``"GET"``, ``"POST"``, ``"PUT"`` or ``"DELETE"``.
            path: Path below ``/ari``, for example ``"/channels"``.
            query: Names and values of the query, as a mapping or pairs. A list is joined by commas, None is left out.
            body: Sent as JSON unless it is None.

        Returns:
            The JSON of the answer, a file, or None when there is nothing.
        """
        found = await answer(self._native.request_async, method, path, query_pairs(query), body)
        return read(self, found, as_json)

    async def run(self, apps: Apps, subscribeAll: bool = False) -> None:
        """Receives the events of applications and calls their handlers, until the connection is closed.

        Returns when the server closes the connection or ``close()`` is called; it may be called again. Handlers are
        called one at a time, in the order of events, and one that is a coroutine is awaited before the next: a handler
        with more to do than that starts a task. A lost connection is made again, unless the client was connected with
        ``reconnect="never"``.

        Args:
            apps: Name of the application, or several as a list or joined by commas.
            subscribeAll: Also receive the events of everything that is in no application.

        Raises:
            AriException: The connection cannot be made, or was lost and is not to be made again.
        """
        drain = self._drain(*opening(apps, subscribeAll))
        try:
            await drain.next(None)
        finally:
            drain.close()

    def _drain(self, operation: str, arguments: dict[str, Any]) -> AsyncDrain:
        return AsyncDrain(self, begin(self._native.open_async, operation, arguments))

    def _iterate(self, operation: str, arguments: dict[str, Any]) -> AsyncEventIterator[Any]:
        wanted = Wanted()
        handle = self._registry.add((None, None, None), wanted)
        return AsyncEventIterator(self._drain(operation, arguments), wanted, handle)

    def close(self) -> Awaitable[None]:
        """Closes the event connections: every ``run()`` and every iteration ends. Calls go on working.

        It is done when this returns; it may be awaited all the same.
        """
        self._native.stop()
        return _Done()

    async def __aenter__(self: S) -> S:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()


class AsyncDrain:
    """Takes events out of a stream one by one and calls their handlers.

    A wait that is cancelled, for example by a time-out, loses nothing: what it was waiting for is kept for the next.
    """

    def __init__(self, client: AsyncClientBase, starting: asyncio.Future[_native.Stream]) -> None:
        self._client = client
        self._starting = starting
        self._stream: _native.Stream | None = None
        self._ready: asyncio.Future[None] | None = None
        self._turn = asyncio.Lock()

    async def started(self) -> _native.Stream:
        """The stream, once it is there."""
        if self._stream is None:
            self._stream = await asyncio.shield(self._starting)
        return self._stream

    async def next(self, wanted: Wanted | None) -> Any:
        """Calls handlers, and gives the next event that is wanted; None at the end."""
        client, surface = self._client, self._client._surface()
        stream = await self.started()
        take = stream.take
        # Several tasks may read one iteration: each event goes to one of them.
        async with self._turn:
            while True:
                found = take(surface)
                if found is None:
                    if await self._more(stream):
                        continue
                    return None
                event, targets = found
                given = False
                for target in targets:
                    if target is wanted:
                        given = True
                        continue
                    try:
                        result = target(event)
                        if result is not None and (type(result) is CoroutineType or isawaitable(result)):
                            await result
                    except Exception as error:
                        result = client.exception_handler(error)
                        if result is not None and isawaitable(result):
                            await result
                if given:
                    return event

    async def _more(self, stream: _native.Stream) -> bool:
        """Waits until there are events to take; false at the end."""
        # Whatever there is to do, the loop and its other tasks have their turn.
        await asyncio.sleep(0)
        while True:
            found = stream.fetch_now()
            if found is None:
                return False
            if found:
                return True
            if self._ready is None:
                self._ready = begin(stream.ready_async)
            await asyncio.shield(self._ready)
            self._ready = None

    def close(self) -> None:
        """Closes the connection, also one that is only being made."""
        if self._stream is not None:
            self._stream.close()
        else:
            _when_done(self._starting, _close_started)
        if self._ready is not None:
            _when_done(self._ready, _forget)


def _when_done(future: asyncio.Future[Any], function: Callable[[asyncio.Future[Any]], None]) -> None:
    # An iteration may be collected when its loop is closed, which can call nobody any more.
    if future.done():
        function(future)
    elif not future.get_loop().is_closed():
        future.add_done_callback(function)


def _close_started(starting: asyncio.Future[_native.Stream]) -> None:
    if not starting.cancelled() and starting.exception() is None:
        starting.result().close()


def _forget(future: asyncio.Future[Any]) -> None:
    """Has looked at the outcome, so that asyncio does not complain that nobody did."""
    if not future.cancelled():
        future.exception()


class AsyncEventIterator(Generic[E]):
    """The events of a connection, one after the other; handlers of an event are called before it is given out."""

    def __init__(self, drain: AsyncDrain, wanted: Wanted, handle: Handle) -> None:
        self._drain = drain
        self._wanted = wanted
        self._handle = handle

    def __aiter__(self) -> AsyncIterator[E]:
        return self

    async def __anext__(self) -> E:
        event = await self._drain.next(self._wanted)
        if event is None:
            self.close()
            raise StopAsyncIteration
        return event  # type: ignore[no-any-return]

    def close(self) -> None:
        """Closes the connection; the iteration ends."""
        self._handle.close()
        self._drain.close()

    async def __aenter__(self) -> AsyncEventIterator[E]:
        try:
            await self._drain.started()
        except BaseException:
            self.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()
