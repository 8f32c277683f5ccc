"""A program in the style of 2014: what people wrote for the classic `ari` package, which runs here as it is.

    python readme.py [URL]

Whoever calls Stasis(hello) is greeted, hears the digits it presses, and goes on in the dialplan with `#`.
"""

# mypy: allow-untyped-defs, allow-untyped-calls

import sys

import ari

url = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8088/"
client = ari.connect(url, "hey", "peekaboo")


def key_pressed(channel, event):
    key = event["digit"]
    if key == "#":
        channel.continueInDialplan()
    else:
        channel.play(media="sound:digits/" + key)


def call_arrived(channel, event):
    print("call of", channel.json.get("name"))
    channel.on_event("ChannelDtmfReceived", key_pressed)
    channel.answer()
    channel.play(media="sound:hello-world")


client.on_channel_event("StasisStart", call_arrived)

client.run(apps="hello")
