"""The conformance table (docs/conformance.md), run by the synchronous and by the asyncio client.

A runner does what a case says and reports what it saw; the server judges.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable

import ari
import ari.aio
import pytest
from conftest import ROOT

AT_ONCE = 8
"""Cases under way at once: many of them only wait."""

PATIENCE = 30  # seconds

Case = dict[str, Any]
Outcome = dict[str, Any]


class Table:
    """The server with the cases, and its verdicts."""

    def __init__(self) -> None:
        self._own: subprocess.Popen[str] | None = None
        self._url = os.environ.get("ARI_CONFORMANCE") or self._start()
        self.cases: list[Case] = self.ask("GET", "/cases")

    def _start(self) -> str:
        folder = os.environ.get("CARGO_TARGET_DIR") or ROOT / "target"
        binary = os.path.join(folder, "debug", "ari-conformance")
        self._own = subprocess.Popen(
            [binary, "serve", "--resources", str(ROOT / "test_resources" / "conformance")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._own.stdout
        return str(json.loads(self._own.stdout.readline())["url"])

    def verdict(self, surface: str, case: Case, outcome: Outcome) -> list[str]:
        answer = self.ask("POST", f"/verdict/{case['id']}?surface={surface}", outcome)
        self.ask("POST", f"/reset/{case['id']}")
        return [f"{case['id']} ({case['file']}): {problem}" for problem in answer.get("problems", [])]

    def report(self, surface: str, problems: list[list[str]], capsys: pytest.CaptureFixture[str]) -> None:
        """Fails unless the server has seen every case pass."""
        tally = self.ask("GET", f"/tally/{surface}")
        if self._own:
            with capsys.disabled():
                print(f"\n{tally['line']}")
        assert not any(problems), "\n".join(line for each in problems for line in each)
        assert tally["complete"], tally

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._url + path, data, method=method)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def close(self) -> None:
        if self._own and self._own.stdin:
            with self._own:
                self._own.stdin.close()
                self._own.wait(10)


@pytest.fixture(scope="module")
def table() -> Iterator[Table]:
    table = Table()
    yield table
    table.close()


class Seen:
    """The handlers that are registered, and the calls of them so far."""

    def __init__(self, table: Table, case: Case, module: Any, make: Callable[[Seen, Case], Callable[..., Any]]) -> None:
        self.table = table
        self.case = case
        self.module = module
        self.make = make
        self.client: Any = None
        self.registered: dict[str, Any] = {}
        self.functions: dict[str, Callable[..., Any]] = {}
        self.handled: list[dict[str, Any]] = []

    def register(self, handler: Case) -> None:
        if handler["name"] in self.registered:
            return
        same = self.functions.get(handler.get("same_as") or "")
        call = self.functions[handler["name"]] = same or self.make(self, handler)
        on = handler["on"]
        if on == "client":
            handle = self.client.add_event_handler(handler["event"], call)
        else:
            handle = self.object(on).add_event_handler(handler["event"], call)
        self.registered[handler["name"]] = handle

    def object(self, on: Case) -> Any:
        """A domain object, made from its id alone."""
        kind = getattr(self.module, on["class"])
        parts = on["id"].split("/", 1) if on["class"] == "Endpoint" else [on["id"]]
        return kind(self.client, {field: part for (_, field), part in zip(kind._identity, parts)})

    def note(self, handler: Case, event: Any) -> None:
        objects = {}
        for field, kind, _ in event._objects:
            found = getattr(event, field, None)
            if found is not None:
                assert type(found) is getattr(self.module, kind)
                objects[field] = {"class": kind, "id": found.id}
        self.handled.append({"handler": handler["name"], "event": dict(event), "objects": objects})

    def act(self, verb: str, what: Any) -> Any:
        """Does an action; what it gives is for a coroutine to wait for."""
        if verb == "add":
            self.register(what)
        elif verb == "remove":
            if what in self.registered:
                self.registered.pop(what).close()
        elif verb == "raise":
            raise RuntimeError(what)
        elif verb == "call":
            return self.call(what)
        elif verb == "stop":
            self.client.close()
        elif verb == "sleep":
            time.sleep(what / 1000)
        elif verb == "hold":
            self.table.ask("POST", f"/hold/{self.case['id']}")
        else:
            pytest.fail(f"this runner does not know the action {verb!r}")
        return None

    def call(self, call: Case) -> Any:
        """Calls an operation the way users do: by the method of the resource, or of an object."""
        resource, _, nickname = call["operation"].partition(".")
        try:
            target = self.object(call["on"]) if "on" in call else self.client.get_repo(resource)
            method = getattr(target, nickname)
        except AttributeError as error:
            # Python itself finds that there is no such operation; what counts is that nothing is sent.
            raise Unknown(f"{error} [{call['operation']}]") from None
        return method(**call["arguments"])

    def request(self) -> Any:
        request = self.case["request"]
        return self.client.request(request["method"], request["path"], request.get("query"), request.get("body"))

    def outcome(self, value: Any) -> Outcome:
        if value is None:
            return {"nothing": True}
        if isinstance(value, bytes):
            return {"base64": base64.b64encode(value).decode()}
        outcome: Outcome = {"json": plain(value)}
        if self.case["kind"] == "call":
            kinds = [self.kind(item) for item in value] if isinstance(value, list) else self.kind(value)
            # An empty list is one of objects as well as of anything else.
            if kinds == [] or (kinds and kinds != [None] * len(kinds)):
                outcome["object"] = kinds
        return outcome

    def kind(self, value: Any) -> str | None:
        return type(value).__name__ if isinstance(value, ari.runtime.objects.DomainObject) else None

    def failure(self, error: BaseException) -> Outcome:
        if isinstance(error, Unknown):
            told = {"class": "IllegalInputException", "classes": ["AriException"], "delivery": "not sent"}
            return {"error": {**told, "message": str(error), "text": str(error)}}
        if not isinstance(error, ari.AriException):
            raise error
        names = [kind.__name__ for kind in type(error).__mro__]
        return {
            "error": {
                "class": type(error).__name__,
                "classes": names,
                "status": error.status,
                "message": error.message,
                "delivery": error.delivery,
                "body": None if error.body is None else error.body.decode("utf-8", "replace"),
                "text": f"{error} {error!r}",
            }
        }


class Unknown(Exception):
    """An operation that the surface does not have."""


def plain(value: Any) -> Any:
    """All fields of a result as JSON."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    return getattr(value, "json", value)


