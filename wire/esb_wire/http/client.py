"""An HTTP/1.1 client of one server, for servers of ours that pass requests on: each request is sent once.

It keeps connections and uses one only if its last response ended; a connection that the server closed is gone at once.
No redirects, cookies, proxies or variables of the environment.
"""

from __future__ import annotations

import asyncio
import socket
import time
from math import inf
from typing import Any, Final, cast

import httptools

from esb_wire.http.bodies import BodyBuffer, announced, with_body
from esb_wire.http.messages import Headers, Response
from esb_wire.http.sliced_writes import SlicedWrites

MAX_CONNECTIONS: Final = 64
MAX_BODY: Final = 32 * 1024 * 1024  # bytes; BatchGetItem answers with 16 MB
TIMEOUT: Final = 60.0  # seconds for the whole exchange
_CONNECT_TIMEOUT: Final = 5.0
_PROBES: Final = {"TCP_KEEPIDLE": 5, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 2}  # seconds, and how many unanswered


class UnreachableError(Exception):
    """The server does not answer, or not with a response; the request may have been carried out."""


class Client:
    """Sends requests to the server at `host` and `port`; more than `connections` at a time wait.

    A connection that was idle for `idle` seconds or more is not used again.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        connections: int = MAX_CONNECTIONS,
        timeout: float = TIMEOUT,
        idle: float = inf,
    ) -> None:
        self._address = (host, port)
        self._timeout = timeout
        self._longest_idle = idle
        self._free = asyncio.Semaphore(connections)
        self._idle: list[_Connection] = []

    async def send(self, method: str, target: str, headers: Headers, body: bytes) -> Response:
        """The response to a request. `headers` have a Host and no Content-Length. Raises UnreachableError."""
        async with self._free:
            try:
                async with asyncio.timeout(self._timeout):
                    connection = self._take() or await self._connect()
                    try:
                        return await connection.exchange(*_encode(method, target, headers, body))
                    except BaseException:
                        connection.close()
                        raise
            except TimeoutError as error:
                raise UnreachableError(f"no response within {self._timeout:g} seconds") from error
            except OSError as error:
                raise UnreachableError(error.strerror or str(error)) from error

    async def close(self) -> None:
        """Close the connections that are kept."""
        for connection in self._idle:
            connection.close()
        self._idle.clear()

    def _take(self) -> _Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open and connection.idle_seconds() < self._longest_idle:
                return connection
            connection.close()
        return None

    async def _connect(self) -> _Connection:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(_CONNECT_TIMEOUT):
            _, connection = await loop.create_connection(lambda: _Connection(self._idle), *self._address)
        return connection


def _encode(method: str, target: str, headers: Headers, body: bytes) -> tuple[bytes, ...]:
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    lines.append(f"Content-Length: {len(body)}")
    if any("\r" in line or "\n" in line for line in lines):
        raise UnreachableError("a header has a line break")  # a request within the request
    return with_body("\r\n".join((*lines, "", "")).encode("latin-1", "replace"), body)


def _probe(connected: socket.socket) -> None:
    """Let the system find a server that is gone without a word, as a container is whose network went first."""
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _PROBES.items():
        if hasattr(socket, name):  # not everywhere
            connected.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


class _Connection(asyncio.Protocol):
    """A connection; it puts itself into `idle` when a response has ended and the server keeps it open."""

    def __init__(self, idle: list[_Connection]) -> None:
        self._idle = idle
        self._idle_since = 0.0
        self._response: asyncio.Future[Response] | None = None

    def idle_seconds(self) -> float:
        """How long ago its last response ended."""
        return time.monotonic() - self._idle_since

    @property
    def is_open(self) -> bool:
        return not self._transport.is_closing()

    async def exchange(self, *request: bytes) -> Response:
        """Send a request, in pieces, and wait for its response. Raises OSError if the connection breaks."""
        self._parser: Any = httptools.HttpResponseParser(self)
        self._headers: list[tuple[str, str]] = []
        self._body = BodyBuffer()
        self._body_size = 0
        self._head_is_complete = False
        self._response = asyncio.get_running_loop().create_future()
        for piece in request:
            self._out.write(piece)
        return await self._response

    def close(self) -> None:
        self._response = None
        self._transport.abort()

    # From the transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._out = SlicedWrites(self._transport)
        _probe(transport.get_extra_info("socket"))

    def data_received(self, data: bytes) -> None:
        if self._response is None:
            self._transport.abort()  # nothing was asked for
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(f"its answer is no HTTP response ({error})")

    def pause_writing(self) -> None:
        self._out.pause()

    def resume_writing(self) -> None:
        self._out.resume()

    def connection_lost(self, error: Exception | None) -> None:
        self._out.clear()
        if self in self._idle:
            self._idle.remove(self)
        if self._response is None:
            return
        names = {name.lower() for name, _ in self._headers}
        if error is None and self._head_is_complete and not names & {"content-length", "transfer-encoding"}:
            self.on_message_complete()  # the end of the connection is the end of the body
        else:
            self._fail(str(error) if error else "it closed the connection before its response ended")

    # From the parser

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        self._head_is_complete = True
        length = next((value for name, value in self._headers if name.lower() == "content-length"), "0")
        self._body.expected = min(announced(length), MAX_BODY)

    def on_body(self, data: bytes) -> None:
        self._body.add(data)
        self._body_size += len(data)
        if self._body_size > MAX_BODY:
            self._fail(f"its response is larger than {MAX_BODY} bytes")

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200:
            self._headers.clear()
            return
        response, self._response = self._response, None
        if self._parser.should_keep_alive() and self.is_open:
            self._idle_since = time.monotonic()
            self._idle.append(self)
        else:
            self._transport.abort()
        if response is not None and not response.done():
            response.set_result(Response(status, tuple(self._headers), self._body.take()))

    def _fail(self, reason: str) -> None:
        response, self._response = self._response, None
        self._transport.abort()
        if response is not None and not response.done():
            response.set_exception(OSError(reason))
