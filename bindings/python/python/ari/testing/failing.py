"""Commands that let things go wrong."""

from __future__ import annotations

from typing import Any, Literal

from .calls import PATIENCE
from .commands import Command, Linked, Step, given, nothing, plain_names


def _count(answer: Any) -> int:
    return int(answer)


class FailingCommands(Linked):
    """Faults of requests, of event connections, and of the whole server."""

    @Command
    def fail(
        self,
        operation: str = "*",
        /,
        *,
        status: int = 500,
        message: str | None = None,
        delay: float | None = None,
        times: int | None = 1,
        **arguments: Any,
    ) -> Step[None]:
        """Has the next such request refused; nothing is done.

        Args:
            operation: The operation: ``"channels.play"``; ``"*"`` for every one.
            status: The status of the refusal.
            message: What it says. Default: the usual words for that status.
            delay: Real seconds before it comes.
            times: How many requests; None for all from now on.
            arguments: Only requests with these arguments.

        Raises:
            SimulatorError: There is no such operation.
        """
        return _fault(operation, arguments, times, status=status, message=message, delay=delay)

    @Command
    def delay(self, operation: str, seconds: float, /, *, times: int | None = 1, **arguments: Any) -> Step[None]:
        """Has the next such request wait; then it is carried out.

        Args:
            operation: The operation: ``"channels.play"``; ``"*"`` for every one.
            seconds: How long, in real seconds.
            times: How many requests; None for all from now on.
            arguments: Only requests with these arguments.

        Raises:
            SimulatorError: There is no such operation.
        """
        return _fault(operation, arguments, times, delay=seconds)

    @Command
    def cut(
        self,
        operation: str = "*",
        how: Literal["reset", "close", "silence"] = "reset",
        /,
        *,
        performed: bool = False,
        times: int | None = 1,
        **arguments: Any,
    ) -> Step[None]:
        """Has the next such request answered by nothing.

        Args:
            operation: The operation: ``"channels.play"``; ``"*"`` for every one.
            how: What becomes of its connection: ``"reset"``, ``"close"``, or ``"silence"``, in which it
                stays and nothing comes.
            performed: Whether the request is carried out, and only its answer is lost.
            times: How many requests; None for all from now on.
            arguments: Only requests with these arguments.

        Raises:
            SimulatorError: There is no such operation.
        """
        return _fault(operation, arguments, times, cut=how, performed=performed)

    @Command
    def faults(self) -> Step[list[dict[str, Any]]]:
        """The faults that are still to come.

        Returns:
            Each as ``POST /faults`` of the commands takes it.
        """
        return Step("GET", "faults", None, list)

    @Command
    def clear_faults(self) -> Step[None]:
        """Forgets the faults that are still to come."""
        return Step("DELETE", "faults", None, nothing)

    @Command
    def drop(self, application: str | None = None, *, within: float = PATIENCE) -> Step[int]:
        """Ends event connections without a close frame, as Asterisk does when it stops.

        Args:
            application: Only the connections of this application.
            within: How many seconds to wait at most for such a connection.

        Returns:
            How many there were.

        Raises:
            SimulatorError: There is none.
        """
        return _connections("drop", application, within)

    @Command
    def close_connections(
        self, code: int = 1000, *, application: str | None = None, within: float = PATIENCE
    ) -> Step[int]:
        """Closes event connections with a close frame.

        Args:
            code: Code of the close frame, 1000 to 4999.
            application: Only the connections of this application.
            within: How many seconds to wait at most for such a connection.

        Returns:
            How many there were.

        Raises:
            SimulatorError: There is none, or the code cannot be.
        """
        return _connections("close", application, within, code=code)

    @Command
    def reset_connections(self, application: str | None = None, *, within: float = PATIENCE) -> Step[int]:
        """Ends event connections by a reset (RST).

        Args:
            application: Only the connections of this application.
            within: How many seconds to wait at most for such a connection.

        Returns:
            How many there were.

        Raises:
            SimulatorError: There is none.
        """
        return _connections("reset", application, within)

    @Command
    def silence(self, application: str | None = None, *, within: float = PATIENCE) -> Step[int]:
        """Keeps event connections, but nothing is read or sent on them any more, and pings are not answered.

        Args:
            application: Only the connections of this application.
            within: How many seconds to wait at most for such a connection.

        Returns:
            How many there were.

        Raises:
            SimulatorError: There is none.
        """
        return _connections("silence", application, within)

    @Command
    def resume(self, application: str | None = None, *, within: float = PATIENCE) -> Step[int]:
        """Ends a silence. What should have been sent meanwhile is lost.

        Args:
            application: Only the connections of this application.
            within: How many seconds to wait at most for such a connection.

        Returns:
            How many there were.

        Raises:
            SimulatorError: There is none.
        """
        return _connections("resume", application, within)

    @Command
    def restart(
        self, down: float = 0.2, loading: float = 0.1, booting: float = 0.2, *, wait: bool = True
    ) -> Step[None]:
        """Restarts the simulated Asterisk: connections are refused, then all is answered with 404, then with 503.
        What was going on is forgotten.

        Args:
            down: How long connections are refused, in real seconds.
            loading: How long the answer is 404, in real seconds.
            booting: How long the answer is 503, in real seconds.
            wait: Whether to wait until it is up again.
        """
        body = {"down": down, "loading": loading, "booting": booting, "wait": wait}
        return Step("POST", "restart", body, nothing, down + loading + booting)

    @Command
    def stop(self) -> Step[None]:
        """Has the simulated Asterisk go away: connections end and are refused until ``start``."""
        return Step("POST", "stop", None, nothing)

    @Command
    def start(self) -> Step[None]:
        """Has the simulated Asterisk come back after a ``stop``."""
        return Step("POST", "start", None, nothing)


def _fault(operation: str, arguments: dict[str, Any], times: int | None, **what: Any) -> Step[None]:
    body = {"operation": operation, "arguments": plain_names(arguments), "times": times, **given(**what)}
    return Step("POST", "faults", body, nothing)


def _connections(do: str, application: str | None, within: float, **besides: Any) -> Step[int]:
    body = {**given(application=application), "do": do, "within": within, **besides}
    return Step("POST", "connections", body, _count, within)
