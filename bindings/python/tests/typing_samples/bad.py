"""What a type checker has to refuse: every line that ends in `# E: code` has exactly this error."""

from __future__ import annotations

import ari
from ari.testing import AsyncSimulator, Simulator

client = ari.connect("http://localhost:8088", "hey", "peekaboo", colour="red")  # E: call-arg
ari.connect("http://localhost:8088", "hey", "peekaboo", request_timeout="soon")  # E: arg-type
ari.connect("http://localhost:8088", "hey", "peekaboo", reconnect="sometimes")  # E: arg-type
channel = client.channels.get("1")

client.nosuchthing  # E: attr-defined
client.channels.nosuchthing()  # E: attr-defined
channel.nosuchthing  # E: attr-defined
client.channels.get()  # E: call-arg
client.channels.get("1", "2")  # E: call-arg
client.channels.get(chanelId="1")  # E: call-arg
client.channels.originate("Local/1")  # E: misc
client.channels.originate(endpoint="Local/1", timeout="soon")  # E: arg-type
client.channels.originate(endpoint="Local/1", variables="A=1")  # E: arg-type
channel.play()  # E: call-arg
channel.play(media="sound:a", volume=5)  # E: call-arg
number: int = channel.state  # E: assignment
length: int = len(channel.caller_rdnis)  # E: arg-type
channel.state = "Up"  # E: misc


def on_start(event: ari.StasisStart) -> None:
    event.digit  # E: attr-defined


def on_key(channel: ari.Channel, event: ari.ChannelDtmfReceived) -> None:
    event.digit.append("1")  # E: attr-defined


client.on_event("StasisStart", on_start, "one too many")  # E: call-overload
client.on_event("ChannelDtmfReceived", on_start)  # E: call-overload
client.on_event(ari.ChannelDtmfReceived, on_start)  # E: call-overload
client.on_event("ChannelDtmfReceived", lambda event: event.digits)  # E: attr-defined
client.on_channel_event("StasisEnd", on_key)  # E: call-overload
channel.on_event("StasisEnd", on_key)  # E: call-overload


async def main() -> None:
    client = await ari.connect_async("http://localhost:8088", "hey", "peekaboo")
    channel = await client.channels.get("1")
    channel.answer().real  # E: attr-defined
    answered: ari.Channel = await client.channels.get("1")  # E: assignment
    for event in client.events("hello"):  # E: attr-defined
        pass


with Simulator(sped=3) as simulator:  # E: call-arg
    simulator.call("1000").press(1.5)  # E: arg-type
    simulator.call(extension="1000")  # E: call-arg
    simulator.cut("channels.play", "slowly")  # E: arg-type
    simulator.phone("PJSIP/bob", on_call="sing")  # E: arg-type
    simulator.requests()[0].digit  # E: attr-defined


async def test(simulator: AsyncSimulator) -> None:
    call = await simulator.call("1000")
    call.press("1").real  # E: attr-defined
