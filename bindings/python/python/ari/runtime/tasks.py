"""The asyncio side of the native module's futures."""

from __future__ import annotations

import asyncio
import threading
from typing import Any, Callable
from weakref import WeakKeyDictionary

from .. import _native

Start = Callable[..., Any]
"""A method of the native module that takes a future and where its result is to be put."""

_mailboxes: WeakKeyDictionary[asyncio.AbstractEventLoop, _native.Mailbox] = WeakKeyDictionary()


def mailbox(loop: asyncio.AbstractEventLoop) -> _native.Mailbox:
    """Where results for this loop are put down."""
    found = _mailboxes.get(loop)
    if found is None:
        found = _native.Mailbox()
        try:
            loop.add_reader(found.fileno(), found.deliver)
        except NotImplementedError:
            threading.Thread(target=_carry, args=(loop, found), name="ari-asyncio", daemon=True).start()
        _mailboxes[loop] = found
    return found


def _carry(loop: asyncio.AbstractEventLoop, found: _native.Mailbox) -> None:
    """Wakes a loop that can watch no sockets."""
    while True:
        found.wait()
        try:
            asyncio.run_coroutine_threadsafe(_deliver(found), loop).result()
        except RuntimeError:
            return  # closed


async def _deliver(found: _native.Mailbox) -> None:
    found.deliver()


async def answer(start: Start, *args: Any) -> Any:
    """Starts something and waits for its result."""
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    cancel = start(future, mailbox(loop), *args)
    try:
        return await future
    except asyncio.CancelledError:
        cancel(future)
        raise


def begin(start: Start, *args: Any) -> asyncio.Future[Any]:
    """Starts something that is waited for later."""
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    future.add_done_callback(start(future, mailbox(loop), *args))
    return future
