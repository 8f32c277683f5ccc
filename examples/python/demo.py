"""The IVR of ivr.py at work: a scripted caller dials in, and the story of its call is told as it happens.

    python demo.py --url http://localhost:8088 --username hey --password peekaboo

The caller is a Local channel: one end is in the IVR, the other plays the dialplan's extension `caller`, which presses
keys (scripts/asterisk/conf/extensions.conf). At the end everything that should have happened is checked against what
was seen; the exit code is 0 only if all of it did.
"""

from __future__ import annotations

import sys
import threading
import time
import uuid
from dataclasses import dataclass, field

import ari
import ivr

KEYS = "12#"
PATIENCE = 60  # seconds


@dataclass
class Story:
    """What happens to the scripted call, told as it happens and remembered for the check."""

    client: ari.Client
    caller: str = field(default_factory=lambda: f"caller-{uuid.uuid4()}")
    """Id of the caller's end of the call."""
    call: str = field(default_factory=lambda: f"call-{uuid.uuid4()}")
    """Id of the end that comes to the IVR."""
    began: float = field(default_factory=time.monotonic)
    keys: str = ""
    played: set[str] = field(default_factory=set)
    said_goodbye: bool = False
    seen: list[str] = field(default_factory=list)

    def listen(self) -> None:
        """Follows the call through every event of it. The handlers are there before the call is."""
        on = self.client.on_event
        on("Connected", self.dial)
        on("StasisStart", self.on_start)
        on("ChannelDtmfReceived", self.on_key)
        on("PlaybackStarted", self.on_playback)
        on("PlaybackFinished", self.on_playback)
        on("StasisEnd", self.on_leave)
        on("ChannelVarset", self.on_variable)
        on("ChannelDestroyed", self.on_hangup)

    def tell(self, event: ari.Event, text: str) -> None:
        self.seen.append(event.type)
        print(f"  {time.monotonic() - self.began:5.1f} s  {text}", flush=True)

    def dial(self, event: ari.Connected) -> None:
        self.tell(event, f"connected as application {event.application!r}; now somebody dials extension 1000")
        self.client.channels.originate(
            endpoint="Local/1000@default",
            context="default",
            extension="caller",
            priority=1,
            variables={"KEYS": KEYS},
            channelId=self.caller,
            otherChannelId=self.call,
        )

    def on_start(self, event: ari.StasisStart) -> None:
        if event.channel.id != self.call:
            return
        # What happens to the call after it has left the application is part of the story, too.
        self.client.applications.subscribe(applicationName=event.application, eventSource=f"channel:{self.call}")
        self.tell(event, f"the call arrives: {event.channel.name}, {event.channel.state}")

    def on_key(self, event: ari.ChannelDtmfReceived) -> None:
        if event.channel.id == self.call:
            self.keys += event.digit
            self.tell(event, f"the caller presses {event.digit}")

    def on_playback(self, event: ari.PlaybackStarted | ari.PlaybackFinished) -> None:
        playback = event.playback
        if playback.target_uri == f"channel:{self.call}":
            finished = isinstance(event, ari.PlaybackFinished)
            if finished and playback.state == "done":
                self.played.add(playback.media_uri)
            end = f"has heard ({playback.state})" if finished else "hears"
            self.tell(event, f"the caller {end} {playback.media_uri}")

    def on_leave(self, event: ari.StasisEnd) -> None:
        if event.channel.id == self.call:
            self.tell(event, "the call leaves the application")

    def on_variable(self, event: ari.ChannelVarset) -> None:
        # The extension `goodbye`, where the IVR sends its callers, says by a variable that it was reached.
        if event.channel is not None and event.channel.id == self.call and event.variable == "GOODBYE":
            self.said_goodbye = True
            place = event.channel.dialplan
            self.tell(event, f"the call goes on in the dialplan: {place.exten}@{place.context}")

    def on_hangup(self, event: ari.ChannelDestroyed) -> None:
        if event.channel.id == self.call:
            self.tell(event, f"the call is over: {event.cause_txt}")
            self.client.close()

    def missing(self) -> list[str]:
        """What should have happened and did not."""
        greeting, answers = "sound:hello-world", [f"sound:digits/{key}" for key in KEYS if key.isdigit()]
        expected = {
            "the call arrived": "StasisStart" in self.seen,
            f"the keys {KEYS} arrived, not {self.keys or 'none'}": self.keys == KEYS,
            "the greeting was heard to its end": greeting in self.played,
            "each digit was answered": self.played.issuperset(answers),
            "the call left the application": "StasisEnd" in self.seen,
            "the call went on in the dialplan": self.said_goodbye,
            "the call ended": "ChannelDestroyed" in self.seen,
        }
        return [what for what, happened in expected.items() if not happened]


def main() -> int:
    """Plays the call once; gives the exit code."""
    with ivr.connect() as client:
        version, _, build = (client.server_version or "unknown").partition("+")
        server = "the simulator" if build == "simulator" else f"Asterisk {version}"
        print(f"python: the IVR of examples/python/ivr.py on {server} at {client.base_url}")
        story = Story(client)
        story.listen()
        ivr.serve(client)
        alarm = threading.Timer(PATIENCE, client.close)
        alarm.start()
        try:
            client.run(apps=ivr.APPLICATION)
        finally:
            alarm.cancel()
    missing = story.missing()
    for what in missing:
        print(f"demo: python: it did not come about that {what}", file=sys.stderr)
    if missing:
        return 1
    print(f"demo: python passed on {server}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
