"""The asyncio half of the package: the same names as in ``ari``, with operations that are awaited.

Events of the asyncio client are also instances of the synchronous classes of the same name, so that
``isinstance(event, ari.StasisStart)`` holds for both; type checkers learn from ``ari.aio.StasisStart`` that the
event's objects are asynchronous ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .generated.aio.client import AsyncClient
from .generated.aio.events import *  # noqa: F403
from .generated.aio.events import __all__ as _events
from .generated.aio.models import *  # noqa: F403
from .generated.aio.models import __all__ as _models

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .options import Options

__all__ = [*_events, *_models, "AsyncClient", "connect"]


async def connect(base_url: str, username: str, password: str, **options: Unpack[Options]) -> AsyncClient:
    """Connects to an Asterisk, and gives the asyncio client.

    The server is asked who it is, so that a wrong address or a wrong password fails here.

    Args:
        base_url: Address of Asterisk's HTTP server, for example ``"http://localhost:8088"``.
        username: A user of ``ari.conf``.
        password: The user's password.
        options: See ``ari.options.Options``: time-outs, limits, reconnecting, TLS.

    Returns:
        The client.

    Raises:
        UnauthorizedException: Wrong user name or password.
        ConnectionException: Nobody is there.
        TimeoutException: Somebody is there but does not answer.
    """
    return await AsyncClient.connect(base_url, username, password, **options)
