"""Who wants which events: the Python side of the core's subscriptions."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any, Callable, Optional

EVERY = "*"
"""Stands for every type of event where a type is named."""

Scope = tuple[Optional[str], Optional[str], Optional[str]]
"""Event, class and id of what a handler is for; None stands for any."""


class Handle:
    """A registered handler; ``close()`` takes it back, and may be called again."""

    __slots__ = ("_registry", "_scope", "_subscription", "callback")

    def __init__(self, registry: Registry, scope: Scope, callback: Callable[..., Any]) -> None:
        self._registry = registry
        self._scope = scope
        self._subscription = 0
        self.callback = callback

    def close(self) -> None:
        """No event after the one being handled reaches the callback."""
        self._registry.remove(self)

    def __repr__(self) -> str:
        event, class_name, id = self._scope
        of = "" if class_name is None else f" of {class_name}({'any' if id is None else id})"
        return f"<Handle of {event}{of}: {self.callback!r}>"


def target(
    callback: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    extract: Callable[[Any], Any] | None,
) -> Callable[[Any], Any]:
    """What takes an event and hands it to a callback: with no more steps between them than there have to be."""
    if extract is None:
        if not args and not kwargs:
            return callback
        return lambda event: callback(event, *args, **kwargs)
    if not args and not kwargs:
        return lambda event: callback(extract(event), event)
    return lambda event: callback(extract(event), event, *args, **kwargs)


class Registry:
    """The handlers of a client, by the number of their subscription in the core."""

    def __init__(self, native: Any) -> None:
        self._native = native
        self._lock = threading.Lock()
        self._scopes: dict[Scope, dict[int, Handle]] = {}
        self.targets: dict[int, Callable[[Any], Any]] = {}
        """Whom to call with an event."""

    def add(
        self,
        scope: Scope,
        callback: Callable[..., Any],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
        *,
        extract: Callable[[Any], Any] | None = None,
        object_id: str | None = None,
        replace: bool = False,
        notice: bool = False,
    ) -> Handle:
        """Subscribes in the core and remembers whom to call.

        With ``replace``, what the same callback was registered for in the same scope before is taken back. A ``notice``
        is what the library itself tells of; for it no frame that nobody wants is looked through.
        """
        event, class_name, _ = scope
        handle = Handle(self, scope, callback)
        self._native.check_process()
        with self._lock:
            if replace:
                self._drop(self._find(scope, callback))
            if notice and event is not None:
                subscription = self._native.subscribe_notice(event)
            else:
                wanted = None if event == EVERY else event
                subscription = self._native.subscribe(wanted, class_name if object_id is not None else None, object_id)
            handle._subscription = subscription
            self.targets[subscription] = target(callback, args, kwargs or {}, extract)
            self._scopes.setdefault(scope, {})[subscription] = handle
        return handle

    def remove(self, handle: Handle) -> None:
        """Takes one handler back, if it is still there."""
        if not self._native.is_ours():
            return
        with self._lock:
            self._drop([handle])

    def remove_callback(self, scope: Scope, callback: Callable[..., Any]) -> bool:
        """Takes back every handler of a scope with this callback."""
        self._native.check_process()
        with self._lock:
            found = self._find(scope, callback)
            self._drop(found)
        return bool(found)

    def _find(self, scope: Scope, callback: Callable[..., Any]) -> list[Handle]:
        return [handle for handle in self._scopes.get(scope, {}).values() if handle.callback == callback]

    def _drop(self, handles: Iterable[Handle]) -> None:
        for handle in handles:
            if self.targets.pop(handle._subscription, None) is None:
                continue
            self._native.unsubscribe(handle._subscription)
            rest = self._scopes[handle._scope]
            del rest[handle._subscription]
            if not rest:
                del self._scopes[handle._scope]
