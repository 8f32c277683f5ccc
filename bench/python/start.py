"""start.py CLIENT URL: how long it takes to load a library and to have a connected client, and the memory then."""

import sys
import time

from counting import credentials, report, resident


def ari(url):
    import ari

    yield
    yield ari.connect(url, *credentials())


def ari_asyncio(url):
    import asyncio

    import ari.aio

    yield
    yield asyncio.run(ari.connect_async(url, *credentials()))


def classic(url):
    from libraries import classic as load

    ari = load()
    yield
    yield ari.connect(url, *credentials())


def aioari(url):
    import asyncio

    import aioari

    async def connect():
        client = await aioari.connect(url, *credentials())
        connected.append(client)
        await client.close()

    connected = []
    yield
    asyncio.run(connect())
    yield connected


def asyncari(url):
    import anyio
    import asyncari

    connected = []

    async def connect():
        # This one connects by opening the event connection.
        async with asyncari.connect(url, "bench-0-1-0", *credentials()) as client:
            connected.append(client)

    yield
    anyio.run(connect)
    yield connected


def ari_client(url):
    import asyncio
    from urllib.parse import urlsplit

    from ari_client import AriClient

    async def connect():
        server = urlsplit(url)
        user, password = credentials()
        client = AriClient(host=server.hostname, port=server.port, ari_user=user, ari_password=password)
        await client.connect(app="bench-0-1-0")
        connected.append(client)

    connected = []
    yield
    asyncio.run(connect())
    yield connected


def aiohttp(url):
    import asyncio

    import aiohttp
    import orjson

    async def connect():
        auth, address = aiohttp.BasicAuth(*credentials()), f"{url}/ari/asterisk/info?only=system"
        async with aiohttp.ClientSession(auth=auth) as session, session.get(address) as response:
            connected.append(orjson.loads(await response.read()))

    connected = []
    yield
    asyncio.run(connect())
    yield connected


CLIENTS = {
    "ari": ari,
    "ari-asyncio": ari_asyncio,
    "classic": classic,
    "aioari": aioari,
    "asyncari": asyncari,
    "ari-client": ari_client,
    "aiohttp": aiohttp,
}


def main():
    client, url = sys.argv[1:]
    steps = CLIENTS[client](url)
    begun = time.perf_counter()
    next(steps)
    loaded = time.perf_counter()
    kept = next(steps)
    connected = time.perf_counter()
    report({"import": loaded - begun, "connect": connected - loaded, "rss": resident()} if kept else {})


if __name__ == "__main__":
    main()
