"""One description of each command, for methods that block and for methods that are awaited."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, Callable, Generic, TypeVar

from .link import Link

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import overload

    from typing_extensions import Concatenate, ParamSpec

    P = ParamSpec("P")

T = TypeVar("T")


def nothing(_: Any) -> None:
    """Reads the answer of a command that has none."""


@dataclass(frozen=True)
class Step(Generic[T]):
    """What to send to the control interface, and how to read what comes back."""

    method: str
    path: str
    body: Mapping[str, Any] | None
    read: Callable[[Any], T]
    seconds: float | None = 0.0
    """How long the command itself may take; None when that is simulated time."""


class Linked:
    """Something that the control interface knows."""

    _link: Link


class Blocking(Linked):
    """Its commands block until they are answered."""


class Awaiting(Linked):
    """Its commands are awaited."""


if TYPE_CHECKING:

    class Command(Generic[P, T]):
        """Makes a method of the description of a command: one that blocks, or one that is awaited."""

        def __init__(self, describe: Callable[Concatenate[Any, P], Step[T]]) -> None: ...
        @overload
        def __get__(self, instance: None, owner: Any = None) -> Callable[..., Any]: ...
        @overload
        def __get__(self, instance: Blocking, owner: Any = None) -> Callable[P, T]: ...
        @overload
        def __get__(self, instance: Awaiting, owner: Any = None) -> Callable[P, Coroutine[Any, Any, T]]: ...
        def __get__(self, instance: Any, owner: Any = None) -> Any: ...

else:

    class Command:
        """Makes a method of the description of a command: one that blocks, or one that is awaited."""

        def __init__(self, describe):
            self._blocking = _blocking(describe)
            self._awaited = _awaited(describe)

        def __get__(self, instance, owner=None):
            method = self._awaited if issubclass(owner, Awaiting) else self._blocking
            return method if instance is None else method.__get__(instance, owner)


def _blocking(describe: Callable[..., Step[T]]) -> Callable[..., T]:
    @wraps(describe)
    def method(self: Linked, *args: Any, **kwargs: Any) -> T:
        __tracebackhide__ = True
        step = describe(self, *args, **kwargs)
        return step.read(self._link.send(step.method, step.path, step.body, step.seconds))

    return _with_signature(method, describe, "Call")


def _awaited(describe: Callable[..., Step[T]]) -> Callable[..., Coroutine[Any, Any, T]]:
    @wraps(describe)
    async def method(self: Linked, *args: Any, **kwargs: Any) -> T:
        __tracebackhide__ = True
        step = describe(self, *args, **kwargs)
        return step.read(await self._link.send_async(step.method, step.path, step.body, step.seconds))

    return _with_signature(method, describe, "AsyncCall")


F = TypeVar("F", bound=Callable[..., Any])


def _with_signature(method: F, describe: Callable[..., Any], call: str) -> F:
    """For help(): what comes back is what the step reads."""
    signature = inspect.signature(describe)
    result = re.sub(r"\bC\b", call, signature.return_annotation[len("Step[") : -1])
    method.__signature__ = signature.replace(return_annotation=result)  # type: ignore[attr-defined]
    method.__annotations__ = {**describe.__annotations__, "return": result}
    return method


def given(**members: Any) -> dict[str, Any]:
    """The members of a command that were given."""
    return {name: value for name, value in members.items() if value is not None}


def plain_names(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments by Asterisk's names: one that Python or a method has a use of its own for is written ``from_``."""
    return {name[:-1] if name.endswith("_") else name: value for name, value in arguments.items()}
