"""Events: read-only dicts that parse their JSON when it is first looked at."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from .._native import load
from .fields import Fields

E = TypeVar("E", bound="LazyEvent")


class LazyEvent(dict[str, Any], Fields):
    """An event as it came, a read-only dict with typed attributes.

    Most handlers look at one or two fields, and many at none, so nothing is parsed before it is asked for. Until then
    the dict itself holds ``type`` alone. Python code cannot tell, because every way to look at a dict goes through a
    method that parses first; C code that reads the storage of a dict subclass directly can (docs/python.md).
    """

    __slots__ = ("_client", "_frame")

    _objects: ClassVar[Sequence[tuple[str, str, bool]]] = ()
    """The fields that hold domain objects: name, class, required."""

    _client: Any
    _frame: bytes | None
    """The JSON that nobody has read yet."""

    def __init__(self, client: Any = None, json: Mapping[str, Any] | None = None) -> None:
        if json is None and isinstance(client, Mapping):
            raise TypeError(f"{type(self).__name__}(client, json): the JSON comes second; the client may be None")
        super().__init__(json or {})
        self._client = client
        self._frame = None

    @classmethod
    def _received(cls: type[E], client: Any, name: str, frame: bytes) -> E:
        """An event from its text, which the core has found to be a JSON object of this type, as streams make it too."""
        event = cls.__new__(cls)
        event._client = client
        event._frame = frame
        # Never empty, since the json module writes {} for an empty dict without asking it.
        dict.__setitem__(event, "type", name)
        return event

    @classmethod
    def _make(cls: type[E], client: Any, json: Any) -> E:
        return cls(client, json)

    def _load(self) -> None:
        if self._frame is not None:
            load(self)

    def _json_of(self) -> Mapping[str, Any]:
        return self

    def _client_of(self) -> Any:
        return self._client

    @property
    def client(self) -> Any:
        """The client that received the event."""
        return self._client

    def __missing__(self, key: str) -> Any:
        """Where ``dict.__getitem__``, which stays as it is, comes for a key that is not there, or not yet."""
        if self._frame is None:
            raise KeyError(key)
        load(self)
        return self[key]

    def get(self, key: Any, default: Any = None) -> Any:
        """The value of a field, or the default."""
        self._load()
        return dict.get(self, key, default)

    def __contains__(self, key: object) -> bool:
        self._load()
        return dict.__contains__(self, key)

    def __iter__(self) -> Iterator[str]:
        self._load()
        return dict.__iter__(self)

    def __reversed__(self) -> Iterator[str]:
        self._load()
        return dict.__reversed__(self)

    def __len__(self) -> int:
        self._load()
        return dict.__len__(self)

    def keys(self) -> Any:
        """The names of the fields."""
        self._load()
        return dict.keys(self)

    def values(self) -> Any:
        """The values of the fields."""
        self._load()
        return dict.values(self)

    def items(self) -> Any:
        """Names and values of the fields."""
        self._load()
        return dict.items(self)

    def copy(self) -> dict[str, Any]:
        """A plain dict of the same fields, which may be changed."""
        return dict(self)

    def __eq__(self, other: object) -> bool:
        self._load()
        if isinstance(other, LazyEvent):
            other._load()
        return dict.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None  # type: ignore[assignment]

    def __or__(self, other: Any) -> Any:
        return dict(self) | other if isinstance(other, dict) else NotImplemented

    def __ror__(self, other: Any) -> Any:
        return other | dict(self) if isinstance(other, dict) else NotImplemented

    def __repr__(self) -> str:
        self._load()
        return f"{type(self).__name__}({dict.__repr__(self)})"

    def __copy__(self: E) -> E:
        return type(self)._make(self._client, dict(self))

    def __deepcopy__(self: E, memo: dict[int, Any]) -> E:
        return type(self)._make(self._client, copy.deepcopy(dict(self), memo))

    def __reduce_ex__(self, protocol: Any) -> Any:
        return type(self), (None, dict(self))

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise TypeError(f"{type(self).__name__} is read-only; copy() gives a dict to change")

    __setitem__ = __delitem__ = update = setdefault = pop = popitem = clear = __ior__ = _refuse


def event_name(event: str | type) -> str:
    """The type of events that is meant by its name or by its class."""
    if isinstance(event, str):
        return event
    if isinstance(event, type):
        return event.__name__
    raise TypeError(f"a type of events is a name or a class, not {event!r}")