def sync_handler(seen: Seen, handler: Case) -> Callable[..., None]:
    # Handlers of an object get the object before the event.
    def call(*arguments: Any) -> None:
        seen.note(handler, arguments[-1])
        for action in handler.get("does") or []:
            for verb, what in action.items():
                seen.act(verb, what)

    return call


def async_handler(seen: Seen, handler: Case) -> Callable[..., Any]:
    async def call(*arguments: Any) -> None:
        seen.note(handler, arguments[-1])
        for action in handler.get("does") or []:
            for verb, what in action.items():
                result = seen.act(verb, what)
                if result is not None:
                    await result

    return call


def run_sync(table: Table, case: Case) -> Outcome:
    seen = Seen(table, case, ari, sync_handler)
    try:
        with ari.connect(case["url"], case["username"], case["password"], **case["options"]) as seen.client:
            outcome = carry_out(seen)
    except (ari.AriException, Unknown) as error:
        outcome = seen.failure(error)
    return {**outcome, "handled": seen.handled}


def carry_out(seen: Seen) -> Outcome:
    case = seen.case
    if case["kind"] == "connect":
        return {"nothing": True}
    if case["kind"] == "call":
        return seen.outcome(seen.call(case["call"]))
    if case["kind"] == "request":
        return seen.outcome(seen.request())
    if case["kind"] == "upgrade":
        for _ in seen.call(case["call"]):
            pass
        return {}
    assert case["kind"] == "events", f"this runner does not know cases of kind {case['kind']!r}"
    for handler in case.get("handlers") or []:
        seen.register(handler)
    seen.client.run(case["apps"], subscribeAll=case.get("subscribe_all", False))
    return {}


async def run_async(table: Table, case: Case) -> Outcome:
    seen = Seen(table, case, ari.aio, async_handler)
    try:
        connecting = ari.connect_async(case["url"], case["username"], case["password"], **case["options"])
        async with await connecting as seen.client:
            outcome = await carry_out_async(seen)
    except (ari.AriException, Unknown) as error:
        outcome = seen.failure(error)
    return {**outcome, "handled": seen.handled}


async def carry_out_async(seen: Seen) -> Outcome:
    case = seen.case
    if case["kind"] == "connect":
        return {"nothing": True}
    if case["kind"] == "call":
        return seen.outcome(await seen.call(case["call"]))
    if case["kind"] == "request":
        return seen.outcome(await seen.request())
    if case["kind"] == "upgrade":
        async for _ in seen.call(case["call"]):
            pass
        return {}
    assert case["kind"] == "events", f"this runner does not know cases of kind {case['kind']!r}"
    for handler in case.get("handlers") or []:
        seen.register(handler)
    await seen.client.run(case["apps"], subscribeAll=case.get("subscribe_all", False))
    return {}


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Handlers that fail on purpose are logged; hundreds of tracebacks help nobody."""
    caplog.set_level("CRITICAL", "ari.client")


def test_sync(table: Table, capsys: pytest.CaptureFixture[str]) -> None:
    def judge(case: Case) -> list[str]:
        return table.verdict("python", case, run_sync(table, case))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        problems = list(pool.map(judge, table.cases))
    table.report("python", problems, capsys)


def test_asyncio(table: Table, capsys: pytest.CaptureFixture[str]) -> None:
    async def judge(case: Case, turn: asyncio.Semaphore) -> list[str]:
        async with turn:
            try:
                outcome = await asyncio.wait_for(run_async(table, case), PATIENCE)
            except asyncio.TimeoutError:
                return [f"{case['id']}: it did not come to its end"]
            return await asyncio.to_thread(table.verdict, "asyncio", case, outcome)

    async def main() -> list[list[str]]:
        turn = asyncio.Semaphore(AT_ONCE)
        return await asyncio.gather(*(judge(case, turn) for case in table.cases))

    table.report("asyncio", asyncio.run(main()), capsys)
