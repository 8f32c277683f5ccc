"""The synchronous domain objects, where programs written for the classic package look for them."""

from .generated.sync.models import *  # noqa: F403
from .runtime.objects import DomainObject as DomainObject
from .runtime.objects import Repository as Repository
