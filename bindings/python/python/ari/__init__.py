"""The Asterisk REST Interface (ARI).

``connect`` gives the synchronous client, ``await connect_async`` the asyncio one::

    import ari

    client = ari.connect("http://localhost:8088", "hey", "peekaboo")
    client.on_channel_event("StasisStart", lambda channel, event: channel.answer())
    client.run(apps="hello")

A client has an attribute for each resource (``client.channels.originate(...)``), answers with objects that have their
operations as methods (``channel.play(...)``), and hands events to handlers. Parameters have Asterisk's own names.
Everything that can go wrong is an ``AriException``. Names of the asyncio half are in ``ari.aio``.
"""

from typing import TYPE_CHECKING

from ._native import __version__ as __version__
from .client import Client, connect
from .generated import exceptions as _exceptions
from .generated.exceptions import *  # noqa: F403
from .generated.sync import events as _events
from .generated.sync import models as _models
from .generated.sync.events import *  # noqa: F403
from .generated.sync.models import *  # noqa: F403
from .options import Options
from .runtime.calls import File
from .runtime.handlers import Handle

if TYPE_CHECKING:
    from . import aio
    from .aio import AsyncClient
    from .aio import connect as connect_async
else:

    def __getattr__(name):
        # asyncio costs more time than all the rest, so its half is loaded only when it is asked for.
        if name not in ("AsyncClient", "aio", "connect_async"):
            raise AttributeError(f"module 'ari' has no attribute {name!r}")
        from importlib import import_module

        half = import_module(".aio", __name__)
        found = globals()[name] = {"aio": half, "AsyncClient": half.AsyncClient, "connect_async": half.connect}[name]
        return found


for _name in _exceptions.__all__:
    # Tracebacks say where programs find them.
    getattr(_exceptions, _name).__module__ = __name__

__all__ = [
    *_exceptions.__all__,
    *_events.__all__,
    *_models.__all__,
    "AsyncClient",
    "Client",
    "File",
    "Handle",
    "Options",
    "aio",
    "connect",
    "connect_async",
]
