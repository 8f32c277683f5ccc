"""The synchronous domain objects, where programs written for the classic package look for them."""

from .generated.sync.objects import *  # noqa: F403
from .generated.sync.objects import __all__ as _objects
from .runtime.objects import DomainObject, Repository

__all__ = [*_objects, "DomainObject", "Repository"]
