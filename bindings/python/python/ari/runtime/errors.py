"""Exceptions: what a failed call knows, and which classes the exception it raises belongs to."""

from __future__ import annotations

import builtins
import json
import sys
from typing import Any

_FAMILY: dict[str, type[Failure]] = {}
_VARIANTS: dict[tuple[type, ...], type[Failure]] = {}


class Response:
    """The server's refusal, readable the way the responses of ``requests`` are."""

    def __init__(self, status_code: int, content: bytes) -> None:
        self.status_code = status_code
        self.content = content

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode("utf-8", "replace")

    @property
    def ok(self) -> bool:
        """False: only refusals are kept."""
        return self.status_code < 400

    def json(self) -> Any:
        """The body as JSON; ``ValueError`` when it is something else."""
        return json.loads(self.content)

    def __repr__(self) -> str:
        return f"<Response [{self.status_code}]>"


class Failure(Exception):
    """Root of the exceptions; ``AriException`` is its only direct child, and what programs catch."""

    def __init__(
        self,
        message: str = "",
        *,
        text: str | None = None,
        delivery: str = "not sent",
        status: int | None = None,
        body: bytes | None = None,
        operation: str | None = None,
        method: str | None = None,
        path: str | None = None,
        advice: str | None = None,
        code: str | None = None,
    ) -> None:
        # Not super(): a variant's other parents (see below) have constructors of their own.
        BaseException.__init__(self, message)
        self.message = message
        """Asterisk's own message, or what went wrong on the way."""
        self.delivery = delivery
        """``"not sent"``, ``"rejected"`` by the server, or ``"outcome unknown"``: sent, and no answer came."""
        self.status = status
        """HTTP status of the answer; None when there was none."""
        self.body = body
        """Body of the answer."""
        self.operation = operation
        """Id of the operation, for example ``"channels.get"``."""
        self.method = method
        """HTTP method of the request."""
        self.path = path
        """Path of the request below ``/ari``, without its query."""
        self.advice = advice
        """A hint, for example that the operation is newer than the server."""
        self.code = code
        """The system's name of a network error, for example ``"ECONNREFUSED"``."""
        self.response = None if status is None else Response(status, body or b"")
        """The answer as ``requests`` would show it (``status_code``, ``json()``, ``text``); None without one."""
        self.request = None
        self._text = text or message

    def __str__(self) -> str:
        return self._text

    def __reduce__(self) -> Any:
        fields = {name: getattr(self, name) for name in _FIELDS}
        return _restore, (type(self)._member(), fields, isinstance(self, TypeError))

    @classmethod
    def _member(cls) -> type[Failure]:
        """The class of the family, without what the moment of raising added."""
        member: type[Failure] = cls.__dict__.get("_variant_of", cls)
        return member


_FIELDS = ("message", "delivery", "status", "body", "operation", "method", "path", "advice", "code")


def _restore(member: type[Failure], fields: dict[str, Any], argument: bool) -> Failure:
    return _variant(member, argument, fields.get("delivery", ""))(**fields)


def register(family: dict[str, type[Failure]]) -> None:
    """Tells which class stands for which name in the core."""
    _FAMILY.update(family)


def from_core(*, name: str, argument: bool, **fields: Any) -> Failure:
    """The exception for an error of the core; the native module calls this."""
    member = _FAMILY.get(name) or _FAMILY["AriException"]
    return _variant(member, argument, fields["delivery"])(**fields)


def refuse(message: str, operation: str | None = None) -> Failure:
    """The exception for arguments that never reach the core."""
    text = message if operation is None else f"{message} [{operation}, not sent]"
    return from_core(
        name="IllegalInputException",
        argument=True,
        message=message,
        text=text,
        delivery="not sent",
        operation=operation,
    )


def _variant(member: type[Failure], argument: bool, delivery: str) -> type[Failure]:
    """The class to raise: the member of the family, which is also what programs that know nothing of it catch.

    Wrong arguments are a TypeError, as everywhere in Python. A lost connection is also the builtin ConnectionError, a
    time-out the builtin TimeoutError. A program that has imported ``requests`` may be one that was written for the
    classic package and catches ``requests.HTTPError``; whether it has is known only at this moment.
    """
    others: tuple[type, ...] = (TypeError,) if argument else _builtin(member) + _of_requests(member, delivery)
    if not others:
        return member
    key = (member, *others)
    made = _VARIANTS.get(key)
    if made is None:
        names = {"__module__": member.__module__, "__qualname__": member.__qualname__, "__doc__": member.__doc__}
        made = _VARIANTS[key] = type(member.__name__, key, {**names, "_variant_of": member})
    return made


def _is(member: type, name: str) -> bool:
    return issubclass(member, _FAMILY[name])


def _builtin(member: type) -> tuple[type, ...]:
    if _is(member, "TimeoutException"):
        return (builtins.TimeoutError,)
    if _is(member, "ConnectionException"):
        return (builtins.ConnectionError,)
    return ()


def _of_requests(member: type, delivery: str) -> tuple[type, ...]:
    requests = sys.modules.get("requests.exceptions")
    if requests is None:
        return ()
    if _is(member, "TimeoutException"):
        return (requests.ConnectTimeout if delivery == "not sent" else requests.ReadTimeout,)
    if _is(member, "ConnectionException") or _is(member, "ProtocolException"):
        return (requests.ConnectionError,)
    return (requests.HTTPError,)
