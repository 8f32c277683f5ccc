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

from importlib.metadata import PackageNotFoundError as _PackageNotFoundError
from importlib.metadata import version as _version

from . import aio
from .aio import AsyncClient
from .aio import connect as connect_async
from .client import Client, connect
from .generated.exceptions import *  # noqa: F403
from .generated.exceptions import __all__ as _exceptions
from .generated.sync.events import *  # noqa: F403
from .generated.sync.events import __all__ as _events
from .generated.sync.models import *  # noqa: F403
from .generated.sync.models import __all__ as _models
from .options import Options
from .runtime.calls import File
from .runtime.handlers import Handle

try:
    __version__ = _version("asterisk-ari")
except _PackageNotFoundError:  # imported from its sources
    __version__ = "0"

__all__ = [
    *_exceptions,
    *_events,
    *_models,
    "AsyncClient",
    "Client",
    "File",
    "Handle",
    "Options",
    "aio",
    "connect",
    "connect_async",
]
