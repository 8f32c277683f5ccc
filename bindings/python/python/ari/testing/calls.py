"""One party's call, from the telephone's side."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from .commands import Awaiting, Blocking, Command, Linked, Step, given
from .link import Link

PATIENCE = 5.0
"""Seconds to wait for what is expected."""


class CallCommands(Linked):
    """What both kinds of call have in common.

    The attributes show the call as it was when it was last looked at: after ``refresh`` and whatever is expected of it.
    """

    id: str
    """The channel's id."""
    name: str
    """The channel's name, ``"PJSIP/alice-00000001"``."""
    state: str
    """The channel's state, ``"Ring"``, ``"Ringing"``, ``"Up"``, ...; its last one when the call is over."""
    hung_up: bool
    """Whether the call is over."""
    cause: int | None
    """Why it is over, as a number of Q.850: 16 is the normal end."""
    cause_txt: str | None
    """The same in Asterisk's words."""
    application: str | None
    """The application that the channel is in; None when it is in none."""
    bridge: str | None
    """Id of the bridge that the channel is in; None when it is in none."""
    playing: list[str]
    """What the party hears now, as media URIs."""
    heard: list[str]
    """What the party has heard to its end, in this order."""
    moh: str | None
    """Class of the music on hold that the party hears; None when there is none."""
    silence: bool
    """Whether the application plays silence to the party."""
    ringing: bool
    """Whether the application has the party hear ringing."""
    held: bool
    """Whether the party, or the application, has put the call on hold."""
    muted_in: bool
    """Whether what the party says is muted."""
    muted_out: bool
    """Whether what the party would hear is muted."""
    channel: dict[str, Any]
    """The channel's JSON, as ARI shows it."""

    def __init__(self, link: Link, seen: dict[str, Any]) -> None:
        self._link = link
        self._see(seen)

    def _see(self, seen: Any) -> None:
        # Not every command is answered with the call.
        if isinstance(seen, dict) and "id" in seen:
            for name in CallCommands.__annotations__:
                setattr(self, name, seen.get(name))

    def _tell(self, what: str, members: dict[str, Any], seconds: float | None = 0.0) -> Step[None]:
        return Step("POST", f"calls/{quote(self.id, safe='')}/{what}", members, self._see, seconds)

    def _expect(self, within: float, **members: Any) -> Step[None]:
        return self._tell("expect", {"within": within, **members}, within)

    @Command
    def press(self, keys: str | int, *, duration: int | None = None, gap: int | None = None) -> Step[None]:
        """Presses keys, one after the other.

        Args:
            keys: The keys: ``0`` to ``9``, ``*``, ``#``, ``A`` to ``D``. ``12`` is ``"12"``.
            duration: How long each is pressed, in simulated milliseconds. Default: 100.
            gap: Simulated milliseconds between two of them. Default: 100.

        Raises:
            SimulatorError: The call is over, or this is no key.
        """
        return self._tell("press", given(keys=str(keys), duration=duration, gap=gap), None)

    @Command
    def hang_up(self, cause: int | None = None) -> Step[None]:
        """The party hangs up.

        Args:
            cause: Why, as a number of Q.850. Default: 16, the normal end.

        Raises:
            SimulatorError: The call is over.
        """
        return self._tell("hangup", given(cause=cause))

    @Command
    def answer(self) -> Step[None]:
        """The telephone that is called is answered.

        Raises:
            SimulatorError: It is not being called (any more).
        """
        return self._tell("answer", {})

    @Command
    def reject(self, cause: int | None = None) -> Step[None]:
        """The telephone that is called rejects the call.

        Args:
            cause: Why, as a number of Q.850: 17 busy, 19 no answer. Default: 21, rejected.

        Raises:
            SimulatorError: It is not being called (any more).
        """
        return self._tell("reject", given(cause=cause))

    @Command
    def ring(self) -> Step[None]:
        """A telephone that is called and has been silent so far begins to ring.

        Raises:
            SimulatorError: It is not being called (any more).
        """
        return self._tell("ring", {})

    @Command
    def hold(self, music_class: str | None = None) -> Step[None]:
        """The party puts the call on hold.

        Args:
            music_class: Class of the music that it asks for.

        Raises:
            SimulatorError: The call is over.
        """
        return self._tell("hold", given(music_class=music_class))

    @Command
    def unhold(self) -> Step[None]:
        """The party takes the call back.

        Raises:
            SimulatorError: The call is over.
        """
        return self._tell("unhold", {})

    @Command
    def talk(self, seconds: float) -> Step[None]:
        """The party talks. Events say so if ``TALK_DETECT`` is set on the channel.

        Args:
            seconds: How long, in simulated seconds.

        Raises:
            SimulatorError: The call is over.
        """
        return self._tell("talk", {"seconds": seconds}, None)

    @Command
    def refresh(self) -> Step[None]:
        """Looks at the call anew; the attributes are up to date then."""
        return Step("GET", f"calls/{quote(self.id, safe='')}", None, self._see)

    @Command
    def expect(
        self,
        *,
        within: float = PATIENCE,
        state: str | None = None,
        hung_up: bool | None = None,
        application: str | None = None,
        bridge: Any = None,
        heard: str | None = None,
        playing: str | None = None,
        moh: str | bool | None = None,
    ) -> Step[None]:
        """Waits until all of this is so at the same time. What is not given does not matter.

        Args:
            within: How many seconds to wait at most.
            state: The channel's state, ``"Up"``.
            hung_up: Whether the call is over.
            application: The application that the channel is in.
            bridge: The bridge that the channel is in: its id, or an ``ari.Bridge``; True for any, False for
                none.
            heard: Something that the party has heard to its end, as a media URI: ``"sound:hello-world"``.
            playing: Something that the party hears now.
            moh: Class of the music on hold that the party hears; True for any, False for none.

        Raises:
            ExpectationError: It is not so; the message says how it is instead.
        """
        return self._expect(
            within,
            **given(
                state=state,
                hung_up=hung_up,
                application=application,
                bridge=bridge,
                heard=heard,
                playing=playing,
                moh=moh,
            ),
        )

    @Command
    def expect_heard(self, media: str, within: float = PATIENCE) -> Step[None]:
        """Waits until the party has heard something to its end.

        Args:
            media: A media URI, ``"sound:hello-world"``.
            within: How many seconds to wait at most.

        Raises:
            ExpectationError: It has not; the message says what it has heard.
        """
        return self._expect(within, heard=media)

    @Command
    def expect_playing(self, media: str, within: float = PATIENCE) -> Step[None]:
        """Waits until the party hears something.

        Args:
            media: A media URI, ``"sound:hello-world"``.
            within: How many seconds to wait at most.

        Raises:
            ExpectationError: It does not; the message says what it hears.
        """
        return self._expect(within, playing=media)

    @Command
    def expect_state(self, state: str, within: float = PATIENCE) -> Step[None]:
        """Waits until the channel is in a state.

        Args:
            state: ``"Up"``, ``"Ringing"``, ...
            within: How many seconds to wait at most.

        Raises:
            ExpectationError: It is in another.
        """
        return self._expect(within, state=state)

    @Command
    def expect_bridged(self, bridge: Any = True, within: float = PATIENCE) -> Step[None]:
        """Waits until the channel is in a bridge.

        Args:
            bridge: The bridge's id, or an ``ari.Bridge``. Default: any.
            within: How many seconds to wait at most.

        Raises:
            ExpectationError: It is in another, or in none.
        """
        return self._expect(within, bridge=bridge)

    @Command
    def expect_hung_up(self, within: float = PATIENCE) -> Step[None]:
        """Waits until the call is over; ``cause`` says why then.

        Args:
            within: How many seconds to wait at most.

        Raises:
            ExpectationError: It is not over.
        """
        return self._expect(within, hung_up=True)

    def __repr__(self) -> str:
        over = ", hung up" if self.hung_up else ""
        return f"<{type(self).__name__} {self.id} {self.name} {self.state}{over}>"


class Call(CallCommands, Blocking):
    """One party's call, from the telephone's side: what somebody with this telephone does, hears and sees."""


class AsyncCall(CallCommands, Awaiting):
    """``Call`` with methods that are awaited."""
