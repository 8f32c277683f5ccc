"""The simulated Asterisk."""

from __future__ import annotations

import os
import re
from collections.abc import Awaitable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, suppress
from typing import TYPE_CHECKING, Any, Callable, ClassVar, Generic, TypeVar, Union
from urllib.parse import quote

from .. import _native
from ..client import connect
from ..generated.sync.client import Client
from ..runtime.aio import _Done
from .calls import PATIENCE, AsyncCall, Call
from .commands import Awaiting, Blocking, Command, Step, given, nothing
from .failing import FailingCommands
from .link import Link, SimulatorError
from .options import DeviceState, OnCall, SimulatorOptions, as_json
from .records import About, reading
from .running import in_process, in_task, in_thread
from .watching import WatchingCommands

if TYPE_CHECKING:
    import subprocess

    from typing_extensions import Self, Unpack

    from ..generated.aio.client import AsyncClient
    from ..options import Options

C = TypeVar("C", Call, AsyncCall)
Caller = Union[str, Mapping[str, str]]

_about = reading(About)


class SimulatorBase(WatchingCommands, FailingCommands, Generic[C]):
    """What both kinds of simulator have in common."""

    _calls: ClassVar[type[Any]]

    def __init__(self, *, control_url: str | None = None, **options: Unpack[SimulatorOptions]) -> None:
        """Starts a simulator in this process, or drives one that is there.

        Args:
            control_url: Where the commands of a running simulator are, for example of the program ``ari-simulator``.
                Then nothing is started, and there can be no options.
            options: See ``ari.testing.SimulatorOptions``: speed, dialplan, telephones, sounds, users, ports.

        Raises:
            TypeError: There is no such option.
            ValueError: One of the options cannot be meant, or the dialplan is wrong.
            OSError: It cannot listen on this address and these ports.
            SimulatorError: Nobody is at ``control_url``.
        """
        if control_url is None:
            native = _native.Simulator(as_json(options))
            self._link = Link(native.control_url, native)
            self.url, self.username, self.password = native.url, native.username, native.password
        elif options:
            raise TypeError("options are for a simulator that is started here; the one at control_url has its own")
        else:
            self._link = Link(control_url, None)
            facts = self._link.send("GET", "", None, 0)
            self.url, self.username, self.password = facts["url"], facts["username"], facts["password"]
        self._clients: list[Client | AsyncClient] = []

    url: str
    """Where ARI is: ``http://127.0.0.1:40001``."""
    username: str
    """The user that may do everything."""
    password: str
    """That user's password."""

    @property
    def control_url(self) -> str:
        """Where the commands are."""
        return self._link.control_url

    @property
    def environment(self) -> dict[str, str]:
        """``ARI_URL``, ``ARI_USERNAME`` and ``ARI_PASSWORD``, for the environment of a program."""
        return {"ARI_URL": self.url, "ARI_USERNAME": self.username, "ARI_PASSWORD": self.password}

    async def connect_async(self, **options: Unpack[Options]) -> AsyncClient:
        """An asyncio client of this simulator; it is closed together with the simulator.

        Args:
            options: As for ``ari.connect_async``.
        """
        # asyncio's half is loaded only where it is used.
        from ..aio import connect

        client = await connect(self.url, self.username, self.password, **options)
        self._clients.append(client)
        return client

    def running_program(self, *command: str | os.PathLike[str]) -> AbstractContextManager[subprocess.Popen[bytes]]:
        """Runs a program beside the test, as long as the ``with`` lasts; then it is terminated. It finds the simulator
        by ``ARI_URL``, ``ARI_USERNAME`` and ``ARI_PASSWORD`` in its environment.

        Args:
            command: The program and its arguments: ``sys.executable, "ivr.py"``.

        Returns:
            A context manager that gives the ``subprocess.Popen``.

        Raises:
            SimulatorError: At the end of the ``with``: the program had ended with a failure before. What waits for it
                meanwhile fails at once, and says so.
        """
        return in_process(self._link, command, self.environment)

    @Command
    def call(
        self,
        exten: str | int | None = None,
        *,
        context: str | None = None,
        app: str | None = None,
        args: str | Sequence[str] = (),
        endpoint: str | None = None,
        caller: Caller | None = None,
        variables: Mapping[str, str | float] | None = None,
        id: str | None = None,
        within: float = PATIENCE,
    ) -> Step[C]:
        """Somebody calls: an extension of the dialplan, or an application directly. Waits until the application that
        the call goes to is connected.

        Args:
            exten: The extension: ``"1000"``.
            context: The extension's context. Default: ``"default"``.
            app: The application, if it is called directly.
            args: Arguments for the application, if it is called directly.
            endpoint: The telephone that the call comes from: ``"PJSIP/alice"``. Default: ``"PJSIP/trunk"``, the line on
                which calls come from outside.
            caller: Who calls: ``"Ann <123>"``, ``"Ann"``, ``"123"``, or ``{"name": "Ann", "number": "123"}``.
            variables: Variables of the channel, by their names.
            id: The channel's id. Default: one that is free.
            within: How many seconds to wait at most for the application.

        Returns:
            The call.

        Raises:
            SimulatorError: There is no such extension or telephone, or the application did not connect.
        """
        body = given(
            exten=None if exten is None else str(exten),
            context=context,
            app=app,
            endpoint=endpoint,
            caller=None if caller is None else parse_caller(caller),
            variables=None if variables is None else {name: str(value) for name, value in variables.items()},
            id=id,
            within=within,
        )
        if args:
            body["args"] = [args] if isinstance(args, str) else list(args)
        return Step("POST", "calls", body, self._as_call, within)

    @Command
    def expect_call(self, endpoint: str, *, within: float = PATIENCE) -> Step[C]:
        """Waits for a call of the application to a telephone; one that has come already, and met no expectation, will
        do.

        Args:
            endpoint: The telephone: ``"PJSIP/bob"``.
            within: How many seconds to wait at most.

        Returns:
            The call, as the one who is called sees it.

        Raises:
            ExpectationError: Nobody called it.
        """
        return Step("POST", "calls/expect", {"endpoint": endpoint, "within": within}, self._as_call, within)

    @Command
    def calls(self) -> Step[list[C]]:
        """The calls there are now.

        Returns:
            A call for each channel.
        """
        return Step("GET", "calls", None, lambda seen: [self._as_call(each) for each in seen])

    def _as_call(self, seen: Any) -> C:
        call: C = self._calls(self._link, seen)
        return call

    @Command
    def phone(
        self,
        name: str,
        *,
        on_call: OnCall | None = None,
        after: float | None = None,
        state: DeviceState | None = None,
    ) -> Step[None]:
        """Says what a telephone does when it is called. It exists from then on.

        Args:
            name: The telephone: ``"PJSIP/carol"``.
            on_call: Ring until the test answers or rejects the call, ring and answer, be busy, ring and decline, or
                nothing at all. Default: ``"ring"``.
            after: Simulated seconds after which it does that. Default: 0.
            state: One that is not online cannot be called. Default: ``"online"``.

        Raises:
            ValueError, SimulatorError: This is no name of a telephone, or it cannot do that.
        """
        technology, slash, resource = name.partition("/")
        if not slash:
            raise ValueError(f"{name!r} does not name a telephone; PJSIP/alice would")
        path = f"phones/{quote(technology, safe='')}/{quote(resource, safe='')}"
        return Step("PUT", path, given(on_call=on_call, after=after, state=state), nothing)

    @Command
    def phones(self) -> Step[dict[str, dict[str, Any]]]:
        """The telephones there are.

        Returns:
            What each does, by its name.
        """
        return Step("GET", "phones", None, dict)

    @Command
    def send_event(self, application: str, event: Mapping[str, Any]) -> Step[None]:
        """Sends an event as it stands, such as one that is newer than the simulator.

        Args:
            application: The application that gets it.
            event: The event's JSON, with its ``type``.

        Raises:
            SimulatorError: The application is not connected, or this is no event.
        """
        return Step("POST", "event", {"application": application, "event": event}, nothing)

    @Command
    def reset(self) -> Step[None]:
        """Everything is as at the start: no calls, no faults, an empty log. Connections stay."""
        return Step("POST", "reset", None, nothing)

    @Command
    def set_speed(self, speed: float) -> Step[None]:
        """Changes how fast time passes from now on, for what has begun, too.

        Args:
            speed: Simulated seconds that pass in one.

        Raises:
            SimulatorError: Time cannot pass that fast.
        """
        return Step("POST", "speed", {"speed": speed}, nothing)

    @Command
    def about(self) -> Step[About]:
        """What the simulator is and has at this moment.

        Returns:
            Speed, applications, channels, number of the newest record.
        """
        return Step("GET", "", None, _about)

    @Command
    def command(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, seconds: float = 0.0
    ) -> Step[Any]:
        """Sends a command that this class has no method for.

        Args:
            method: ``"GET"``, ``"POST"``, ``"PUT"`` or ``"DELETE"``.
            path: Path below ``control_url``, for example ``"faults"``.
            body: What it is told.
            seconds: How long the command itself may take, in real seconds.

        Returns:
            The JSON of the answer.

        Raises:
            ExpectationError: The answer was 417.
            SimulatorError: The answer was another one but 200.
        """
        return Step(method, path.lstrip("/"), body, lambda value: value, seconds)

    def _close(self) -> None:
        for client in self._clients:
            client.close()
        self._link.close()

    def _end_connections(self) -> None:
        with suppress(SimulatorError):  # there is none at the moment
            self._link.send("POST", "connections", {"do": "close", "within": 0}, 0)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.url!r})"


