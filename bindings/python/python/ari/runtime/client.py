"""What the synchronous and the asyncio client share: handlers and the resources' place."""

from __future__ import annotations

import inspect
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Callable, ClassVar, TypeVar, Union

from .. import _native
from .errors import refuse
from .events import LazyEvent, event_name
from .fields import Fields
from .handlers import Handle, Registry
from .objects import DomainObject, Repository, any_extractor, extractor

logger = logging.getLogger("ari.client")

Apps = Union[str, Sequence[str]]
Query = Union[Mapping[str, Any], Iterable[tuple[str, Any]]]
R = TypeVar("R", bound=Repository)
Handler = Callable[..., Any]

_LOGGED = {
    "UnreadableFrame": (logging.ERROR, "skipped a message that is no event: {reason}: {frame:.200}"),
    "EventsDropped": (logging.ERROR, "{count} events ({bytes} bytes) waited too long and were given up"),
    "ConnectionLost": (logging.WARNING, "lost the event connection of {application}: {reason}"),
    "Reconnecting": (logging.INFO, "attempt {attempt} to reconnect {application} in {delay_ms} ms: {reason}"),
    "Reconnected": (logging.WARNING, "event connection of {application} is back after {gap_ms} ms"),
}
"""What a program should find in its log even if it handles none of it."""


class NoEventsError(RuntimeError, ValueError):
    """No event holds objects of this class, so a handler for them would never be called."""


