"""A proxy that breaks a share of the requests to a server, as a seed decides.

Each fault is one that a network or a restarting server makes: a connection that is reset before or after the server has
done its work, a late answer, a 500 with or without the work done, an answer that ends early, and one that comes twice.
"""

from __future__ import annotations

import contextlib
import http.client
import random
import socket
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final
from urllib.parse import urlsplit

FAULTS: Final = ("reset", "reset after", "delay", "500", "500 after", "truncated", "twice")
HOP: Final = {"connection", "content-length", "transfer-encoding", "expect", "server", "date"}


@dataclass
class Faults:
    """Which request fails how; the same seed and order of requests give the same faults."""

    seed: int
    share: float
    met: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._lock = threading.Lock()

    def next(self) -> str | None:
        with self._lock:
            if self._random.random() >= self.share:
                return None
            fault = self._random.choice(FAULTS)
            self.met.append(fault)
            return fault


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


class Handler(BaseHTTPRequestHandler):
    """Passes requests on, or not."""

    protocol_version = "HTTP/1.1"
    server: FaultProxy
    pause: float = 0.05

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.server.faults.next()
        if fault == "reset":
            self.reset()
        elif fault == "500":
            self.send(Answer(500, {}, b"broken"))
        else:
            answer = self.forward(body)
            self.spoil(answer, fault)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_any  # noqa: N815 - names of the base class

    def spoil(self, answer: Answer, fault: str | None) -> None:
        match fault:
            case "reset after":
                self.reset()
            case "500 after":
                self.send(Answer(500, {}, b"broken"))
            case "truncated":
                self.send(answer, cut=max(1, len(answer.body) // 2))
            case "twice":
                self.send(answer)
                self.send(answer)
            case _:
                if fault == "delay":
                    threading.Event().wait(self.pause)
                self.send(answer)

    def forward(self, body: bytes) -> Answer:
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP}
        connection = http.client.HTTPConnection(self.server.target, timeout=30)
        with contextlib.closing(connection):
            connection.request(self.command, self.path, body, headers)
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())

    def send(self, answer: Answer, cut: int | None = None) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            if name.lower() not in HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body[: len(answer.body) - (cut or 0)])
        if cut:
            self.close_connection = True

    def reset(self) -> None:
        """End the connection with RST in place of an answer."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def finish(self) -> None:
        try:
            super().finish()
        except OSError:
            """The client has gone, or the connection was reset above."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        """Requests are no news."""


class FaultProxy(ThreadingHTTPServer):
    """The proxy; outside of `breaking` it passes everything on."""

    block_on_close = False

    def __init__(self, target: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.target = urlsplit(target).netloc
        self.faults = Faults(0, share=0)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    @contextmanager
    def breaking(self, faults: Faults) -> Iterator[None]:
        self.faults = faults
        yield
        self.faults = Faults(0, share=0)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is no error."""


@contextmanager
def proxied(target: str) -> Iterator[FaultProxy]:
    with FaultProxy(target) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
