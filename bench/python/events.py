"""events.py CLIENT SCENARIO URL FRAMES [CHANNELS]: how fast a client hands events to handlers."""

import sys
from importlib import import_module

from counting import Count

CLIENTS = {
    "ari": ("ours", "sync_events"),
    "ari-asyncio": ("ours", "asyncio_events"),
    "aiohttp": ("by_hand", "aiohttp_events"),
    "picows": ("by_hand", "picows_events"),
    "picows-sniff": ("by_hand", "picows_sniff_events"),
    "websockets": ("by_hand", "websockets_events"),
    "aioari": ("libraries", "aioari_events"),
    "asyncari": ("libraries", "asyncari_events"),
    "classic": ("libraries", "classic_events"),
    "classic-wsaccel": ("libraries", "classic_wsaccel_events"),
    "ari-client": ("libraries", "ari_client_events"),
}
TYPES = ("StasisStart", "ChannelVarset", "ChannelStateChange", "ChannelDtmfReceived")


class Work:
    """What a client is asked to do."""

    def __init__(self, scenario, url, frames, channels):
        self.scenario = scenario
        self.url = url
        self.app = f"bench-{frames}-{channels}-0"
        # One in ten is the StasisStart of a channel, and the channels take turns.
        self.all = scenario in ("all", "fields")
        self.channels = [f"bench-{n}" for n in range(channels)] if scenario in ("object", "objects") else []
        self.types = TYPES if self.all else TYPES[:1]
        self.count = Count(frames if self.all else frames // 10, fields=scenario == "fields")


def main():
    client, scenario, url, frames = sys.argv[1:5]
    channels = int(sys.argv[5]) if len(sys.argv) > 5 else {"object": 1, "objects": 5000}.get(scenario, 100)
    module, function = CLIENTS[client]
    getattr(import_module(module), function)(Work(scenario, url, int(frames), channels))


if __name__ == "__main__":
    main()
