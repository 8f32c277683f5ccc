"""The asyncio side of the native module's futures."""

from __future__ import annotations

import asyncio
from typing import Any


def resolve(results: list[tuple[asyncio.Future[Any], Any, BaseException | None]]) -> None:
    """Hands results to those who wait for them; runs in their event loop."""
    for future, value, error in results:
        if future.done():
            continue  # cancelled meanwhile
        if error is None:
            future.set_result(value)
        else:
            future.set_exception(error)
