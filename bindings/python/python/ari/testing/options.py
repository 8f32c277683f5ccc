"""What a simulator can be told when it is started."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, Literal, TypedDict

OnCall = Literal["ring", "answer", "busy", "decline", "silent"]
DeviceState = Literal["online", "offline", "unknown"]


# What help() shows of a TypedDict is its docstring and little else, so that this has the members.


class PhoneOptions(TypedDict, total=False):
    """A telephone.

    Attributes:
        on_call: What it does when it is called: ``"ring"`` until the test answers or rejects the call, ring and
            ``"answer"``, be ``"busy"``, ring and ``"decline"``, or nothing at all, ``"silent"``. Default: ``"ring"``.
        after: Simulated seconds after which it does that. Default: 0.
        state: ``"online"``, ``"offline"`` or ``"unknown"``; one that is not online cannot be called: the application's
            ``originate`` is refused. Default: ``"online"``.
    """

    on_call: OnCall
    after: float
    state: DeviceState


class SimulatorOptions(TypedDict, total=False):
    """Options of ``Simulator`` and ``AsyncSimulator``.

    Attributes:
        speed: Simulated seconds that pass in one second: at 10, a prompt of 2 s takes 0.2 s. Default: 10.
        dialplan: An ``extensions.conf``: its text, or the path (a ``Path``) of the file. Default: that of the examples,
            in which 1000 leads to the application ``hello``.
        phones: The telephones there are, and what they do when they are called: ``{"PJSIP/alice": "answer"}``, or
            ``{"PJSIP/alice": {"on_call": "answer", "after": 2}}`` (see ``PhoneOptions``). Default: ``PJSIP/alice`` and
            ``PJSIP/bob``, which ring.
        sounds: Sounds there are besides the usual ones: names with their seconds, or names only, which last 1 s.
            ``"*"`` stands for every name.
        username: The user that may do everything. Default: ``"hey"``.
        password: That user's password. Default: ``"peekaboo"``.
        read_only_username: The user that may only read. Default: ``"reader"``.
        read_only_password: That user's password. Default: ``"readonly"``.
        host: Address to listen on. Default: ``"127.0.0.1"``.
        port: Port of ARI. Default: 0, a free one.
        control_port: Port of the commands. Default: 0, a free one.
        version: The release that it says it is. Default: ``"22.10.1+simulator"``.
    """

    speed: float
    dialplan: str | PathLike[str] | None
    phones: Mapping[str, OnCall | PhoneOptions]
    sounds: Mapping[str, float] | Iterable[str]
    username: str
    password: str
    read_only_username: str
    read_only_password: str
    host: str
    port: int
    control_port: int
    version: str


def as_json(options: Mapping[str, Any]) -> str:
    """The options as the simulator takes them."""
    unknown = sorted(set(options) - set(SimulatorOptions.__annotations__))
    if unknown:
        raise TypeError(
            f"{unknown[0]!r} is no option of the simulator; there are {', '.join(SimulatorOptions.__annotations__)}"
        )
    read = {name: value for name, value in options.items() if value is not None}
    if isinstance(dialplan := read.get("dialplan"), PathLike):
        read["dialplan"] = Path(dialplan).read_text(encoding="utf-8")
    if isinstance(sounds := read.get("sounds"), str):
        read["sounds"] = [sounds]
    return json.dumps(read, default=lambda value: dict(value) if isinstance(value, Mapping) else list(value))