class ClientBase:
    """Calls, handlers and event streams of one server."""

    _events: ClassVar[Mapping[str, type[LazyEvent]]] = {}
    _unknown: ClassVar[type[LazyEvent]] = LazyEvent
    _classes: ClassVar[Mapping[str, type[Fields]]] = {}
    """Models and domain objects."""
    _resources: ClassVar[Mapping[str, str]] = {}
    """Swagger's name of a resource -> name of the attribute."""
    _nested: ClassVar[Mapping[str, Sequence[tuple[str, str, bool]]]] = {}
    """Models that hold domain objects without being events."""

    def __init__(self, base_url: str, username: str, password: str, **options: Any) -> None:
        self._begin(_native.Client(base_url, username, password, options))

    def _begin(self, native: _native.Client) -> None:
        self._native = native
        self._registry = Registry(native)
        self._repositories: dict[type[Repository], Repository] = {}
        self._extractors: dict[Any, Callable[[Any], Any]] = {}
        self.exception_handler: Callable[[Exception], Any] = _log_exception
        """Called with what a handler raises, inside the ``except`` block; what it raises itself leaves ``run()``."""
        for event in _LOGGED:
            self._registry.add((event, None, None), _log_event, notice=True)

    def _client_of(self) -> Any:
        return self

    def _surface(self) -> _native.Surface:
        """What a stream has to know to make events and hand them over."""
        return _native.Surface(self, self._events, self._unknown, self._registry.targets)

    @property
    def base_url(self) -> str:
        """Address of the server, without credentials."""
        return self._native.base_url

    @property
    def server_version(self) -> str | None:
        """Release of the server, for example ``"22.10.1"``; None as long as it is not known."""
        return self._native.server_version

    def get_repo(self, name: str) -> Any | None:
        """The resource of this name, or None: ``client.get_repo("channels")`` is ``client.channels``."""
        attribute = self._resources.get(name)
        return None if attribute is None else getattr(self, attribute)

    def _repository(self, kind: type[R]) -> R:
        found = self._repositories.get(kind)
        if found is None:
            found = self._repositories[kind] = kind(self)
        return found  # type: ignore[return-value]

    def on_event(self, event: Any, callback: Handler, /, *args: Any, **kwargs: Any) -> Handle:
        """Calls ``callback(event, *args, **kwargs)`` for each event of a type.

        The type is a name, known or not, a class of events, or ``"*"`` for all. The same callback registered again for
        a type takes the place of its earlier registration. Handlers are called in the order of registration, one at a
        time; one that is added or closed counts from the next event.

        Returns:
            A handle whose ``close()`` ends it.
        """
        self._check_callback(callback)
        return self._registry.add((event_name(event), None, None), callback, args, kwargs, replace=True)

    def add_event_handler(self, event: Any, callback: Handler, /, *args: Any, **kwargs: Any) -> Handle:
        """Like ``on_event``, but a callback that is given again is called once more, as in the other languages."""
        self._check_callback(callback)
        return self._registry.add((event_name(event), None, None), callback, args, kwargs)

    def remove_event_handler(self, event: Any, callback: Handler, /) -> bool:
        """Removes what ``on_event`` registered for this type with this callback.

        Returns:
            False when there was nothing to remove.
        """
        return self._remove(event, callback, None, None)

    def on_object_event(
        self,
        event: Any,
        callback: Handler,
        factory: Callable[[Any, Any], Any],
        model_id: str,
        /,
        *args: Any,
        **kwargs: Any,
    ) -> Handle:
        """Calls ``callback(object, event, *args, **kwargs)`` for each event of a type, with its object of a class.

        The object is made by ``factory(client, json)``, and is None in an event without one. An event with several
        fields of the class gives a dict of field to object, which also answers for the object in the field the event
        always has.

        Args:
            event: Type of the events.
            callback: Whom to call.
            factory: Makes the object: one of the classes of domain objects, or a function.
            model_id: Name of the class in Asterisk's description, for example ``"Channel"``.
            args: Passed on to the callback.
            kwargs: Passed on to the callback.

        Returns:
            A handle whose ``close()`` ends it.

        Raises:
            ValueError: There is no such event, or it holds no object of this class.
        """
        return self._on_object(event, callback, factory, model_id, None, args, kwargs)

    def _on_object(
        self,
        event: Any,
        callback: Handler,
        factory: Callable[[Any, Any], Any],
        class_name: str,
        object_id: str | None,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Handle:
        self._check_callback(callback)
        name = event_name(event)
        extract = self._extractor(name, class_name, factory)
        scope = (name, class_name, object_id)
        return self._registry.add(scope, callback, args, kwargs, extract=extract, object_id=object_id)

    def _extractor(self, event: str, class_name: str, factory: Callable[[Any, Any], Any]) -> Callable[[Any], Any]:
        # Thousands of handlers, one or more for each call, share what finds their objects.
        kind = (event, class_name, factory) if isinstance(factory, type) else None
        found = self._extractors.get(kind)
        if found is None:
            found = extractor(self, self._object_fields(event, class_name), factory)
            if kind is not None:
                self._extractors[kind] = found
        return found

    def _on_any_object(
        self,
        event: Any,
        callback: Handler,
        kind: type[DomainObject],
        object_id: str,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Handle:
        name = event_name(event)
        if name in self._events or name in self._nested:
            return self._on_object(name, callback, kind, kind.__name__, object_id, args, kwargs)
        self._check_callback(callback)
        scope, extract = (name, kind.__name__, object_id), any_extractor(self, kind, object_id)
        return self._registry.add(scope, callback, args, kwargs, extract=extract, object_id=object_id)

    def _object_fields(self, event: str, class_name: str) -> tuple[tuple[str, bool], ...]:
        known = self._events.get(event)
        objects = known._objects if known is not None else self._nested.get(event)
        if objects is None:
            raise ValueError(f"there is no event {event!r}; on_event takes types the library does not know")
        fields = tuple((field, required) for field, kind, required in objects if kind == class_name)
        if fields:
            return fields
        if not any(kind == class_name for each in self._events.values() for _, kind, _ in each._objects):
            raise NoEventsError(f"no event holds a {class_name}")
        raise ValueError(f"{event} holds no {class_name}")

    def _remove(self, event: Any, callback: Handler, class_name: str | None, object_id: str | None) -> bool:
        return self._registry.remove_callback((event_name(event), class_name, object_id), callback)

    def _check_callback(self, callback: Handler) -> None:
        if not callable(callback):
            raise TypeError(f"a handler has to be callable, not {type(callback).__name__}")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_url!r})"


class SyncCallbacks(ClientBase):
    """The check that a synchronous client makes of its handlers."""

    def _check_callback(self, callback: Handler) -> None:
        super()._check_callback(callback)
        if inspect.iscoroutinefunction(callback):
            raise TypeError("a coroutine function can only handle events of the asyncio client (ari.connect_async)")


def opening(apps: Apps, subscribe_all: bool) -> tuple[str, dict[str, Any]]:
    """The operation that opens the event connection, with its arguments."""
    return "events.eventWebsocket", {"app": apps, "subscribeAll": subscribe_all or None}


def query_pairs(query: Query | None) -> list[tuple[str, Any]]:
    """The query as the core takes it."""
    pairs = query.items() if isinstance(query, Mapping) else query or ()
    try:
        read = [(name, value) for name, value in pairs]
        if isinstance(pairs, str) or not all(isinstance(name, str) for name, _ in read):
            raise TypeError
    except (TypeError, ValueError):
        raise refuse("the query has to be a mapping of names and values, or pairs of them") from None
    return read


def _log_exception(error: Exception) -> None:
    logger.exception("a handler of events failed: %s", error)


def _log_event(event: Any) -> None:
    level, text = _LOGGED[event["type"]]
    if logger.isEnabledFor(level):
        # The server may send an event of this name that has other fields.
        logger.log(level, "%s", text.format_map(defaultdict(lambda: "?", event)))
