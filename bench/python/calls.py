"""calls.py CLIENT SCENARIO URL COUNT: how many calls a second a client makes, and what one costs."""

import asyncio
import sys
import threading
import time
from base64 import b64encode
from urllib.parse import urlsplit

from counting import credentials, report

WARM_UP = 20
PATHS = {"small": "/ari/asterisk/info?only=system", "list": "/ari/channels"}


class Work:
    """What a client is asked to do."""

    def __init__(self, scenario, url, calls):
        self.kind, _, workers = scenario.partition("-")
        self.workers = int(workers)
        self.calls = calls
        self.url = url.rstrip("/")
        self.path = PATHS[self.kind]
        self.target = self.url + self.path

    def shares(self, calls):
        """How many of the calls each worker makes."""
        return [calls // self.workers + (n < calls % self.workers) for n in range(self.workers)]

    def report(self, started):
        wall, cpu = started
        report({"calls": self.calls, "seconds": time.perf_counter() - wall, "cpu": time.process_time() - cpu})


def clocks():
    return time.perf_counter(), time.process_time()


def in_threads(work, prepare):
    """Workers that are threads; each has the function that ``prepare`` makes."""
    calls = [prepare() for _ in range(work.workers)]

    def run(total):
        def repeat(call, count):
            for _ in range(count):
                call()

        threads = [threading.Thread(target=repeat, args=pair) for pair in zip(calls, work.shares(total))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def alone(total):
        call = calls[0]
        for _ in range(total):
            call()

    go = run if work.workers > 1 else alone
    # The warm-up opens the connections: each worker needs its own.
    go(max(WARM_UP, work.workers))
    started = clocks()
    go(work.calls)
    work.report(started)


async def in_tasks(work, call):
    """Workers that are tasks of one event loop."""

    async def repeat(count):
        for _ in range(count):
            await call()

    async def run(total):
        await asyncio.gather(*(repeat(count) for count in work.shares(total)))

    await run(max(WARM_UP, work.workers))
    started = clocks()
    await (run(work.calls) if work.workers > 1 else repeat(work.calls))
    work.report(started)


def sync_ari(work):
    import ari

    client = ari.connect(work.url, *credentials())
    methods = {"small": lambda: client.asterisk.getInfo(only="system"), "list": client.channels.list}
    in_threads(work, lambda: methods[work.kind])


def asyncio_ari(work):
    import ari

    async def main():
        client = await ari.connect_async(work.url, *credentials())
        methods = {"small": lambda: client.asterisk.getInfo(only="system"), "list": client.channels.list}
        await in_tasks(work, methods[work.kind])

    asyncio.run(main())


def aiohttp_orjson(work):
    import aiohttp
    import orjson

    async def main():
        auth, connector = aiohttp.BasicAuth(*credentials()), aiohttp.TCPConnector(limit=work.workers)
        async with aiohttp.ClientSession(auth=auth, connector=connector) as session:

            async def call():
                async with session.get(work.target) as response:
                    response.raise_for_status()
                    return orjson.loads(await response.read())

            await in_tasks(work, call)

    asyncio.run(main())


def http_client(work):
    from http.client import HTTPConnection

    import orjson

    server = urlsplit(work.url)
    headers = {"Authorization": "Basic " + b64encode(":".join(credentials()).encode()).decode()}

    def prepare():
        connection = HTTPConnection(server.hostname, server.port)

        def call():
            connection.request("GET", work.path, headers=headers)
            response = connection.getresponse()
            body = response.read()
            if response.status >= 400:
                raise OSError(response.status)
            return orjson.loads(body)

        return call

    in_threads(work, prepare)


def requests_session(work):
    import requests

    def prepare():
        session = requests.Session()
        session.auth = credentials()

        def call():
            response = session.get(work.target)
            response.raise_for_status()
            return response.json()

        return call

    in_threads(work, prepare)


def httpx_client(work):
    import httpx

    async def main():
        limits = httpx.Limits(max_connections=work.workers, max_keepalive_connections=work.workers)
        async with httpx.AsyncClient(auth=credentials(), limits=limits, timeout=60) as client:

            async def call():
                response = await client.get(work.target)
                response.raise_for_status()
                return response.json()

            await in_tasks(work, call)

    asyncio.run(main())


def classic(work):
    from libraries import classic as load

    client = load().connect(work.url, *credentials())
    methods = {"small": lambda: client.asterisk.getInfo(only="system"), "list": lambda: client.channels.list()}
    in_threads(work, lambda: methods[work.kind])


def aioari(work):
    import aioari

    async def main():
        client = await aioari.connect(work.url, *credentials())
        methods = {"small": lambda: client.asterisk.getInfo(only="system"), "list": lambda: client.channels.list()}
        await in_tasks(work, methods[work.kind])

    asyncio.run(main())


def asyncari(work):
    import anyio
    import asyncari

    async def main():
        async with asyncari.connect(work.url, "bench-0-1-0", *credentials()) as client:
            methods = {"small": lambda: client.asterisk.getInfo(only="system"), "list": lambda: client.channels.list()}
            await in_tasks(work, methods[work.kind])

    anyio.run(main)


def ari_client(work):
    import httpx
    from ari_client.controller import AriClientController

    async def main():
        # As its own client makes it, with room for as many calls as there are.
        async with httpx.AsyncClient(base_url=f"{work.url}/ari", auth=credentials(), timeout=60) as client:
            controller = AriClientController(client, "bench")
            methods = {"small": lambda: controller.get_asterisk_info(only="system"), "list": controller.list_channels}
            await in_tasks(work, methods[work.kind])

    asyncio.run(main())


CLIENTS = {
    "ari": sync_ari,
    "ari-asyncio": asyncio_ari,
    "aiohttp": aiohttp_orjson,
    "http.client": http_client,
    "requests": requests_session,
    "httpx": httpx_client,
    "classic": classic,
    "aioari": aioari,
    "asyncari": asyncari,
    "ari-client": ari_client,
}


def main():
    client, scenario, url, calls = sys.argv[1:]
    CLIENTS[client](Work(scenario, url, int(calls)))


if __name__ == "__main__":
    main()
