"""The public listener's protocol: uvicorn's, with a short way to the gateway.

A request in ASGI costs a task, an event and several messages. `GatewayProtocol` collects a request itself and hands it
to the gateway with a callback instead. What it does not take - the gateway's own paths, an upgrade, whatever comes
while an ASGI request is being answered - goes to the Starlette application. With `Door.fast` off everything does: that
is the reference that the tests compare with.
"""

from __future__ import annotations

import asyncio
import http
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from esb_gateway.server.gateway import OWN_PREFIX, Gateway
from esb_gateway.server.limits import Door, Progress
from esb_wire.http.body_stream import BodyStream
from esb_wire.http.messages import MAX_BODY, MAX_HEADERS, Request, Response, lower, wire_lines

RAW_HEADERS = "esb.headers"  # in the ASGI scope: the headers as they were written

_MAX_IGNORED_BODY = 10 * MAX_BODY  # of a body that is too large anyway
_LONGEST_SILENCE = 512 * 1024  # of chunks' extensions and trailers; one read is half of it at the most
_MAX_PIPELINED = 16
_OWN_PREFIX = OWN_PREFIX.encode()


def _status_line(status: int) -> bytes:
    return f"HTTP/1.1 {status} {_PHRASES.get(status, '')}\r\n".encode()


_PHRASES = {status.value: status.phrase for status in http.HTTPStatus}
_STATUS_LINES = {status: _status_line(status) for status in range(200, 600)}


@dataclass(slots=True)
class _Arriving:
    """A request that is being received, or waits for its turn."""

    method: str
    url: bytes
    headers: list[tuple[bytes, bytes]]
    protocol: str
    keep_alive: bool
    body: bytes | bytearray = b""
    size: int = 0
    whole: bool = False
    chunked: bool = False  # the answer's body is sent so


class _Flow(FlowControl):
    """uvicorn's, which reads on with each request that begins, however many wait behind it."""

    def __init__(self, transport: asyncio.Transport, is_crowded: Callable[[], bool]) -> None:
        super().__init__(transport)
        self._is_crowded = is_crowded

    def resume_reading(self) -> None:
        if not self._is_crowded():
            super().resume_reading()


