"""What the tests share: the fake server, clients of it, and a real Asterisk."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import ari
import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from fake import PASSWORD, USER, Fake  # noqa: E402
from real import Asterisk, external, own  # noqa: E402

ROOT = HERE.parents[2]


@pytest.fixture
def fake() -> Iterator[Fake]:
    with Fake() as server:
        yield server


@pytest.fixture
def client(fake: Fake) -> Iterator[ari.Client]:
    with ari.connect(fake.url, USER, PASSWORD) as client:
        yield client


@pytest.fixture(scope="session")
def asterisk() -> Iterator[Asterisk]:
    """A real Asterisk: the one that ARI_URL names, or one of our own."""
    with external() or own() as server:
        yield server


@pytest.fixture
def mortal() -> Iterator[Asterisk]:
    """A real Asterisk that may be killed."""
    if external() is not None:
        pytest.skip("ARI_URL names the Asterisk to use, and an Asterisk of somebody else's is not killed")
    with own() as server:
        yield server


@pytest.fixture
def real(asterisk: Asterisk) -> Iterator[ari.Client]:
    with asterisk.connect() as client:
        yield client


def channel(id: str = "c1", **fields: Any) -> dict[str, Any]:
    """JSON of a channel."""
    return {
        "id": id,
        "protocol_id": "",
        "name": f"Local/{id}",
        "state": "Up",
        "caller": {"name": "Ann", "number": "100"},
        "connected": {"name": "", "number": ""},
        "accountcode": "",
        "dialplan": {"context": "default", "exten": "1000", "priority": 3, "app_name": "Stasis", "app_data": "hello"},
        "creationtime": "2026-11-20T23:20:16.050+0000",
        "language": "en",
        **fields,
    }


def event(type: str, **fields: Any) -> dict[str, Any]:
    """JSON of an event."""
    return {"type": type, "application": "hello", "timestamp": "2026-11-20T23:20:16.050+0000", **fields}


Log = Callable[[], str]
