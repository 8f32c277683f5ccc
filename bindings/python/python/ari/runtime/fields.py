"""Reading JSON by attribute: what models, events and domain objects have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

F = TypeVar("F", bound="Fields")


class Fields:
    """Attribute getters over a JSON object. Generated properties are one call of one of these methods each."""

    __slots__ = ()

    def _json_of(self) -> Mapping[str, Any]:
        raise NotImplementedError

    def _client_of(self) -> Any:
        raise NotImplementedError

    @classmethod
    def _make(cls: type[F], client: Any, json: Any) -> F:
        """An instance for JSON that came with an answer or an event."""
        raise NotImplementedError

    def _field(self, name: str) -> Any:
        """A field the description calls required. A server of another release may leave it out all the same."""
        try:
            return self._json_of()[name]
        except KeyError:
            raise self._absent(name) from None

    def _absent(self, name: str) -> AttributeError:
        return AttributeError(f"{type(self).__name__} has no field {name!r}: the server did not send it")

    def _optional(self, name: str) -> Any:
        return self._json_of().get(name)

    def _one(self, name: str, kind: type[F]) -> F:
        found = self._optional_one(name, kind)
        if found is None:
            raise self._absent(name)
        return found

    def _optional_one(self, name: str, kind: type[F]) -> F | None:
        value = self._optional(name)
        return kind._make(self._client_of(), value) if isinstance(value, dict) else None

    def _many(self, name: str, kind: type[F]) -> list[F]:
        client = self._client_of()
        return [kind._make(client, item) for item in self._field(name)]

    def _optional_many(self, name: str, kind: type[F]) -> list[F] | None:
        value = self._optional(name)
        if value is None:
            return None
        client = self._client_of()
        return [kind._make(client, item) for item in value]


class Model(dict[str, Any], Fields):
    """JSON with typed attributes: ``info["system"]["version"]`` and ``info.system.version`` are the same."""

    __slots__ = ("_client",)

    def __init__(self, json: Mapping[str, Any] | None = None, *, client: Any = None, **fields: Any) -> None:
        super().__init__(json or {}, **fields)
        self._client = client

    @classmethod
    def _make(cls: type[F], client: Any, json: Any) -> F:
        return cls(json, client=client)  # type: ignore[call-arg]

    def _json_of(self) -> Mapping[str, Any]:
        return self

    def _client_of(self) -> Any:
        return self._client

    def __repr__(self) -> str:
        return f"{type(self).__name__}({super().__repr__()})"

    def __reduce__(self) -> Any:
        return type(self), (dict(self),)
