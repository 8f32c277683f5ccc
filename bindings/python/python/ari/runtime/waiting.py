"""Events that were handed over and wait for their handlers, in whichever kind of client."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from .. import _native
from .events import LazyEvent
from .handlers import Handle

if TYPE_CHECKING:
    from .client import ClientBase

Item = tuple[int, str, str, list[int]]
"""Place in the stream, type, text, and the subscriptions of those who want it."""


class Waiting:
    """The rest of a batch, always matched under the handlers of this moment."""

    def __init__(self, client: ClientBase) -> None:
        self._client = client
        self._items: deque[Item] = deque()
        self._generation = 0
        self._last = 0

    def ready(self, stream: _native.Stream) -> bool:
        """Whether an event waits; if not, the stream's next batch is wanted."""
        generation = self._client._native.generation()
        if generation != self._generation:
            # A handler came or went: who gets the rest, also of what nobody wanted before, is decided anew.
            self._generation = generation
            stream.rewind(self._last)
            self._items.clear()
        return bool(self._items)

    def add(self, batch: tuple[int, list[Item]]) -> None:
        """Takes in a batch of the stream."""
        self._generation, items = batch
        self._items.extend(items)

    def take(self) -> tuple[LazyEvent, list[Handle], list[int]]:
        """The next event, its handlers and its subscriptions.

        The handlers are complete before the first is called: what that one adds or closes counts from the next event.
        """
        client = self._client
        self._last, name, frame, wanted_by = self._items.popleft()
        event = client._events.get(name, client._unknown)._received(client, name, frame)
        registered = client._registry.by_subscription
        return event, [registered[each] for each in wanted_by if each in registered], wanted_by
