"""The synchronous client, where programs written for the classic package look for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .generated.sync.client import Client

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .options import Options

__all__ = ["Client", "connect"]


def connect(base_url: str, username: str, password: str, **options: Unpack[Options]) -> Client:
    """Connects to an Asterisk, and gives the synchronous client.

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
    return Client.connect(base_url, username, password, **options)
