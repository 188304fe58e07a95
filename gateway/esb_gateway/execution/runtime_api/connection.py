"""The Lambda Runtime API, version 2018-06-01, as runtimes see it: one connection of one runtime, or of an extension.

Paths are those of the AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes". A streamed
response (chunked, with errors as trailers, "Response streaming for custom runtimes") is passed on part by part to a
caller that wants it so; while the caller takes none, none are read. For all others it is read to its end and passed on
whole.

The first request identifies the runtime, once for the connection. No input makes this raise or wait: what cannot be
understood is answered once and the connection closed. Memory is bounded by the largest response a function may give.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Callable
from typing import Protocol, TypeAlias, cast

import httptools

from esb_gateway.execution.extensions import api as extensions
from esb_gateway.execution.extensions.api import ExtensionRequest
from esb_gateway.execution.pools.slots import Failure, Result
from esb_gateway.execution.runtime_api import messages
from esb_gateway.execution.runtime_api.incoming import RESPONSE_MODE, IncomingRequest
from esb_gateway.invocation import StreamSink
from esb_wire.http.sliced_writes import SlicedWrites

NEXT = b"/2018-06-01/runtime/invocation/next"
INIT_ERROR = b"/2018-06-01/runtime/init/error"
# Not in AWS's API: the supervisor of a container upgrades here (RFC 9110, 7.8); the output that was asked for.
SLOTS = b"/esb/slots"
SLOTS_PROTOCOL = b"esb-slots/2"
_OUTPUT = re.compile(rb"/esb/output/([1-9][0-9]{0,8})")

# Bytes that may come in without completing a body part or a message: a head, trailers. One read adds at most 256 KB.
_MOST_INCOMPLETE = 512 * 1024


class ControlChannel(Protocol):
    """Takes over a connection that was upgraded from HTTP."""

    def opened(self) -> None:
        """The connection carries nothing else from now on."""

    def received(self, data: bytes) -> None:
        """Bytes came in."""

    def lost(self) -> None:
        """The connection is closed."""


class Runtime(Protocol):
    """The receiver of a runtime's requests."""

    def next(self, connection: Connection) -> bool:
        """It waits for work on this connection. False: it may not poll now."""

    def respond(self, request_id: str, result: Result) -> bool:
        """An invocation ended. False: this runtime does not run it, any more or at all."""

    def stream(self, request_id: str) -> StreamSink | None:
        """It is going to respond in parts. None: collect them, the caller wants the whole."""

    def fail_init(self, failure: Failure) -> bool:
        """It could not start. False: it had already started."""

    def extend(self, request: ExtensionRequest, connection: Connection) -> bytes | None:
        """A request to the Extensions API; the response. None: it follows when there is an event."""

    def supervise(self, connection: Connection, extension_names: tuple[str, ...]) -> ControlChannel | None:
        """A supervisor asks for a control channel. None: it may not have one."""

    def take_output(self, ticket: int, printed: bytes) -> bool:
        """The end of the output arrives, which was asked for with this ticket. False: it was not."""

    def on_disconnect(self, connection: Connection) -> None:
        """The connection is closed."""


Identify: TypeAlias = Callable[[str], Runtime | None]  # Host header -> the runtime that calls


def set_user_timeout(connection: socket.socket, seconds: float) -> None:
    """Let the kernel close the connection if sent data is not acknowledged for so long. Linux only."""
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(seconds * 1000))


