"""What a client can be told when it is made."""

from __future__ import annotations

from typing import Literal, TypedDict


class Options(TypedDict, total=False):
    """Options of ``ari.connect`` and its relatives. Times are in seconds."""

    connect_timeout: float
    """Time for making a connection. Default: 5."""
    request_timeout: float
    """Time from sending a request to its whole answer. Default: 30."""
    ping_interval: float
    """Silence on the event connection after which the server is pinged. Default: 10."""
    pong_timeout: float
    """Time for the answer to a ping before the connection counts as lost. Default: 5."""
    max_connections: int
    """Connections for calls; Asterisk serves each with a thread. Default: 16."""
    max_body_bytes: int
    """Largest answer of a call that is read. Default: 256 MiB."""
    max_frame_bytes: int
    """Largest event that is read. Default: 16 MiB."""
    queue_bytes: int
    """Bound of the events that wait for handlers; beyond it the oldest are given up for an ``EventsDropped``.
    Default: 64 MiB."""
    reconnect: Literal["never", "lost", "always"]
    """When the event connection is made again: never; when it was lost, but not when the server closed it; always.
    Default: ``"lost"``."""
    max_reconnects: int | None
    """Attempts after a loss before ``run()`` raises. Default: None, for ever."""
    first_attempts: int
    """Attempts ``run()`` makes to connect at first. Default: 1."""
    min_delay: float
    """First wait between attempts; it doubles each time. Default: 0.1."""
    max_delay: float
    """Longest wait between attempts. Default: 10."""
    unknown_parameters: Literal["refuse", "drop"]
    """What happens to parameters an operation does not have. Default: ``"refuse"``."""
    ca_pem: str | None
    """PEM text of authorities to trust besides those of the system."""
    client_cert_pem: str | None
    """PEM text of the certificate this client shows."""
    client_key_pem: str | None
    """PEM text of that certificate's key."""
    user_agent: str
    """What the client calls itself in requests."""
