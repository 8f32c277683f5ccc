"""The event loops that people write themselves, as fast as the libraries below them allow."""

import asyncio
from base64 import b64encode

import orjson
from counting import credentials


class Channel:
    """The small class that programs write for what is in an event."""

    __slots__ = ("id", "json")

    def __init__(self, json):
        self.id = json["id"]
        self.json = json


def dispatcher(work):
    """A function from the bytes of a frame to the handler that is called with it."""
    count, loads = work.count, orjson.loads
    if work.all:
        handler = count.event

        def dispatch(frame):
            handler(loads(frame))

    elif work.channels:
        handlers = dict.fromkeys(work.channels, count.object)

        def dispatch(frame):
            event = loads(frame)
            if event["type"] == "StasisStart":
                channel = Channel(event["channel"])
                handler = handlers.get(channel.id)
                if handler is not None:
                    handler(channel, event)

    else:
        handlers = {"StasisStart": count.object}

        def dispatch(frame):
            event = loads(frame)
            handler = handlers.get(event["type"])
            if handler is not None:
                handler(Channel(event["channel"]), event)

    return dispatch


def sniffing_dispatcher(work):
    """The same, with a look for the type in the bytes before any are decoded."""
    dispatch, marks = dispatcher(work), [b'"type":"%s"' % kind.encode() for kind in work.types]
    if len(marks) == 1:
        mark = marks[0]

        def look(frame):
            if mark in frame:
                dispatch(frame)

    else:

        def look(frame):
            for mark in marks:
                if mark in frame:
                    dispatch(frame)
                    return

    return look


def authorization():
    return "Basic " + b64encode(":".join(credentials()).encode()).decode()


def address(work):
    return f"ws{work.url.removeprefix('http')}/ari/events?app={work.app}"


def aiohttp_events(work):
    import aiohttp

    async def main():
        dispatch = dispatcher(work)
        auth = aiohttp.BasicAuth(*credentials())
        async with (
            aiohttp.ClientSession(auth=auth) as session,
            session.ws_connect(address(work), compress=0) as socket,
        ):
            async for message in socket:
                dispatch(message.data)

    asyncio.run(main())


def websockets_events(work):
    from websockets.asyncio.client import connect

    async def main():
        dispatch = dispatcher(work)
        headers = {"Authorization": authorization()}
        async with connect(address(work), additional_headers=headers, compression=None) as socket:
            while True:
                dispatch(await socket.recv(decode=False))

    asyncio.run(main())


def picows_events(work):
    _picows(work, dispatcher(work))


def picows_sniff_events(work):
    _picows(work, sniffing_dispatcher(work))


def _picows(work, dispatch):
    import picows
    import uvloop

    text = picows.WSMsgType.TEXT

    class Listener(picows.WSListener):
        def on_ws_frame(self, transport, frame):
            if frame.msg_type == text:
                dispatch(frame.get_payload_as_bytes())

    async def main():
        transport, _ = await picows.ws_connect(
            Listener, address(work), extra_headers={"Authorization": authorization()}
        )
        await transport.wait_disconnected()

    uvloop.run(main())
