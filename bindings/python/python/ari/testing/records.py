"""What the simulator knows and remembers."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, TypeVar

R = TypeVar("R")


@dataclass(frozen=True)
class RequestRecord:
    """A request that the application sent."""

    seq: int
    """Its number; requests and events are counted together, from 1."""
    at: float
    """Seconds since the simulator was started."""
    operation: str | None
    """The operation, ``"channels.play"``; None for what is none."""
    method: str
    """``"GET"``, ``"POST"``, ..."""
    target: str
    """Path and query below ``/ari``."""
    arguments: dict[str, Any]
    """The operation's arguments by name, wherever they stood in the request."""
    status: int | None
    """How it was answered; None while it is not, or when a fault took the answer away."""
    message: str | None
    """What an error said."""


@dataclass(frozen=True)
class EventRecord:
    """An event that was sent to an application."""

    seq: int
    """Its number; requests and events are counted together, from 1."""
    at: float
    """Seconds since the simulator was started."""
    application: str
    """The application that it was for."""
    event: dict[str, Any]
    """The event's JSON."""
    delivered: bool
    """Whether the application was connected."""

    @property
    def type(self) -> str:
        """The event's type."""
        return str(self.event.get("type"))


@dataclass(frozen=True)
class About:
    """The simulator at one moment."""

    version: str
    """The release that it says it is."""
    speed: float
    """Simulated seconds that pass in one."""
    mode: str
    """``"up"``, ``"down"``, ``"loading"`` or ``"booting"``."""
    seq: int
    """The number of the newest record."""
    applications: list[str]
    """Applications that it knows."""
    channels: list[dict[str, Any]]
    """The JSON of every channel."""


def reading(kind: type[R]) -> Any:
    """A function that makes a record of JSON. What a newer simulator says besides is left out."""
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    return lambda value: kind(**{name: value[name] for name in names})