class Connection(asyncio.Protocol):
    """One connection. `identify` and `closed` are called at most once each."""

    def __init__(self, identify: Identify, closed: Callable[[Connection], None]) -> None:
        self._identify = identify
        self._closed = closed
        self._channel: ControlChannel | None = None
        self._runtime: Runtime | None = None
        self._transport: asyncio.Transport
        self._incoming = IncomingRequest(self._head_read, self._request_read)
        self._finished = False  # what comes in is ignored from now on
        self._waiting = False  # for work: a next is unanswered
        self._keep_alive = True
        self.user_agent = ""

    # Called by the runtime

    def deliver(self, *response: bytes) -> bool:
        """Answer the waiting next, with a response in pieces. False: the connection is closed, and nothing was sent."""
        if self._out.is_closing:
            return False
        self._waiting = False
        for piece in response:
            self._out.write(piece)
        if not self._keep_alive:
            self.close()
        return True

    # esb_wire.http.body_stream.Producer

    def pause(self) -> None:
        """Stop reading; the runtime fills the buffers and then waits."""
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read on."""
        if not self._transport.is_closing():
            self._transport.resume_reading()

    # Called by a control channel

    def send(self, data: bytes) -> None:
        """Write, unless the connection is closed."""
        if not self._out.is_closing:
            self._out.write(data)

    def address(self, end: str) -> str:
        """The IP address of one end: `sockname` is ours, `peername` theirs."""
        return str(self._transport.get_extra_info(end)[0])

    def set_user_timeout(self, seconds: float) -> None:
        """Close when sent data is not acknowledged for so long; the kernel alone would try for 15 minutes."""
        set_user_timeout(self._transport.get_extra_info("socket"), seconds)

    # Called by both, and by the listener

    def close_if_unidentified(self) -> None:
        """Close unless a request has identified the runtime."""
        if self._runtime is None:
            self.close()

    def close(self) -> None:
        """Send what is written and close."""
        self._finished = True
        self._out.close()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's has no base class to check for
        self._out = SlicedWrites(self._transport)

    def connection_lost(self, _error: Exception | None) -> None:
        self._finished = True
        self._out.clear()
        self._closed(self)
        if self._channel is not None:
            self._channel.lost()
        if self._runtime is not None:
            self._runtime.on_disconnect(self)

    def pause_writing(self) -> None:
        self._out.pause()
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._out.resume()
        self._transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        if self._channel is None:
            data = self._read_http(data)
        if self._channel is not None and data:
            self._channel.received(data)

    def _read_http(self, data: bytes) -> bytes:
        """Parse; returns what follows an upgrade."""
        incoming = self._incoming
        incoming.incomplete += len(data)
        while not self._finished:
            try:
                incoming.parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                data = data[upgrade.args[0] :]
                if self._channel is not None:
                    return data
                incoming.refuse_upgrade()
                continue
            except httptools.HttpParserError:
                self._end(messages.MALFORMED)
            break
        if incoming.incomplete > _MOST_INCOMPLETE:
            self._end(messages.TOO_LARGE)
        return b""

    def _head_read(self) -> None:
        incoming = self._incoming
        if self._runtime is None and not self._finished:
            self._identify_runtime()
        if b"content-length" in incoming.headers:
            incoming.expect_body()
        if b"expect" in incoming.headers and not self._finished:
            self._out.write(messages.CONTINUE)
        if RESPONSE_MODE in incoming.headers and incoming.wants_stream() and not self._finished:
            self._begin_stream()

    def _request_read(self) -> None:
        incoming = self._incoming
        incoming.incomplete = 0
        if self._finished or self._runtime is None:
            return
        if self._waiting:
            self._end(messages.OUT_OF_TURN)
            return
        self._keep_alive = incoming.parser.should_keep_alive()
        response = self._handle(self._runtime, incoming)
        incoming.begin()
        if response is not None:
            self._out.write(response)
            if not self._keep_alive:
                self.close()

    # Requests

    def _identify_runtime(self) -> None:
        self.user_agent = self._incoming.text(b"user-agent")
        if not self._incoming.is_from_browser():
            self._runtime = self._identify(self._incoming.text(b"host"))
        if self._runtime is None:
            self._end(messages.UNKNOWN_CALLER)

    def _handle(self, runtime: Runtime, incoming: IncomingRequest) -> bytes | None:
        """The response; None: it follows when there is work."""
        method, url = incoming.parser.get_method(), incoming.url
        if method == b"GET" and url == NEXT:
            self._waiting = True
            if runtime.next(self):
                return None
            self._waiting = False
            return messages.WRONG_STATE
        if method == b"GET" and url == SLOTS and incoming.headers.get(b"upgrade") == SLOTS_PROTOCOL:
            return self._upgrade(runtime, incoming)
        if url.startswith(extensions.PATHS):
            return self._extend(runtime, incoming.of_extension(method))
        if method != b"POST":
            return messages.NO_SUCH_PATH
        if url == INIT_ERROR:
            return messages.ACCEPTED if runtime.fail_init(incoming.init_failure()) else messages.WRONG_STATE
        output = _OUTPUT.fullmatch(url)
        if output is not None:
            taken = runtime.take_output(int(output[1]), incoming.body.take())
            return messages.ACCEPTED if taken else messages.NO_SUCH_PATH
        request_id, action = incoming.invocation()
        if action not in (b"response", b"error"):
            return messages.NO_SUCH_PATH
        result = incoming.response() if action == b"response" else incoming.error()
        return messages.ACCEPTED if runtime.respond(request_id, result) else messages.UNKNOWN_REQUEST

    def _extend(self, runtime: Runtime, request: ExtensionRequest) -> bytes | None:
        self._waiting = True  # an event may be delivered before this is answered
        response = runtime.extend(request, self)
        if response is not None:
            self._waiting = False
        return response

    def _begin_stream(self) -> None:
        request_id, action = self._incoming.invocation()
        if self._runtime is not None and action == b"response" and self._incoming.parser.get_method() == b"POST":
            self._incoming.begin_stream(self._runtime.stream(request_id), self)

    def _upgrade(self, runtime: Runtime, incoming: IncomingRequest) -> bytes | None:
        names = incoming.extension_names()
        channel = runtime.supervise(self, names) if incoming.parser.should_upgrade() else None
        if channel is None:
            return messages.NO_SUCH_PATH
        self._out.write(messages.switched(self.address("sockname")))
        self._channel = channel
        channel.opened()
        return None

    def _end(self, response: bytes) -> None:
        if not self._finished:
            self._out.write(response)
            self.close()
