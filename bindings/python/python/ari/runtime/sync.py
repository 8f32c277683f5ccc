"""The synchronous client's own half: blocking calls and event loops."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any, Generic, TypeVar

from .. import _native
from .calls import as_json, read
from .client import Apps, Query, SyncCallbacks, opening, query_pairs
from .handlers import Handle

S = TypeVar("S", bound="SyncClient")
E = TypeVar("E")


class SyncClient(SyncCallbacks):
    """Blocking calls; handlers run in the thread that called ``run()``."""

    @classmethod
    def connect(cls: type[S], base_url: str, username: str, password: str, **options: Any) -> S:
        """A client whose server has answered; see ``ari.connect``."""
        client = cls.__new__(cls)
        client._begin(_native.Client.connect(base_url, username, password, options))
        return client

    def _send(self, operation: str, arguments: dict[str, Any]) -> Any:
        return self._native.call(operation, arguments)

    def request(self, method: str, path: str, query: Query | None = None, body: Any = None) -> Any:
        """Sends a request the library has no method for.

        Args:
            method: ``"GET"``, ``"POST"``, ``"PUT"`` or ``"DELETE"``.
            path: Path below ``/ari``, for example ``"/channels"``.
            query: Names and values of the query, as a mapping or pairs. A list is joined by commas, None is left out.
            body: Sent as JSON unless it is None.

        Returns:
            The JSON of the answer, a file, or None when there is nothing.
        """
        return read(self, self._native.request(method, path, query_pairs(query), body), as_json)

    def run(self, apps: Apps, subscribeAll: bool = False) -> None:
        """Receives the events of applications and calls their handlers, until the connection is closed.

        Returns when the server closes the connection or ``close()`` is called, from a handler or from another thread;
        it may be called again. Handlers run in this thread, one at a time, in the order of events. A lost connection
        is made again, unless the client was connected with ``reconnect="never"``.

        Args:
            apps: Name of the application, or several as a list or joined by commas.
            subscribeAll: Also receive the events of everything that is in no application.

        Raises:
            AriException: The connection cannot be made, or was lost and is not to be made again.
        """
        stream, surface = self._native.open(*opening(apps, subscribeAll)), self._surface()
        try:
            while stream.dispatch(surface):
                pass
        finally:
            stream.close()

    def _failed(self, error: Exception) -> None:
        """A handler called by a stream has raised this."""
        try:
            raise error
        except Exception:
            self.exception_handler(error)

    def _iterate(self, operation: str, arguments: dict[str, Any]) -> EventIterator[Any]:
        wanted = Wanted()
        handle = self._registry.add((None, None, None), wanted)
        try:
            return EventIterator(self, self._native.open(operation, arguments), wanted, handle)
        except BaseException:
            handle.close()
            raise

    def close(self) -> None:
        """Closes the event connections: every ``run()`` and every iteration ends. Calls go on working."""
        self._native.stop()

    def __enter__(self: S) -> S:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Wanted:
    """Stands for an iteration among the handlers: it makes the core hand over every event."""

    def __call__(self, event: Any) -> None:
        """The iteration gives the event out after its other handlers; other streams have nothing to do for it."""


class EventIterator(Generic[E]):
    """The events of a connection, one after the other; handlers of an event are called before it is given out."""

    def __init__(self, client: SyncClient, stream: _native.Stream, wanted: Wanted, handle: Handle) -> None:
        self._client = client
        self._surface = client._surface()
        self._stream = stream
        self._wanted = wanted
        self._handle = handle
        self._turn = threading.RLock()

    def __iter__(self) -> Iterator[E]:
        return self

    def __next__(self) -> E:
        # Several threads may read one iteration: each event goes to one of them.
        with self._turn:
            while True:
                found = self._stream.take(self._surface)
                if found is None:
                    if self._stream.fetch():
                        continue
                    break
                event, targets = found
                given = False
                for target in targets:
                    if target is self._wanted:
                        given = True
                        continue
                    try:
                        target(event)
                    except Exception as error:
                        self._client.exception_handler(error)
                if given:
                    return event  # type: ignore[no-any-return]
        self.close()
        raise StopIteration

    def close(self) -> None:
        """Closes the connection; the iteration ends."""
        self._handle.close()
        self._stream.close()

    def __enter__(self) -> EventIterator[E]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()