class GatewayProtocol(HttpToolsProtocol):
    """One connection."""

    def __init__(
        self,
        gateway: Gateway,
        door: Door,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._gateway = gateway
        self._door = door
        self._progress = Progress()
        self._raw: list[tuple[bytes, bytes]] = []
        self._headers_size = 0
        self._expects_continue = False
        self._head_size = 0
        self._idle_since = 0.0  # by the loop's time
        self._silence = 0  # bytes that have come since the last part of a body
        self._in_head = True
        self._begun = False  # a head has begun and is not complete
        self._arriving: _Arriving | None = None
        self._turns: deque[_Arriving] = deque()  # the first is the one being answered
        self._answering = False
        self._heard_all = False  # the client sends nothing more
        self._stream: BodyStream | None = None  # the body of the answer that is being sent

    # From the transport

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.flow = _Flow(transport, self._is_crowded)
        if len(self.connections) > self._door.patience.connections:
            self._close_with(503)
            return
        self._await_head()

    def data_received(self, data: bytes) -> None:
        self._progress.received += len(data)
        if self._in_head:
            self._head_size += len(data)
        else:
            self._silence += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass  # nothing is upgraded here: the request was answered as any other
        except httptools.HttpParserError:
            self._close_with(400)
        else:
            if (self._in_head and self._head_size > MAX_HEADERS) or self._silence > _LONGEST_SILENCE:
                self._close_with(431)

    def eof_received(self) -> bool:  # type: ignore[override]
        """The client sends nothing more. Its whole requests are answered, but for TLS, which cannot be half closed."""
        self._heard_all = True
        if self._arriving is not None:
            self._arriving = None
            self._turns.pop()
        elif not self._in_head:
            return False
        return bool(self._turns or self._in_asgi()) and self.scheme == "http"

    def connection_lost(self, exc: Exception | None) -> None:
        # A function that runs for this connection goes on; only its answer has nowhere to go.
        self._turns.clear()
        self._arriving = None
        if self._stream is not None:
            self._stream.detach()
            self._stream = None
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._stream is not None:
            self._stream.pause()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._progress.drained += 1
        if self._stream is not None:
            self._stream.resume()
        self._next_turn()

    def shutdown(self) -> None:
        if self._turns:
            for turn in self._turns:
                turn.keep_alive = False
        else:
            super().shutdown()

    # From the server

    @property
    def busy(self) -> bool:
        """A request's body is on its way in, or its answer on its way out."""
        unsent = self.transport.get_write_buffer_size() > 0
        return bool(self._turns) or self._in_asgi() or not self._in_head or unsent

    def drain(self) -> None:
        """The request that is being answered is the last one; on the short way each looks at the door itself."""
        if self._in_asgi():
            self.cycle.keep_alive = False

    def look(self, now: float) -> None:
        """Close when the client takes too long; called about once a second with the loop's time."""
        patience, progress = self._door.patience, self._progress
        if progress.is_stuck(now, self.transport.get_write_buffer_size(), patience.write):
            self.transport.abort()
        elif self.transport.is_closing() or self.flow.read_paused:
            progress.rest(now)
        elif self._begun:
            if progress.head_took(now) > patience.head:
                self._close_with(408)
        elif self._in_head:
            progress.rest(now)
        elif progress.body_took(now) > patience.body:
            self._close_with(408)

    def _await_head(self) -> None:
        """A client has as long for a whole head as an idle connection is kept, however slowly it writes."""
        self._idle_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._keep_for(self.timeout_keep_alive)

    def _keep_for(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    # From uvicorn

    def timeout_keep_alive_handler(self) -> None:
        """Close, if no request has come since; it is not set anew for each."""
        self.timeout_keep_alive_task = None
        if self._turns or self._in_asgi() or not self._in_head:
            return
        left = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self._keep_for(left)
        else:
            super().timeout_keep_alive_handler()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._idle_since = self.loop.time()
        if self._heard_all and not (self._turns or self._in_asgi()):
            self.transport.close()

    # From the parser

    def on_message_begin(self) -> None:
        self.url = b""
        self._raw = []
        self._headers_size = 0
        self._expects_continue = False
        self._in_head = self._begun = True

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._in_head:
            return  # a trailer: nothing here waits for one
        self._raw.append((name, value))
        self._headers_size += len(name) + len(value)
        if len(name) == 6 and name.lower() == b"expect" and value.lower() == b"100-continue":
            self._expects_continue = True

    def on_headers_complete(self) -> None:
        self._in_head = self._begun = False
        self._head_size = self._silence = 0
        self._progress.next_part()
        if len(self.url) + self._headers_size > MAX_HEADERS:
            self._close_with(431)
        elif self._takes():
            self._begin()
        else:
            self._begin_asgi()

    def on_body(self, body: bytes) -> None:
        self._silence = 0
        arriving = self._arriving
        if arriving is None:
            if not self.transport.is_closing():
                super().on_body(body)
            return
        arriving.size += len(body)
        if arriving.size > MAX_BODY:
            arriving.body = b""
        elif not arriving.body:
            arriving.body = body
        else:  # parts may be of one byte each, and a list of them many times the body
            if isinstance(arriving.body, bytes):
                arriving.body = bytearray(arriving.body)
            arriving.body += body
        if arriving.size > _MAX_IGNORED_BODY:
            self.transport.close()

    def on_message_complete(self) -> None:
        self._in_head = True
        self._progress.next_part()
        arriving, self._arriving = self._arriving, None
        if arriving is None:
            if not self.transport.is_closing():
                super().on_message_complete()
            return
        arriving.whole = True
        self._next_turn()

    # The short way

    def _takes(self) -> bool:
        if not self._door.fast:
            return False
        if self._turns:
            return True  # answers leave in the order of the requests
        return not (self._in_asgi() or self.url.startswith(_OWN_PREFIX) or self.parser.should_upgrade())

    def _in_asgi(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle  # None before the first, whatever uvicorn declares
        return cycle is not None and not cycle.response_complete

    def _begin(self) -> None:
        version = self.parser.get_http_version()
        arriving = _Arriving(
            method=self.parser.get_method().decode("ascii"),
            url=self.url,
            headers=self._raw,
            protocol=f"HTTP/{version}",
            keep_alive=version != "1.0" and self.parser.should_keep_alive(),
        )
        if self._expects_continue:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._arriving = arriving
        self._turns.append(arriving)
        if self._is_crowded():
            self.flow.pause_reading()

    def _is_crowded(self) -> bool:
        """More requests wait for their turn than may; what else the client has sent is not read."""
        return len(self._turns) + len(self.pipeline) > _MAX_PIPELINED

    def _next_turn(self) -> None:
        if self._answering or not self._turns or not self._turns[0].whole or self.flow.write_paused:
            return
        self._answering = True
        turn = self._turns[0]
        self._gateway.handle(self._request(turn), lambda response: self._answer(turn, response))

    def _request(self, turn: _Arriving) -> Request:
        path, query = split_url(turn.url)
        headers = tuple([(name.decode("latin-1"), value.decode("latin-1")) for name, value in turn.headers])
        return Request(
            method=turn.method,
            path=path,
            query=query,
            headers=headers,
            lowered=lower(headers),
            body=bytes(turn.body),
            client=self.client[0] if self.client else "",
            protocol=turn.protocol,
            scheme=self.scheme or "http",
            too_large=turn.size > MAX_BODY,
        )

    def _answer(self, turn: _Arriving, response: Response) -> None:
        if not self._turns or self._turns[0] is not turn or self.transport.is_closing():
            if response.stream is not None:
                response.stream.detach()
            return
        if turn.size > MAX_BODY or self._door.draining:
            turn.keep_alive = False
        turn.chunked = response.stream is not None and turn.protocol == "HTTP/1.1"
        has_body = turn.method != "HEAD" and response.status not in (204, 304)
        head = [_STATUS_LINES[response.status]]
        head += [b"%b: %b\r\n" % header for header in self.server_state.default_headers]
        head.append(wire_lines(response))
        if turn.chunked and response.status not in (204, 304):
            head.append(b"transfer-encoding: chunked\r\n")
        head.append(b"\r\n" if turn.keep_alive else b"connection: close\r\n\r\n")
        if has_body:
            head.append(response.body)
        self.transport.write(b"".join(head))
        if response.stream is None:
            self._end_turn()
        elif has_body:
            self._stream = response.stream
            response.stream.attach(self)
        else:
            response.stream.detach()
            self._end_turn()

    def _end_turn(self) -> None:
        keep_alive = self._turns.popleft().keep_alive
        self._answering = False
        if not keep_alive:
            self._turns.clear()
            self.transport.close()
            return
        if self.flow.read_paused:
            self.flow.resume_reading()
        if self._turns:
            self.loop.call_soon(self._next_turn)  # not at once: there may be thousands that need no waiting
        elif self._heard_all:
            self.transport.close()
        else:
            self._await_head()

    # BodyWriter

    def write(self, data: bytes) -> None:
        """A part of the answer's body."""
        if not self.transport.is_closing():
            self.transport.write(b"%x\r\n%b\r\n" % (len(data), data) if self._turns[0].chunked else data)

    def end(self) -> None:
        """Its end."""
        self._stream = None
        if not self.transport.is_closing():
            if self._turns[0].chunked:
                self.transport.write(b"0\r\n\r\n")
            self._end_turn()

    def abort(self) -> None:
        """It broke off: without its last chunk, as far as it came."""
        self._stream = None
        self.transport.close()

    # The long way

    def _begin_asgi(self) -> None:
        url, raw = self.url, self._raw
        super().on_message_begin()
        self.url = url
        for name, value in raw:
            super().on_header(name, value)
        scope: dict[str, Any] = self.scope  # type: ignore[assignment]
        scope[RAW_HEADERS] = raw
        super().on_headers_complete()
        if self._door.draining:
            self.cycle.keep_alive = False

    def _close_with(self, status: int) -> None:
        """Refuse what cannot be read any further. While an answer is due, a refusal would be taken for it."""
        if self.transport.is_closing():
            return
        if not self._turns and not self._in_asgi():
            body = b'{"message":"%s"}' % _PHRASES[status].encode()
            head = b"content-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(body)
            self.transport.write(_STATUS_LINES[status] + head + body)
        self.transport.close()


def split_url(url: bytes) -> tuple[str, str]:
    """Path and query of a request target, as they were sent. Raises UnicodeDecodeError for what is not ASCII."""
    if not url.startswith(b"/") or b"#" in url:
        parsed = httptools.parse_url(url)
        return (parsed.path or b"/").decode("ascii"), (parsed.query or b"").decode("ascii")
    path, _, query = url.partition(b"?")
    return path.decode("ascii"), query.decode("ascii")