class Simulator(SimulatorBase[Call], Blocking):
    """A simulated Asterisk, and the people at its telephones. It is there until ``close()`` or the end of a ``with``.

    It may be used from several threads at once.
    """

    _calls = Call

    def connect(self, **options: Unpack[Options]) -> Client:
        """A client of this simulator; it is closed together with the simulator.

        Args:
            options: As for ``ari.connect``.
        """
        client = connect(self.url, self.username, self.password, **options)
        self._clients.append(client)
        return client

    def running(self, target: Callable[..., Any], /, *args: Any, **kwargs: Any) -> AbstractContextManager[None]:
        """Runs the application beside the test, in a thread, as long as the ``with`` lasts: ``with
        simulator.running(ivr.main, client):`` or ``with simulator.running(client.run, "hello"):``. At the end it is
        stopped: by ``close()`` of the clients that it was given, or else by closing all event connections, so that
        ``run()`` returns. A coroutine function runs in an event loop of its own, and is cancelled.

        Args:
            target: What runs.
            args: Its arguments.
            kwargs: Its arguments by name.

        Raises:
            BaseException: At the end of the ``with``: what the application raised. What waits for it meanwhile fails at
                once, and says so.
            SimulatorError: At the end of the ``with``: it did not end within 10 s.
        """
        return in_thread(self._link, target, args, kwargs, self._end_connections)

    @property
    def speed(self) -> float:
        """Simulated seconds that pass in one."""
        return self.about().speed

    @speed.setter
    def speed(self, speed: float) -> None:
        self.set_speed(speed)

    def close(self) -> None:
        """Ends the simulator with all of its connections, if it was started here."""
        self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncSimulator(SimulatorBase[AsyncCall], Awaiting):
    """``Simulator`` with methods that are awaited. Making and closing one takes a few milliseconds, and is not
    awaited.
    """

    _calls = AsyncCall

    async def connect(self, **options: Unpack[Options]) -> AsyncClient:
        """An asyncio client of this simulator; it is closed together with the simulator.

        Args:
            options: As for ``ari.connect_async``.
        """
        return await self.connect_async(**options)

    def running(self, coroutine: Coroutine[Any, Any, Any], /) -> AbstractAsyncContextManager[None]:
        """Runs the application beside the test, as a task, as long as the ``async with`` lasts: ``async with
        simulator.running(client.run("hello")):``. At the end it is cancelled.

        Args:
            coroutine: What runs.

        Raises:
            BaseException: At the end of the ``async with``: what the application raised. What waits for it meanwhile
                fails at once, and says so.
        """
        return in_task(self._link, coroutine)

    def close(self) -> Awaitable[None]:
        """Ends the simulator with all of its connections, if it was started here.

        It is done when this returns; it may be awaited all the same.
        """
        self._close()
        return _Done()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._close()


def parse_caller(caller: Caller) -> Mapping[str, str]:
    """Name and number of ``Ann <123>``."""
    if not isinstance(caller, str):
        return caller
    both = re.fullmatch(r'\s*"?([^"<>]*?)"?\s*<([^<>]*)>\s*', caller)
    if both:
        return {"name": both[1], "number": both[2].strip()}
    text = caller.strip()
    return {"number": text} if re.fullmatch(r"[-+*#\d\s()./]*", text) else {"name": text}
