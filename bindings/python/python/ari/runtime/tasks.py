"""The asyncio side of the native module's futures."""

from __future__ import annotations

import asyncio
from typing import Any, List, Optional, Tuple


def resolve(results: List[Tuple[asyncio.Future[Any], Any, Optional[BaseException]]]) -> None:
    """Hands results to those who wait for them; runs in their event loop."""
    for future, value, error in results:
        if future.done():
            continue  # cancelled meanwhile
        if error is None:
            future.set_result(value)
        else:
            future.set_exception(error)
