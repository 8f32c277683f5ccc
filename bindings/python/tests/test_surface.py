"""The generated surface: complete, documented, named as promised."""

from __future__ import annotations

import inspect
import json
import pydoc
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import ari
import pytest

DOCUMENTS = Path(__file__).resolve().parents[3] / "test_resources" / "asterisk" / "api-docs"
CLIENTS = [ari.Client("http://127.0.0.1:9", "u", "p"), ari.AsyncClient("http://127.0.0.1:9", "u", "p")]


def operations() -> Iterator[tuple[str, dict[str, Any], str]]:
    for file in sorted(DOCUMENTS.glob("*.json")):
        for api in json.loads(file.read_text())["apis"]:
            for operation in api["operations"]:
                yield file.stem, operation, api["path"]


def models() -> dict[str, Any]:
    return {
        name: model
        for file in sorted(DOCUMENTS.glob("*.json"))
        for name, model in json.loads(file.read_text())["models"].items()
    }


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: type(client).__name__)
def test_every_operation_is_a_method_with_its_parameters(client: Any) -> None:
    number = 0
    for resource, operation, path in operations():
        number += 1
        repository = client.get_repo(resource)
        method = getattr(repository, operation["nickname"])
        assert getattr(repository, snake(operation["nickname"])) == method
        parameters = dict(inspect.signature(method).parameters)
        names = {"from" if name == "from_" else name for name in parameters}
        assert names == {parameter["name"] for parameter in operation.get("parameters", [])}
        for parameter in operation.get("parameters", []):
            found = parameters["from_" if parameter["name"] == "from" else parameter["name"]]
            required = parameter.get("required") or parameter["paramType"] == "path"
            assert (found.default is inspect.Parameter.empty) == bool(required), (path, found)
            assert found.kind == (
                found.POSITIONAL_OR_KEYWORD if parameter["paramType"] == "path" else found.KEYWORD_ONLY
            ), (path, found)
            assert found.annotation is not inspect.Parameter.empty
        doc = inspect.getdoc(method)
        assert doc and all(f"{name}:" in doc or f"{name} (" in doc for name in parameters), doc
        if operation.get("upgrade") is None:
            asynchronous = inspect.iscoroutinefunction(method)
            assert asynchronous == isinstance(client, ari.AsyncClient)
    assert number == 109


@pytest.mark.parametrize("module", [ari, ari.aio], ids=lambda module: module.__name__)
def test_every_model_is_a_class_with_its_fields(module: Any) -> None:
    found = models()
    assert len(found) == 85
    for name, model in found.items():
        kind = getattr(module, name)
        assert kind.__doc__
        for field in model["properties"]:
            attribute = inspect.getattr_static(kind, "from_" if field == "from" else field)
            assert isinstance(attribute, property) or callable(attribute), (name, field)
            assert inspect.getdoc(attribute)


def test_help_reads_well() -> None:
    text = pydoc.plain(pydoc.render_doc(ari.Client("http://x", "u", "p").channels.originate))
    assert (
        "endpoint" in text and "timeout: int | None = None" in text and "-> Channel" in text and "Default: `30`" in text
    )
    assert "Raises" in text and "POST /channels" in text
    text = pydoc.plain(pydoc.render_doc(ari.Client))
    assert "channels" in text and "get_channel" in text and "on_event" in text
    for found in (ari, ari.Channel, ari.StasisStart, ari.NotFoundException, ari.AsyncClient):
        assert pydoc.plain(pydoc.render_doc(found))


def test_everything_public_is_there() -> None:
    for module in (ari, ari.aio):
        assert len(set(module.__all__)) == len(module.__all__)
        for name in module.__all__:
            assert getattr(module, name) is not None
    assert ari.__version__ == version("asterisk-ari")


def test_asyncio_is_loaded_only_when_it_is_asked_for() -> None:
    source = "import sys, ari; print('asyncio' in sys.modules, ari.aio.Channel.__name__, 'asyncio' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "Channel", "True"]
