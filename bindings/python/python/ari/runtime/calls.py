"""How generated methods become calls.

A generated method is a signature and its documentation. The decorators here keep both for readers and type checkers,
and put in place of the body what hands the keyword arguments to the core just as they came. The core alone knows which
parameters there are, so that a wrong one is refused in the same words in every language, before anything is sent.
"""

from __future__ import annotations

import functools
import json
from typing import Any, Callable, TypeVar

from .errors import from_core, refuse

C = TypeVar("C", bound=Callable[..., Any])
Convert = Callable[[Any, Any], Any]


class File(bytes):
    """A file from the server, such as a recording: bytes that know their media type."""

    content_type: str = ""


def as_json(client: Any, value: Any) -> Any:
    """JSON as it is."""
    return value


def converter(kind: str | None, many: bool) -> Convert:
    """What makes the result of a method of JSON: an instance, or a list of instances, of a class of the client's.

    The class is found by its name when it is needed, since the classes name each other in a circle.
    """
    if kind is None:
        return as_json

    def one(client: Any, value: Any) -> Any:
        return client._classes[kind]._make(client, value) if isinstance(value, dict) else value

    def several(client: Any, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        make = client._classes[kind]._make
        return [make(client, item) for item in value]

    return several if many else one


def read(client: Any, reply: Any, convert: Convert) -> Any:
    """The value of an answer as the native module gives it."""
    if isinstance(reply, tuple):
        content, content_type = reply
        file = File(content)
        file.content_type = content_type
        return file
    if isinstance(reply, bytes):
        try:
            reply = json.loads(reply)
        except ValueError as error:
            message = f"the server's answer is no JSON: {error}"
            raise from_core(
                name="ProtocolException", argument=False, message=message, text=message, delivery="outcome unknown"
            ) from None
    return None if reply is None else convert(client, reply)


def positional(operation: str, names: tuple[str, ...], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Gives arguments without a name theirs."""
    if len(args) > len(names):
        allowed = ", ".join(names) or "nothing"
        raise refuse(f"{operation} takes {allowed} by position; the rest is given by name", operation)
    for name, value in zip(names, args):
        if name in kwargs:
            raise refuse(f"{name} of {operation} is given twice", operation)
        kwargs[name] = value


def rename(escapes: dict[str, str], kwargs: dict[str, Any], operation: str) -> None:
    """Gives parameters that cannot be called by their name in Python (``from_``) the one Asterisk knows."""
    for escaped, name in escapes.items():
        if escaped in kwargs:
            if name in kwargs:
                raise refuse(f"{name} of {operation} is given twice", operation)
            kwargs[name] = kwargs.pop(escaped)


def operation(
    id: str,
    kind: str | None = None,
    *,
    many: bool = False,
    path: tuple[str, ...] = (),
    escapes: dict[str, str] | None = None,
) -> Callable[[C], C]:
    """Makes a method of a resource (or of a client) the call of an operation.

    Args:
        id: Id of the operation in the core.
        kind: Name of the class of the result; None leaves it as JSON.
        many: The result is a list of that class.
        path: Parameters that may be given by position.
        escapes: Names of parameters that are written differently in Python.
    """
    convert = converter(kind, many)

    def decorate(function: C) -> C:
        _readable(function)
        if _is_coroutine(function):

            @functools.wraps(function)
            async def call_async(self: Any, *args: Any, **kwargs: Any) -> Any:
                if args:
                    positional(id, path, args, kwargs)
                if escapes:
                    rename(escapes, kwargs, id)
                client = self._client_of()
                return read(client, await client._send(id, kwargs), convert)

            return call_async  # type: ignore[return-value]

        @functools.wraps(function)
        def call(self: Any, *args: Any, **kwargs: Any) -> Any:
            if args:
                positional(id, path, args, kwargs)
            if escapes:
                rename(escapes, kwargs, id)
            client = self._client_of()
            return read(client, client._send(id, kwargs), convert)

        return call  # type: ignore[return-value]

    return decorate


def opening_operation(id: str) -> Callable[[C], C]:
    """Makes a method the operation that opens an event connection; it gives the events one by one."""

    def decorate(function: C) -> C:
        _readable(function)

        @functools.wraps(function)
        def call(self: Any, *args: Any, **kwargs: Any) -> Any:
            positional(id, (), args, kwargs)
            return self._client_of()._iterate(id, kwargs)

        return call  # type: ignore[return-value]

    return decorate


def object_operation(
    id: str, kind: str | None = None, *, many: bool = False, escapes: dict[str, str] | None = None
) -> Callable[[C], C]:
    """The same for a method of a domain object: its own identity wins over one that is passed."""
    convert = converter(kind, many)

    def decorate(function: C) -> C:
        _readable(function)
        if _is_coroutine(function):

            @functools.wraps(function)
            async def call_async(self: Any, *args: Any, **kwargs: Any) -> Any:
                if args:
                    return self._called_by_position(id, args)
                if escapes:
                    rename(escapes, kwargs, id)
                kwargs.update(self._parameters())
                client = self._client_of()
                return read(client, await client._send(id, kwargs), convert)

            return call_async  # type: ignore[return-value]

        @functools.wraps(function)
        def call(self: Any, *args: Any, **kwargs: Any) -> Any:
            if args:
                return self._called_by_position(id, args)
            if escapes:
                rename(escapes, kwargs, id)
            kwargs.update(self._parameters())
            client = self._client_of()
            return read(client, client._send(id, kwargs), convert)

        return call  # type: ignore[return-value]

    return decorate


def fill_in(operation: Callable[..., Any], identity: dict[str, Any]) -> Callable[..., Any]:
    """An operation with these arguments filled in, whatever else is passed."""

    @functools.wraps(operation)
    def call(**kwargs: Any) -> Any:
        return operation(**{**kwargs, **identity})

    return call


class _Annotation(str):
    """The text of an annotation, which help() shows without quotes."""

    __slots__ = ()
    __repr__ = str.__str__


def _readable(function: Callable[..., Any]) -> None:
    function.__annotations__ = {name: _Annotation(text) for name, text in function.__annotations__.items()}


def _is_coroutine(function: Callable[..., Any]) -> bool:
    # Cheaper than inspect.iscoroutinefunction, which costs more than the rest of the import for 300 methods.
    return bool(function.__code__.co_flags & 0x80)
