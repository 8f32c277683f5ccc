"""Our clients, used as their documentation says."""

import asyncio

import ari
from counting import credentials

# The server sends all it has at once, and ours takes it: what waits for handlers may be more than in a program's life.
OPTIONS = {"queue_bytes": 1 << 30}


def register(work, client, on_event, on_object, channel_class):
    if work.channels:
        for id in work.channels:
            channel_class(client, {"id": id}).on_event("StasisStart", on_object)
    elif work.all:
        for kind in work.types:
            client.on_event(kind, on_event)
    else:
        client.on_channel_event("StasisStart", on_object)


def sync_events(work):
    client = ari.connect(work.url, *credentials(), **OPTIONS)
    register(work, client, work.count.event, work.count.object, ari.Channel)
    client.run(apps=work.app)


def asyncio_events(work):
    on_event, on_object = work.count.event, work.count.object

    async def handle_event(event):
        on_event(event)

    async def handle_object(channel, event):
        on_object(channel, event)

    async def main():
        client = await ari.connect_async(work.url, *credentials(), **OPTIONS)
        register(work, client, handle_event, handle_object, ari.aio.Channel)
        await client.run(apps=work.app)

    asyncio.run(main())
