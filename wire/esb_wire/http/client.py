"""An HTTP/1.1 client of one server, for ESB's servers that forward requests: each request is sent once.

Connections are kept, and reused only after a complete response; a connection that the server closes is dropped at once.
There are no redirects, cookies, proxies or variables of the environment. A response with a folded header or with two
Content-Length headers, even equal ones, is refused, as a proxy may do (RFC 9112, 5.2; RFC 9110, 8.6).
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from functools import partial
from math import inf
from typing import Any, Final, NamedTuple, Protocol, cast

import httptools

from esb_wire.http.bodies import BodyBuffer, announced, with_body
from esb_wire.http.messages import Headers, Response
from esb_wire.http.sliced_writes import SlicedWrites

_CONNECT_TIMEOUT: Final = 5.0
_MAX_HEAD: Final = 256 * 1024  # bytes of a response before its body
_WITH_LENGTH: Final = ("POST", "PUT", "PATCH")  # always with a length: RFC 9110, 8.6
_PROBES: Final = {"TCP_KEEPIDLE": 5, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 2}  # seconds, and the number without an answer


class UnreachableError(Exception):
    """The server sent no valid response; it may have carried out the request."""


class ResponseTooLarge(UnreachableError):
    """The response is larger than the limit."""


class HangUp:
    """Ends the wait for a slow response: calling it closes the sending side of the connection.

    ESB's servers then answer a long poll at once, with the messages that it has already received, if any.
    """

    def __init__(self) -> None:
        self.is_done = False
        self._close: Callable[[], object] | None = None

    def __call__(self) -> None:
        """Hang up, now or as soon as the request is sent. `send` still returns or raises UnreachableError."""
        self.is_done = True
        if self._close is not None:
            self._close()

    def attach(self, close: Callable[[], object]) -> None:
        """The request has been sent; `close` closes the sending side of its connection."""
        self._close = close
        if self.is_done:
            close()


class ClientLimits(NamedTuple):
    """Requests beyond `connections` at a time wait. A connection that was idle for `idle` seconds is not used again.

    `timeout` is for the whole exchange, in seconds; None if the caller has one, which then also limits the time to
    connect. `max_body` is the maximum size of a response body in bytes.
    """

    connections: int = 64
    timeout: float | None = 60.0
    idle: float = inf
    max_body: int = 32 * 1024 * 1024  # BatchGetItem returns up to 16 MB


LIMITS: Final = ClientLimits()


class RequestSender(Protocol):
    """Sends requests to a server; see `Client`."""

    async def send(self, method: str, target: str, headers: Headers, body: bytes) -> Response:
        """The response to a request. Raises UnreachableError."""


class Client:
    """Sends requests to the server at `host` and `port`."""

    def __init__(self, host: str, port: int, limits: ClientLimits = LIMITS) -> None:
        self._address = (host, port)
        self._limits = limits
        self._timeout = limits.timeout
        self._connect_timeout = None if limits.timeout is None else _CONNECT_TIMEOUT
        self._free = asyncio.Semaphore(limits.connections)
        self._idle: list[_Connection] = []

    async def send(
        self, method: str, target: str, headers: Headers, body: bytes, hang_up: HangUp | None = None
    ) -> Response:
        """The response to a request. `headers` must have Host; a missing Content-Length is added if it is needed.

        Raises UnreachableError.
        """
        async with self._free:
            try:
                async with asyncio.timeout(self._timeout):
                    connection = self._take() or await self._connect()
                    try:
                        request = _encode(method, target, headers, body)
                        return await connection.exchange(request, hang_up, is_head=method == "HEAD")
                    except BaseException:
                        connection.close()
                        raise
            except TimeoutError as error:
                within = "" if self._timeout is None else f" within {self._timeout:g} seconds"
                raise UnreachableError(f"no response{within}") from error
            except OSError as error:
                raise UnreachableError(error.strerror or str(error)) from error

    async def close(self) -> None:
        """Close the connections that are kept."""
        for connection in self._idle:
            connection.close()
        self._idle.clear()

    def _take(self) -> _Connection | None:
        while self._idle and self._idle[0].idle_seconds() >= self._limits.idle:
            self._idle.pop(0).close()
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open:
                return connection
            connection.close()
        return None

    async def _connect(self) -> _Connection:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(self._connect_timeout):
            _, connection = await loop.create_connection(
                lambda: _Connection(self._idle, self._limits.max_body), *self._address
            )
        return connection


def _encode(method: str, target: str, headers: Headers, body: bytes) -> tuple[bytes, ...]:
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    if (body or method in _WITH_LENGTH) and not any(name.lower() == "content-length" for name, _ in headers):
        lines.append(f"Content-Length: {len(body)}")
    head = "\r\n".join((*lines, "", ""))
    if not head.count("\r") == head.count("\n") == len(lines) + 1:
        raise UnreachableError("a header has a line break")  # a request within the request
    return with_body(head.encode("latin-1", "replace"), body)


def _probe(connected: socket.socket) -> None:
    """Enable TCP keep-alive, to detect a server that is gone without closing, such as a container without network."""
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _PROBES.items():
        if hasattr(socket, name):  # not on every system
            connected.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


class _Connection(asyncio.Protocol):
    """A connection. It adds itself to `idle` after a response if the server keeps it open."""

    def __init__(self, idle: list[_Connection], max_body: int) -> None:
        self._idle = idle
        self._max_body = max_body
        self._idle_since = 0.0
        self._has_hung_up = False
        self._response: asyncio.Future[Response] | None = None

    def idle_seconds(self) -> float:
        """How long ago its last response ended."""
        return time.monotonic() - self._idle_since

    @property
    def is_open(self) -> bool:
        return not self._transport.is_closing()

    async def exchange(
        self, request: tuple[bytes, ...], hang_up: HangUp | None = None, *, is_head: bool = False
    ) -> Response:
        """Send a request, in pieces, and wait for its response, which has no body if the request `is_head`.

        Raises OSError if the connection breaks.
        """
        self._parser: Any = httptools.HttpResponseParser(self)
        self._parser.set_dangerous_leniencies(lenient_optional_cr_before_lf=True)  # RFC 9112, 2.2: LF alone ends a line
        self._headers: list[tuple[str, str]] = []
        self._body = BodyBuffer()
        self._body_size = self._head_size = 0
        self._head_is_complete = False
        self._is_head = is_head
        self._response = asyncio.get_running_loop().create_future()
        for piece in request:
            self._out.write(piece)
        if hang_up is not None:
            hang_up.attach(partial(self._hang_up, self._response))
        return await self._response

    def close(self) -> None:
        self._response = None
        self._transport.abort()

    def _hang_up(self, response: asyncio.Future[Response]) -> None:
        if self._response is response and not self._has_hung_up and self.is_open:
            self._has_hung_up = True
            self._out.write_eof()

    # From the transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._out = SlicedWrites(self._transport)
        _probe(transport.get_extra_info("socket"))

    def data_received(self, data: bytes) -> None:
        if self._response is None:
            self._transport.abort()  # no request was sent
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(f"its answer is no HTTP response ({error})")
        if not self._head_is_complete:
            self._head_size += len(data)
            if self._head_size > _MAX_HEAD:
                self._fail(f"the headers of its response are larger than {_MAX_HEAD} bytes")

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
            self.on_message_complete()  # the end of the connection ends the body
        else:
            self._fail(str(error) if error else "it closed the connection before its response ended")

    # From the parser

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._head_is_complete:  # but not trailers
            self._headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        self._head_is_complete = True
        if self._is_head and self._parser.get_status_code() >= 200:
            self._finish()  # the parser would wait for a body of this length
            return
        length = next((value for name, value in self._headers if name.lower() == "content-length"), "0")
        self._body.expected = min(announced(length), self._max_body)

    def on_body(self, data: bytes) -> None:
        if self._response is None:
            self._transport.abort()  # a response to HEAD has none
            return
        self._body.add(data)
        self._body_size += len(data)
        if self._body_size > self._max_body:
            self._fail_with(ResponseTooLarge(f"its response is larger than {self._max_body} bytes"))

    def on_message_complete(self) -> None:
        if self._parser.get_status_code() < 200:
            self._headers.clear()
            self._head_is_complete = False
        elif self._response is not None:
            self._finish()

    def _finish(self) -> None:
        status = self._parser.get_status_code()
        response, self._response = self._response, None
        if self._parser.should_keep_alive() and self.is_open and not self._has_hung_up:
            self._idle_since = time.monotonic()
            self._idle.append(self)
        else:
            self._transport.abort()
        if response is not None and not response.done():
            response.set_result(Response(status, tuple(self._headers), self._body.take()))

    def _fail(self, reason: str) -> None:
        self._fail_with(OSError(reason))

    def _fail_with(self, error: Exception) -> None:
        response, self._response = self._response, None
        self._transport.abort()
        if response is not None and not response.done():
            response.set_exception(error)
