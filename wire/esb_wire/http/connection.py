"""One connection of a client: reads requests, writes responses in order, and enforces the limits.

There is no task per request: a handler gets a callback, because a task and a future are most of the overhead of a
framework.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from esb_wire.http.body_stream import BodyStream
from esb_wire.http.held_bodies import UNCOUNTED, HeldBodies
from esb_wire.http.limits import Activity, ConnectionLimits, Deadlines, Due
from esb_wire.http.messages import BodyLimit, Handler, Request, Response, any_body
from esb_wire.http.request_parser import RequestParser
from esb_wire.http.responses import FirstLines, encode_refusal, encode_response, has_body, is_chunked
from esb_wire.http.sliced_writes import SlicedWrites
from esb_wire.http.sockets import address_of

_LINGER_SECONDS = 5.0
_LINGER_BYTES = 16 * 1024 * 1024


@dataclass(slots=True)
class ListenerState:
    """A listener, for its connections. While it is `draining`, each response is the last of its connection."""

    handle: Handler
    limits: ConnectionLimits
    body_limit: BodyLimit = any_body
    draining: bool = False
    connections: set[Connection] = field(default_factory=set)
    by_address: Counter[str] = field(default_factory=Counter)
    first_lines: FirstLines = field(default_factory=FirstLines)
    bodies: HeldBodies = field(init=False)

    def __post_init__(self) -> None:
        limits = self.limits
        share = min(limits.bodies, limits.bodies * limits.share // limits.connections)
        self.bodies = HeldBodies(limits.bodies, share)

    def add(self, connection: Connection, address: str) -> bool:
        """Count a new connection. False: there are too many, at all or from this address."""
        self.connections.add(connection)
        self.by_address[address] += 1
        total, limits = len(self.connections), self.limits
        return total <= limits.connections and self.by_address[address] <= limits.share

    def remove(self, connection: Connection, address: str) -> None:
        self.connections.discard(connection)
        self.by_address[address] -= 1
        if not self.by_address[address]:
            del self.by_address[address]


@dataclass(slots=True, eq=False)
class PendingResponse:
    """`Respond` of one request."""

    connection: Connection
    request: Request

    def __call__(self, response: Response) -> None:
        self.connection.respond(self.request, response)

    @property
    def is_connected(self) -> bool:
        return self.connection.is_connected(self.request)

    def call_on_disconnect(self, callback: Callable[[], object]) -> None:
        self.connection.call_on_disconnect(self.request, callback)


class Connection(asyncio.Protocol):
    """One connection. `BodyWriter` of the response that is being streamed."""

    def __init__(self, state: ListenerState) -> None:
        self._state = state
        self._deadlines = Deadlines(state.limits)
        self._request: Request | None = None  # the one that is being answered
        self._keep_alive = True  # after it
        self._on_disconnect: Callable[[], object] | None = None  # if it comes before the response
        self._stream: BodyStream | None = None  # the body of its response
        self._chunked = False
        self._read_paused = False
        self._write_paused = False
        self._half_closed = False  # the client has closed its sending side
        self._held = 0  # bytes of bodies that no handler has received yet
        self._linger_until = 0  # lingering ends at this number of received bytes; 0: it does not linger
        self._received = 0  # bytes
        self._written = 0  # bytes

    # From the transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's has no base class to check for
        self._out = SlicedWrites(self._transport, self._next)
        state, peer = self._state, transport.get_extra_info("peername")
        host = peer[0] if peer else ""
        self._address = address_of(host)
        self._is_tls = transport.get_extra_info("sslcontext") is not None
        scheme = "https" if self._is_tls else "http"
        self._parser = RequestParser(state.limits, state.body_limit, host, scheme, self._hold)
        if not state.add(self, self._address):
            self._parser.stop()
            self._send(encode_refusal(503))
            self._out.close()  # at once: a lingering connection would count, although there are too many

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        if self._linger_until:
            if self._received > self._linger_until:
                self._transport.abort()
            return
        parser = self._parser
        parser.feed(data)
        self._next()
        if len(parser.requests) >= self._state.limits.pipelined and not self._read_paused:
            self._read_paused = True
            self._transport.pause_reading()

    def eof_received(self) -> bool:
        """Complete requests are still answered, except with TLS, which cannot be half closed."""
        self._half_closed = True
        self._notify_disconnect()
        return (not self._is_answered or self._out.pending) and not self._is_tls

    def connection_lost(self, _error: Exception | None) -> None:
        # A function that runs for this connection continues; its response is discarded.
        self._state.remove(self, self._address)
        self._out.clear()
        self._parser.requests.clear()
        self._release(self._held)
        self._notify_disconnect()
        if self._stream is not None:
            self._stream.detach()
            self._stream = None

    def pause_writing(self) -> None:
        self._write_paused = True
        self._out.pause()
        if self._stream is not None:
            self._stream.pause()

    def resume_writing(self) -> None:
        self._write_paused = False
        self._out.resume()
        if self._stream is not None:
            self._stream.resume()
        self._next()

    # From the listener

    @property
    def is_busy(self) -> bool:
        """A body is being received, a request being answered or a response being sent."""
        is_receiving = not self._parser.in_head and not self._linger_until
        return not self._is_answered or is_receiving or self._out.unsent > 0

    def check(self, now: float) -> None:
        """Close if the client takes too long; called about once a second with the loop's time."""
        match self._deadlines.overdue(self._activity(), now):
            case Due.READ:
                self._transport.abort()
            case Due.REQUEST:
                self._out.close()
            case Due.HEAD | Due.BODY:
                self._refuse(408)

    def shut_down(self) -> None:
        """Close now, or after the current response."""
        self._keep_alive = False
        if not self.is_busy:
            self._out.close()

    def drop(self) -> None:
        """Close now; unsent data is lost."""
        self._transport.abort()

    # BodyWriter

    def write(self, data: bytes) -> None:
        """Send a part of the response's body."""
        if not self._out.is_closing:
            self._send(b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data)

    def end(self) -> None:
        """End the response."""
        self._stream = None
        if not self._out.is_closing:
            if self._chunked:
                self._send(b"0\r\n\r\n")
            self._end_response()

    def abort(self) -> None:
        """Close without the last chunk."""
        self._stream = None
        self._out.close()

    # Requests and responses

    @property
    def _is_answered(self) -> bool:
        if self._linger_until:
            return True
        return self._request is None and not self._parser.requests and self._parser.refusal is None

    @property
    def _is_ending(self) -> bool:
        """The last response of the connection has been written."""
        return self._linger_until > 0 or self._out.is_closing

    def _activity(self) -> Activity:
        parser = self._parser
        if self._is_ending or self._read_paused or parser.refusal is not None:
            due = Due.NOTHING
        elif parser.in_head:
            due = Due.HEAD if parser.head_begun else Due.REQUEST
        else:
            due = Due.BODY
        unsent = self._out.unsent
        return Activity(due, self._is_answered, parser.parts, self._received, self._written, unsent)

    def _next(self) -> None:
        """Hand over the next request, unless one is being answered or the client does not read its responses."""
        if self._request is not None or self._write_paused or self._out.pending or self._is_ending:
            return
        parser = self._parser
        if parser.requests:
            self._request, self._keep_alive = parser.requests.popleft()
            if len(self._request.body) > UNCOUNTED:
                self._release(len(self._request.body))
            self._state.handle(self._request, PendingResponse(self, self._request))
        elif parser.refusal is not None:
            self._send(encode_refusal(parser.refusal))
            self._linger()
        elif self._half_closed:
            self._out.close()
        elif parser.continue_due:  # only if no response is due before it: it would become part of that
            parser.continue_due = False
            self._send(b"HTTP/1.1 100 Continue\r\n\r\n")

    def is_connected(self, request: Request) -> bool:
        """Whether a response to this request would still reach the client."""
        return self._request is request and not self._half_closed and not self._out.is_closing

    def call_on_disconnect(self, request: Request, callback: Callable[[], object]) -> None:
        """Call back when the client disconnects before it gets the response."""
        if self._request is request:
            self._on_disconnect = callback
            if not self.is_connected(request):
                self._notify_disconnect()

    def _notify_disconnect(self) -> None:
        callback, self._on_disconnect = self._on_disconnect, None
        if callback is not None:
            asyncio.get_running_loop().call_soon(callback)

    def respond(self, request: Request, response: Response) -> None:
        """Send the response, if the client still waits for it."""
        stream = response.stream
        if self._request is not request or self._stream is not None or self._out.is_closing:
            if stream is not None:
                stream.detach()
            return
        state = self._state
        keep_alive = self._keep_alive and not state.draining
        pieces = encode_response(request, response, state.first_lines[response.status], keep_alive=keep_alive)
        self._keep_alive = keep_alive
        for data in pieces:
            self._send(data)
        if stream is not None and has_body(request, response):
            self._stream, self._chunked = stream, is_chunked(request)
            stream.attach(self)
            return
        if stream is not None:
            stream.detach()
        self._end_response()

    def _end_response(self) -> None:
        parser, request, self._request = self._parser, self._request, None
        self._on_disconnect = None
        if not self._keep_alive:
            parser.requests.clear()
            if request is not None and request.too_large:
                self._linger()
            else:
                self._out.close()
            return
        if self._read_paused and len(parser.requests) < self._state.limits.pipelined:
            self._read_paused = False
            self._transport.resume_reading()
        if parser.requests or parser.refusal is not None or parser.continue_due or self._half_closed:
            # Not at once: if the handler answers many pipelined requests synchronously, this would recurse for each.
            asyncio.get_running_loop().call_soon(self._next)

    def _linger(self) -> None:
        """Close when the client has read the response, which it may do only after it has sent its body.

        For data on a closed socket, the system sends a reset, and the client may not read the response. So further
        data is discarded, for a limited time and size (RFC 9112, 9.6).
        """
        self._release(self._held)
        if self._half_closed:
            self._out.close()
            return
        self._linger_until = self._received + _LINGER_BYTES
        asyncio.get_running_loop().call_later(_LINGER_SECONDS, self._transport.abort)
        if self._transport.can_write_eof():
            self._out.write_eof()
        if self._read_paused:
            self._transport.resume_reading()

    def _hold(self, size: int) -> bool:
        """Count a part of a body that has arrived. False: the listener holds too many."""
        if not self._state.bodies.add(self._address, size):
            return False
        self._held += size
        return True

    def _release(self, size: int) -> None:
        if size:
            self._held -= size
            self._state.bodies.release(self._address, size)

    def _refuse(self, status: int) -> None:
        """Answer with an error after the pending responses, and close."""
        self._parser.stop(status)
        self._next()

    def _send(self, data: bytes) -> None:
        self._written += len(data)
        self._out.write(data)
