"""A server for one test: it answers what the test says, remembers what it was asked, and sends the given events."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import struct
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, NamedTuple
from urllib.parse import urlsplit

USER, PASSWORD = "tester", "s3cr3t-päss"
AUTHORIZATION = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
INFO = {"system": {"version": "22.10.1", "entity_id": "00"}}


class Asked(NamedTuple):
    """One request."""

    method: str
    path: str
    query: str
    body: bytes
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Answer = tuple[int, Any]


class Fake(ThreadingHTTPServer):
    """Listens on a free port; use it in a `with`."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[Asked] = []
        self.answers: dict[tuple[str, str], Any] = {}
        self.frames: list[Any] = []
        """Sent to every event connection as soon as it is there."""
        self.close_code: int | None = 1000
        """Closes an event connection after the frames; None keeps it open."""
        self.connections: list[EventSocket] = []
        self.connected = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> Fake:
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for connection in list(self.connections):
            connection.drop()
        self.shutdown()
        self.server_close()

    def on(self, method: str, path: str, status: int = 200, answer: Any = None) -> None:
        """What to answer; bytes go as they are, everything else as JSON, None as an empty 204."""
        self.answers[method, "/ari" + path] = (204 if answer is None and status == 200 else status, answer)

    def call(self, method: str, path: str, function: Callable[[Asked], Answer]) -> None:
        """What to answer, by a function."""
        self.answers[method, "/ari" + path] = function

    @property
    def last(self) -> Asked:
        return self.asked[-1]

    @property
    def calls(self) -> list[Asked]:
        """Requests besides the question for the server's version and the event connections."""
        return [asked for asked in self.asked if asked.path not in ("/ari/asterisk/info", "/ari/events")]

    def answer(self, asked: Asked) -> Answer:
        found = self.answers.get((asked.method, asked.path))
        if callable(found):
            return found(asked)
        if found is not None:
            return found
        if asked.path == "/ari/asterisk/info":
            return 200, INFO
        return 404, {"message": f"nothing at {asked.path}"}


class EventSocket:
    """The server's end of an event connection."""

    def __init__(self, connection: socket.socket, query: str) -> None:
        self.connection = connection
        self.query = query
        self.closed_with: int | None = None
        self.lock = threading.Lock()

    def send(self, frame: Any) -> None:
        """Sends an event; a text goes as it is."""
        self._send(1, (frame if isinstance(frame, str) else json.dumps(frame)).encode())

    def close(self, code: int = 1000, reason: str = "") -> None:
        self._send(8, struct.pack("!H", code) + reason.encode())

    def drop(self) -> None:
        """Ends the connection without a word."""
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def _send(self, opcode: int, payload: bytes) -> None:
        size = len(payload)
        length = struct.pack("!B", size) if size < 126 else struct.pack("!BH", 126, size)
        if size > 65535:
            length = struct.pack("!BQ", 127, size)
        with self.lock:
            self.connection.sendall(bytes([0x80 | opcode]) + length + payload)

    def serve(self) -> None:
        """Answers pings and a close frame until the client is gone."""
        stream = self.connection.makefile("rb")
        while True:
            head = stream.read(2)
            if len(head) < 2:
                return
            size = head[1] & 0x7F
            if size == 126:
                size = struct.unpack("!H", stream.read(2))[0]
            mask, payload = stream.read(4), stream.read(size)
            payload = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
            if head[0] & 0xF == 8:
                self.closed_with = struct.unpack("!H", payload[:2])[0] if payload else 1005
                with suppress(OSError):
                    self._send(8, payload)
                return
            if head[0] & 0xF == 9:
                self._send(10, payload)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Fake

    def handle(self) -> None:
        with suppress(OSError):  # the client may go whenever it likes
            super().handle()

    def log_message(self, *_: Any) -> None:
        pass

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, parts.path, parts.query, body, headers)
        self.server.asked.append(asked)
        if headers.get("authorization") != AUTHORIZATION:
            self._answer(401, {"message": "Authentication required"})
        elif "upgrade" in headers and parts.path.endswith("/ari/events"):
            self._events(asked)
        else:
            self._answer(*self.server.answer(asked))

    def _answer(self, status: int, answer: Any) -> None:
        content = answer if isinstance(answer, bytes) else b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        kind = "audio/x-wav" if isinstance(answer, bytes) else "application/json"
        self.send_header("Content-Type", kind)
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _events(self, asked: Asked) -> None:
        # It is known before the client is told that it is connected, and whoever writes to it waits for that.
        connection = EventSocket(self.connection, asked.query)
        with connection.lock:
            self.server.connections.append(connection)
            self._upgrade(asked)
        self.server.connected.set()
        for frame in self.server.frames:
            connection.send(frame)
        if self.server.close_code is not None:
            connection.close(self.server.close_code)
        connection.serve()

    def _upgrade(self, asked: Asked) -> None:
        key = asked.headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())
        if "sec-websocket-protocol" in asked.headers:
            self.send_header("Sec-WebSocket-Protocol", "ari")
        self.end_headers()
        self.close_connection = True

    do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815
