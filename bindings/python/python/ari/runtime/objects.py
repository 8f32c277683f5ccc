"""Domain objects: things that live in Asterisk, with the operations that act on them."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    ClassVar,
    Generic,
    TypeVar,
)

from .._native import objects_in
from .calls import fill_in
from .errors import refuse
from .fields import Fields

if TYPE_CHECKING:
    from .handlers import Handle

T = TypeVar("T", bound="Fields")
D = TypeVar("D", bound="DomainObject")


class Repository:
    """The operations of one resource: ``client.channels``, ``client.bridges``, ..."""

    _resource: ClassVar[str] = ""

    def __init__(self, client: Any) -> None:
        self.client = client

    def _client_of(self) -> Any:
        return self.client

    def __repr__(self) -> str:
        return f"Repository({self._resource})"


class JsonOfEvent:
    """The ``json`` of an object that came with an event: an instance that has its own hides it."""

    def __get__(self, owner: Any, kind: Any = None) -> Any:
        if owner is None:
            return self
        place = owner._event
        if place is not None:
            event, field = place
            owner.json = event[field]
            owner._event = None
        try:
            return owner.__dict__["json"]
        except KeyError:
            raise AttributeError("json") from None


class DomainObject(Fields):
    """A snapshot of something in Asterisk, and the operations on it with its identity filled in.

    Fields are attributes; where an operation has the same name, the attribute is the operation and the field is in
    ``json``. Objects are equal when they are of one class and stand for the same thing on the same server, whatever
    they looked like at the moment.
    """

    _resource: ClassVar[str] = ""
    _identity: ClassVar[Sequence[tuple[str, str]]] = ()
    """Which parameter of the operations is which field."""

    if TYPE_CHECKING:
        json: dict[str, Any]
        """All fields, as a dict."""
    else:
        json = JsonOfEvent()

    _event: tuple[Any, str] | None = None
    """The event and the field of it where the JSON is, until somebody looks."""

    def __init__(self, client: Any, json: dict[str, Any]) -> None:
        self.client = client
        self.json = json

    @classmethod
    def _within(cls: type[D], client: Any, event: Any, field: str) -> D:
        """The object in this field of an event, whose JSON is read when the object is first looked at."""
        found = cls.__new__(cls)
        found.client = client
        found._event = (event, field)
        return found

    @classmethod
    def _make(cls: type[T], client: Any, json: Any) -> T:
        return cls(client, json)  # type: ignore[call-arg]

    def _json_of(self) -> Mapping[str, Any]:
        return self.json

    def _client_of(self) -> Any:
        return self.client

    @property
    def id(self) -> str:
        """What events and other resources call this object by."""
        return "/".join(str(self._field(field)) for _, field in self._identity)

    def _parameters(self) -> dict[str, Any]:
        """The identity as arguments of an operation."""
        return {parameter: self._field(field) for parameter, field in self._identity}

    def on_event(self, event: Any, callback: Callable[..., Any], *args: Any, **kwargs: Any) -> Handle:
        """Calls ``callback(object, event, *args, **kwargs)`` for each such event that holds this object.

        The object given is the event's own, fresh one. An event with several fields of this class gives a dict of
        field to object, which also answers for the object in the field the event always has.

        Returns:
            A handle whose ``close()`` ends it.

        Raises:
            ValueError: There is no such event, or it holds no object of this class.
            RuntimeError: No event holds objects of this class.
        """
        handle: Handle = self.client._on_object(event, callback, type(self), type(self).__name__, self.id, args, kwargs)
        return handle

    def add_event_handler(self, event: Any, callback: Callable[..., Any], *args: Any, **kwargs: Any) -> Handle:
        """The same as ``on_event``, also for types the library does not know, and for all (``"*"``)."""
        handle: Handle = self.client._on_any_object(event, callback, type(self), self.id, args, kwargs)
        return handle

    def remove_event_handler(self, event: Any, callback: Callable[..., Any]) -> bool:
        """Removes what was registered for this event of this object with this callback.

        Returns:
            False when there was nothing to remove.
        """
        removed: bool = self.client._remove(event, callback, type(self).__name__, self.id)
        return removed

    def __getitem__(self, name: str) -> Any:
        return self.json[name]

    def __contains__(self, name: object) -> bool:
        return name in self.json

    def __iter__(self) -> Iterator[str]:
        return iter(self.json)

    def keys(self) -> Any:
        """The names of the fields; with them ``dict(object)`` is a copy of ``json``."""
        return self.json.keys()

    def __eq__(self, other: object) -> bool:
        if isinstance(other, DomainObject):
            same = type(self) is type(other) and self.id == other.id
            return same and getattr(self.client, "base_url", None) == getattr(other.client, "base_url", None)
        if isinstance(other, Mapping):
            return self.json == other
        return NotImplemented

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((type(self).__name__, self.id))

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        # Whatever the server has left out, an object can be printed.
        names = [field for _, field in self._identity] or ["id"]
        return f"{type(self).__name__}({'/'.join(str(self.json.get(name)) for name in names)})"

    def __deepcopy__(self: T, memo: dict[int, Any]) -> T:
        return type(self)(self.client, copy.deepcopy(self.json, memo))  # type: ignore[call-arg,attr-defined]

    def __reduce_ex__(self, protocol: Any) -> Any:
        # The data can be stored; the connection stays behind.
        return type(self), (None, dict(self.json))

    def _called_by_position(self, operation: str, args: tuple[Any, ...]) -> Any:
        raise refuse(f"the identity is filled in; what else {operation} takes is given by name", operation)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """The other operations of the resource that take the identity, though not in their path."""
            client = self.__dict__.get("client")
            repository = client.get_repo(self._resource) if client is not None and name[0] != "_" else None
            operation = getattr(repository, name, None)
            if callable(operation) and name not in Repository.__dict__:
                known = inspect.signature(operation).parameters
                names = [(parameter, field) for parameter, field in self._identity if parameter in known]
                if names:
                    return fill_in(operation, {parameter: self._field(field) for parameter, field in names})
            if hasattr(type(self), name):  # its property has found nothing
                raise self._absent(name)
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")


class PlainObject(DomainObject, dict[str, Any]):
    """A domain object that is a dict too, for those that the classic package answered as plain JSON."""

    def __init__(self, client: Any, json: dict[str, Any]) -> None:
        dict.__init__(self, json)
        DomainObject.__init__(self, client, json)

    __getitem__ = dict.__getitem__
    __contains__ = dict.__contains__
    __hash__ = DomainObject.__hash__  # type: ignore[assignment]

    def _called_by_position(self, operation: str, args: tuple[Any, ...]) -> Any:
        # `sound.get()` asks the server, `sound.get("text")` is what one says to a dict.
        if operation.endswith(".get"):
            return dict.get(self, *args)
        return super()._called_by_position(operation, args)


V = TypeVar("V")


class Objects(dict[str, V], Generic[V]):
    """The objects of an event that has several fields of one class, by the name of the field.

    Programs from before the event had several take it for the object itself. So it answers everything that a dict does
    not know for the object in the field the event always has: ``objects.answer()`` is ``objects["channel"].answer()``.
    """

    def __init__(self, objects: Mapping[str, V], main: str | None) -> None:
        super().__init__(objects)
        self._main = main

    def __getattr__(self, name: str) -> Any:
        main = self.__dict__.get("_main")
        if main is None or main not in self:
            raise AttributeError(f"{name!r}: the event has no object that always stands for it")
        return getattr(self[main], name)


def extractor(
    client: Any, fields: Sequence[tuple[str, bool]], factory: Callable[[Any, Any], Any]
) -> Callable[[Any], Any]:
    """A function from an event to what handlers of objects get: by these fields (name, required)."""
    names = [name for name, _ in fields]
    # A class of the program's own may want to see the JSON when it is made.
    later: type[DomainObject] | None = None
    if isinstance(factory, type) and issubclass(factory, DomainObject) and factory.__init__ is DomainObject.__init__:
        later = factory

    def present(event: Any) -> dict[str, Any]:
        frame = event._frame
        if later is not None and frame is not None:
            held = objects_in(frame, names)
            if held is not None:
                return {name: later._within(client, event, name) for name in held}
        found = {name: event.get(name) for name in names}
        return {name: factory(client, json) for name, json in found.items() if isinstance(json, dict)}

    if len(names) == 1:
        only = names[0]
        return lambda event: present(event).get(only)

    main = next((name for name, required in fields if required), None)
    return lambda event: Objects(present(event), main)


def any_extractor(client: Any, kind: type[DomainObject], object_id: str) -> Callable[[Any], Any]:
    """The same for events of whatever type: the fields are those of each event's own type."""

    def extract(event: Any) -> Any:
        fields = [(field, required) for field, name, required in event._objects if name == kind.__name__]
        if fields:
            return extractor(client, fields, kind)(event)
        # A type newer than the library. The core has found the object in one of the fields.
        for json in event.values():
            if isinstance(json, dict) and all(field in json for _, field in kind._identity):
                found = kind(client, json)
                if found.id == object_id:
                    return found
        return None

    return extract
