"""An interactive voice response in a few lines: a greeting, an answer to each key, and `#` to go on in the dialplan.

    python ivr.py --url http://localhost:8088 --username hey --password peekaboo

Any call to Stasis(hello) lands here, with the dialplan of scripts/asterisk/conf that is extension 1000.
"""

from __future__ import annotations

import argparse
import os

import ari

APPLICATION = "hello"


def on_start(event: ari.StasisStart) -> None:
    """A call comes in: answer, listen to its keys, greet."""
    channel = event.channel
    channel.on_event("ChannelDtmfReceived", on_key)
    channel.answer()
    channel.play(media="sound:hello-world")


def on_key(channel: ari.Channel, event: ari.ChannelDtmfReceived) -> None:
    """A key was pressed: digits are said back, `#` leaves the menu."""
    if event.digit == "#":
        channel.continue_in_dialplan(context="default", extension="goodbye", priority=1)
    elif event.digit == "*":
        channel.play(media="sound:hello-world")
    else:
        channel.play(media=f"sound:digits/{event.digit}")


def serve(client: ari.Client) -> None:
    """Has the IVR take the calls of a client."""
    client.on_event("StasisStart", on_start)


def connect() -> ari.Client:
    """Connects to the Asterisk that the command line or the environment names."""
    environ = os.environ
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default=environ.get("ARI_URL", "http://localhost:8088"))
    parser.add_argument("--username", default=environ.get("ARI_USERNAME", "hey"))
    parser.add_argument("--password", default=environ.get("ARI_PASSWORD", "peekaboo"))
    options = parser.parse_args()
    return ari.connect(options.url, options.username, options.password)


if __name__ == "__main__":
    with connect() as client:
        serve(client)
        print(f"waiting for calls to Stasis({APPLICATION}) on Asterisk {client.server_version}; Ctrl-C ends it")
        try:
            client.run(apps=APPLICATION)
        except KeyboardInterrupt:
            print("\nbye")
