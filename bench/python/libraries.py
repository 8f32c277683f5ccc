"""The ARI libraries of the others, used the way their own documentation says."""

import asyncio
import logging
import os
import sys
from urllib.parse import urlsplit

from counting import credentials


def classic(accelerated=False):
    """The classic package, which is called as ours is; it lies in a folder of its own."""
    cache = os.path.dirname(sys.prefix)
    sys.path.insert(0, os.path.join(cache, "classic"))
    if accelerated:
        sys.path.insert(0, os.path.join(cache, "wsaccel"))
    import ari

    return ari


def register(work, client, channel_class):
    """Handlers as the classic package and its asyncio descendant take them."""
    if work.channels:
        for id in work.channels:
            channel_class(client, {"id": id}).on_event("StasisStart", work.count.object)
    elif work.all:
        for kind in work.types:
            client.on_event(kind, work.count.event)
    else:
        client.on_channel_event("StasisStart", work.count.object)


def classic_events(work, accelerated=False):
    ari = classic(accelerated)
    client = ari.connect(work.url, *credentials())
    register(work, client, ari.model.Channel)
    client.run(apps=work.app)


def classic_wsaccel_events(work):
    classic_events(work, accelerated=True)


def aioari_events(work):
    import aioari

    async def main():
        client = await aioari.connect(work.url, *credentials())
        register(work, client, aioari.model.Channel)
        await client.run(apps=work.app)

    asyncio.run(main())


def asyncari_events(work):
    import anyio
    import asyncari

    logging.getLogger("asyncari").setLevel(logging.CRITICAL)

    async def main():
        async with asyncari.connect(work.url, work.app, *credentials()) as client:
            if work.all:
                handle = work.count.event
                async for event in client:
                    handle(event)
            else:
                handle = work.count.object
                async with client.on_channel_event("StasisStart") as starts:
                    async for channels, event in starts:
                        handle(channels, event)

    anyio.run(main)


def ari_client_events(work):
    from ari_client import AriClient

    count = work.count

    async def handle(event):
        count.attributes(event)

    async def main():
        server = urlsplit(work.url)
        user, password = credentials()
        client = AriClient(host=server.hostname, port=server.port, ari_user=user, ari_password=password)
        for kind in work.types:
            client.on_event(kind)(handle)
        await client.connect(app=work.app)
        await client.event_listener

    asyncio.run(main())
