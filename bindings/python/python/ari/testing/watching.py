"""Commands that look at what the application does."""

from __future__ import annotations

from typing import Any, Union
from urllib.parse import urlencode

from .calls import PATIENCE
from .commands import Command, Linked, Step, given, nothing, plain_names
from .records import EventRecord, RequestRecord, reading

MOMENT = 0.5
"""Seconds in which nothing may come."""

_request = reading(RequestRecord)
_event = reading(EventRecord)
After = Union[int, RequestRecord, EventRecord]


class WatchingCommands(Linked):
    """The log, and what is expected to be in it."""

    @Command
    def expect_request(
        self,
        operation: str,
        /,
        *,
        within: float = PATIENCE,
        after: After = 0,
        status: int | None = None,
        **arguments: Any,
    ) -> Step[RequestRecord]:
        """Waits for a request of the application; one that has come already will do. A request meets one expectation
        only, so that two of the same kind need two of them.

        Args:
            operation: The operation: ``"channels.play"``.
            within: How many seconds to wait at most.
            after: Only requests after this record (or after the record with this number).
            status: How it was answered.
            arguments: The operation's arguments by Asterisk's names, as far as they matter: ``media="sound:hello"``. Of
                an object its part that matters is enough, a call or an object of the client stands for its id, and
                ``from_`` is ``from``.

        Returns:
            The request.

        Raises:
            ExpectationError: It did not come; the message says what did instead.
            SimulatorError: There is no such operation, or it has no such argument.
        """
        return Step("POST", "expect", _wanted_request(operation, within, after, status, arguments), _request, within)

    @Command
    def expect_no_request(
        self,
        operation: str,
        /,
        *,
        within: float = MOMENT,
        after: After = 0,
        status: int | None = None,
        **arguments: Any,
    ) -> Step[None]:
        """Waits, and no such request may come in this time, or have come before and met no expectation.

        Args:
            operation: The operation: ``"channels.play"``.
            within: How many seconds to wait.
            after: Only requests after this record (or after the record with this number).
            status: How it was answered.
            arguments: The operation's arguments, as far as they matter; see ``expect_request``.

        Raises:
            ExpectationError: It came.
            SimulatorError: There is no such operation, or it has no such argument.
        """
        return Step(
            "POST", "expect/none", _wanted_request(operation, within, after, status, arguments), nothing, within
        )

    @Command
    def expect_event(
        self,
        type: str,
        /,
        *,
        within: float = PATIENCE,
        after: After = 0,
        application: str | None = None,
        **fields: Any,
    ) -> Step[EventRecord]:
        """Waits for an event to be sent to the application; one that has been sent already will do. An event meets one
        expectation only.

        Args:
            type: Type of the event: ``"StasisStart"``.
            within: How many seconds to wait at most.
            after: Only events after this record (or after the record with this number).
            application: The application that it is sent to.
            fields: The event's fields, as far as they matter: ``channel=call``, ``channel={"state": "Up"}``.

        Returns:
            The event.

        Raises:
            ExpectationError: It did not come; the message says what did instead.
        """
        return Step("POST", "expect", _wanted_event(type, within, after, application, fields), _event, within)

    @Command
    def expect_no_event(
        self,
        type: str,
        /,
        *,
        within: float = MOMENT,
        after: After = 0,
        application: str | None = None,
        **fields: Any,
    ) -> Step[None]:
        """Waits, and no such event may be sent in this time, or have been before without meeting an expectation.

        Args:
            type: Type of the event: ``"StasisEnd"``.
            within: How many seconds to wait.
            after: Only events after this record (or after the record with this number).
            application: The application that it is sent to.
            fields: The event's fields, as far as they matter; see ``expect_event``.

        Raises:
            ExpectationError: It came.
        """
        return Step("POST", "expect/none", _wanted_event(type, within, after, application, fields), nothing, within)

    @Command
    def requests(self, operation: str | None = None, /, *, after: After = 0) -> Step[list[RequestRecord]]:
        """The requests so far, in the order in which they came.

        Args:
            operation: Only those of this operation: ``"channels.play"``.
            after: Only those after this record (or after the record with this number).

        Returns:
            The requests, whether they have met an expectation or not.
        """

        def read(records: Any) -> list[RequestRecord]:
            read = [_request(record) for record in records]
            return [record for record in read if operation is None or record.operation == operation]

        return Step("GET", "requests?" + urlencode({"after": _number(after)}), None, read)

    @Command
    def events(self, type: str | None = None, /, *, after: After = 0) -> Step[list[EventRecord]]:
        """The events so far, in the order in which they were sent.

        Args:
            type: Only those of this type: ``"StasisStart"``.
            after: Only those after this record (or after the record with this number).

        Returns:
            The events, whether they have met an expectation or not.
        """

        def read(records: Any) -> list[EventRecord]:
            read = [_event(record) for record in records]
            return [record for record in read if type is None or record.type == type]

        return Step("GET", "events?" + urlencode({"after": _number(after)}), None, read)


def _wanted_request(
    operation: str, within: float, after: After, status: int | None, arguments: dict[str, Any]
) -> dict[str, Any]:
    arguments = plain_names(arguments)
    return given(operation=operation, within=within, after=_number(after), status=status, arguments=arguments)


def _wanted_event(
    type: str, within: float, after: After, application: str | None, fields: dict[str, Any]
) -> dict[str, Any]:
    fields = plain_names(fields)
    return given(type=type, within=within, after=_number(after), application=application, fields=fields)


def _number(after: After) -> int:
    return after if isinstance(after, int) else after.seq
