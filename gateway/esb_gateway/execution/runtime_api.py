"""The Lambda Runtime API, version 2018-06-01, as runtimes see it: one connection of one runtime.

Paths, headers and status codes are those of the AWS Lambda Developer Guide, "Using the Lambda runtime API for custom
runtimes"; bodies of refusals those of AWS's runtime interface emulator. Streamed answers (chunked, with errors as
trailers, "Response streaming for custom runtimes") are passed on part by part to a caller that wants them so; while he
takes none, none are read. For all others they are read to their end and passed on whole.

A runtime's first request says who it is, once for the connection. No input makes this raise or wait: what cannot be
understood is answered once and the connection closed. Memory is bounded by the largest answer a function may give.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import socket
from collections.abc import Callable
from functools import partial
from typing import Protocol, TypeAlias, cast

import httptools

from esb_gateway.execution import failures
from esb_gateway.execution.slots import Answer, Failure, Work
from esb_gateway.invocation import Ending, StreamSink

NEXT = b"/2018-06-01/runtime/invocation/next"
INIT_ERROR = b"/2018-06-01/runtime/init/error"
SLOTS = b"/esb/slots"  # no part of AWS's API: a container's supervisor asks here to leave HTTP (RFC 9110, 7.8)
_INVOCATION = b"/2018-06-01/runtime/invocation/"

# Bytes that may come in without completing a body part or a message: a head, trailers. One read adds at most 256 KB.
_LONGEST_SILENCE = 512 * 1024


class ControlLine(Protocol):
    """What a connection carries after it has left HTTP."""

    def opened(self) -> None:
        """The connection is its own from now on."""

    def received(self, data: bytes) -> None:
        """Bytes came in."""

    def lost(self) -> None:
        """The connection is closed."""


class Runtime(Protocol):
    """A runtime, as its connections see it: what they ask for, they ask of this."""

    def next(self, connection: Connection) -> bool:
        """It waits for work on this connection. False: it may not ask now."""

    def answer(self, request_id: str, answer: Answer) -> bool:
        """An invocation ended. False: this runtime does not run it, any more or at all."""

    def stream(self, request_id: str) -> StreamSink | None:
        """It is going to answer in parts. None: collect them, its caller wants the whole."""

    def fail_init(self, failure: Failure) -> bool:
        """It could not start. False: it had started already."""

    def supervise(self, connection: Connection) -> ControlLine | None:
        """It wants to talk about slots, not to be one. None: it may not."""

    def hang_up(self, connection: Connection) -> None:
        """The connection is closed."""


Identify: TypeAlias = Callable[[str], Runtime | None]  # Host header -> who is calling


def next_response(work: Work, deadline_ms: int) -> bytes:
    """The answer to `GET next`: the event as the body, all the rest as headers."""
    invocation = work.invocation
    optional = ""
    if invocation.client_context is not None:
        optional = f"Lambda-Runtime-Client-Context: {header_text(invocation.client_context)}\r\n"
    if invocation.cognito_identity is not None:
        optional += f"Lambda-Runtime-Cognito-Identity: {header_text(invocation.cognito_identity)}\r\n"
    head = (
        "HTTP/1.1 200 OK\r\n"
        "Content-Type: application/json\r\n"
        f"Lambda-Runtime-Aws-Request-Id: {invocation.request_id}\r\n"
        f"Lambda-Runtime-Deadline-Ms: {deadline_ms}\r\n"
        f"Lambda-Runtime-Invoked-Function-Arn: {header_text(invocation.arn)}\r\n"
        f"Lambda-Runtime-Trace-Id: {header_text(invocation.trace_id)}\r\n"
        f"{optional}"
        f"Content-Length: {len(invocation.payload)}\r\n\r\n"
    )
    return head.encode() + invocation.payload


def drop_unread(connection: socket.socket, seconds: float) -> None:
    """Let the kernel end the connection when what is sent to it is not taken for so long, closed here or not."""
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(seconds * 1000))


def header_text(value: str) -> str:
    """The value as one line of ASCII. JSON keeps its meaning: line breaks are white space, the rest is escaped."""
    if value.isascii() and value.isprintable():
        return value
    return "".join(map(_header_character, value))


def _header_character(character: str) -> str:
    if not character.isascii():
        units = character.encode("utf-16-be", "surrogatepass").hex()
        return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
    return character if character.isprintable() else " "


def _response(status: str, body: str, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", *headers, f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", body]).encode()


def _refusal(status: str, error_type: str, message: str, *headers: str) -> bytes:
    return _response(status, f'{{"errorMessage":"{message}","errorType":"{error_type}"}}\n', *headers)


_ACCEPTED = _response("202 Accepted", '{"status":"OK"}\n')
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_UNKNOWN_REQUEST = _refusal("400 Bad Request", "InvalidRequestID", "Invalid request ID")
_WRONG_STATE = _refusal("403 Forbidden", "InvalidStateTransition", "State transition is not allowed")
_SWITCHED = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: esb-slots/1\r\n\r\n"
_NO_SUCH_PATH = _refusal("404 Not Found", "NotFound", "The Runtime API has no such path")
_CLOSE = "Connection: close"
_GARBAGE = _refusal("400 Bad Request", "InvalidRequest", "This is not an HTTP/1.1 request", _CLOSE)
_OUT_OF_TURN = _refusal("400 Bad Request", "InvalidRequest", "A request followed an unanswered next", _CLOSE)
_NO_SUCH_CALLER = _refusal("403 Forbidden", "UnknownRuntime", "No function is known by this Host header", _CLOSE)
_TOO_LARGE = _refusal("431 Request Header Fields Too Large", "InvalidRequest", "The headers are too large", _CLOSE)

_ERROR_TYPE = b"lambda-runtime-function-error-type"
_ERROR_BODY = b"lambda-runtime-function-error-body"
_RESPONSE_MODE = b"lambda-runtime-function-response-mode"
_KEPT_HEADERS = frozenset(
    {b"host", b"content-type", b"expect", b"upgrade", b"user-agent", _ERROR_TYPE, _ERROR_BODY, _RESPONSE_MODE}
)


class Connection(asyncio.Protocol):
    """One connection. `identify` and `closed` are called at most once each."""

    def __init__(self, identify: Identify, closed: Callable[[Connection], None]) -> None:
        self._identify = identify
        self._closed = closed
        self._line: ControlLine | None = None
        self._runtime: Runtime | None = None
        self._transport: asyncio.Transport
        self._parser = httptools.HttpRequestParser(self)
        self._silence = 0
        self._finished = False  # nothing that comes in is looked at any more
        self._waiting = False  # for work: a next is unanswered
        self._keep_alive = True
        self.user_agent = ""
        self._begin()

    def _begin(self) -> None:
        self._url = b""
        self._headers: dict[bytes, bytes] = {}
        self._body: bytes | bytearray = b""
        self._body_size = 0
        self._sink: StreamSink | None = None  # where the body goes; None: it is collected

    # For the runtime's side

    def deliver(self, response: bytes) -> bool:
        """Answer the waiting next. False: the connection is closed, and not one byte went out."""
        if self._transport.is_closing():
            return False
        self._waiting = False
        self._transport.write(response)
        if not self._keep_alive:
            self.close()
        return True

    # esb_wire.http.body_stream.Producer

    def pause(self) -> None:
        """Read nothing more; the runtime fills what buffers there are and waits."""
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read on."""
        if not self._transport.is_closing():
            self._transport.resume_reading()

    # For a control line

    def send(self, data: bytes) -> None:
        """Write, unless the connection is closed."""
        if not self._transport.is_closing():
            self._transport.write(data)

    def address(self, end: str) -> str:
        """Of the connection's ends `sockname` is ours and `peername` theirs."""
        return str(self._transport.get_extra_info(end)[0])

    def expect_signs(self, seconds: float) -> None:
        """Close when what is sent is not acknowledged for so long; the kernel alone would try for 15 minutes."""
        drop_unread(self._transport.get_extra_info("socket"), seconds)

    # For both

    def close_unless_met(self) -> None:
        """Close if it has not said yet whose it is."""
        if self._runtime is None:
            self.close()

    def close(self) -> None:
        """Send what is written and close."""
        self._finished = True
        self._transport.close()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's has no base class to check for

    def connection_lost(self, _error: Exception | None) -> None:
        self._finished = True
        self._closed(self)
        if self._line is not None:
            self._line.lost()
        if self._runtime is not None:
            self._runtime.hang_up(self)

    def pause_writing(self) -> None:
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        if self._line is None:
            data = self._read_http(data)
        if self._line is not None and data:
            self._line.received(data)

    def _read_http(self, data: bytes) -> bytes:
        """Gives what is no HTTP any more."""
        self._silence += len(data)
        while not self._finished:
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                data = data[upgrade.args[0] :]
                if self._line is not None:
                    return data
                self._parser = httptools.HttpRequestParser(self)  # not wanted, so what follows is HTTP as before
                continue
            except httptools.HttpParserError:
                self._end(_GARBAGE)
            break
        if self._silence > _LONGEST_SILENCE:
            self._end(_TOO_LARGE)
        return b""

    # httptools

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name in _KEPT_HEADERS:
            self._headers[name] = value

    def on_headers_complete(self) -> None:
        if self._runtime is None and not self._finished:
            self._meet()
        if b"expect" in self._headers and not self._finished:
            self._transport.write(_CONTINUE)
        if self._headers.get(_RESPONSE_MODE, b"").lower() == b"streaming" and not self._finished:
            self._begin_stream()

    def on_body(self, body: bytes) -> None:
        self._silence = 0
        self._body_size += len(body)
        if self._sink is not None:
            if self._body_size <= failures.STREAM_LIMIT:
                self._sink.write(body)
        elif self._body_size > failures.RESPONSE_LIMIT:
            self._body = b""
        elif not self._body:
            self._body = body
        else:  # parts may be of one byte each, and a list of them many times the body
            if isinstance(self._body, bytes):
                self._body = bytearray(self._body)
            self._body += body

    def on_message_complete(self) -> None:
        self._silence = 0
        if self._finished or self._runtime is None:
            return
        if self._waiting:
            self._end(_OUT_OF_TURN)
            return
        self._keep_alive = self._parser.should_keep_alive()
        response = self._handle(self._runtime)
        self._begin()
        if response is not None:
            self._transport.write(response)
            if not self._keep_alive:
                self.close()

    # Requests

    def _meet(self) -> None:
        self.user_agent = self._headers.get(b"user-agent", b"").decode("latin-1")
        self._runtime = self._identify(self._headers.get(b"host", b"").decode("latin-1"))
        if self._runtime is None:
            self._end(_NO_SUCH_CALLER)

    def _handle(self, runtime: Runtime) -> bytes | None:
        """The answer; None: there will be one when there is work."""
        method, url = self._parser.get_method(), self._url
        if method == b"GET" and url == NEXT:
            self._waiting = True
            if runtime.next(self):
                return None
            self._waiting = False
            return _WRONG_STATE
        if method == b"GET" and url == SLOTS and self._headers.get(b"upgrade") == b"esb-slots/1":
            return self._leave_http(runtime)
        if method != b"POST":
            return _NO_SUCH_PATH
        if url == INIT_ERROR:
            return _ACCEPTED if runtime.fail_init(self._init_failure()) else _WRONG_STATE
        request_id, _, action = url.removeprefix(_INVOCATION).partition(b"/")
        if not url.startswith(_INVOCATION) or action not in (b"response", b"error"):
            return _NO_SUCH_PATH
        answer = self._success() if action == b"response" else self._error(bytes(self._body))
        return _ACCEPTED if runtime.answer(request_id.decode("latin-1"), answer) else _UNKNOWN_REQUEST

    def _begin_stream(self) -> None:
        request_id, _, action = self._url.removeprefix(_INVOCATION).partition(b"/")
        if self._runtime is None or action != b"response" or self._parser.get_method() != b"POST":
            return
        self._sink = self._runtime.stream(request_id.decode("latin-1"))
        if self._sink is not None:
            self._sink.begin(self._content_type("application/octet-stream"), self)

    def _leave_http(self, runtime: Runtime) -> bytes | None:
        line = runtime.supervise(self) if self._parser.should_upgrade() else None
        if line is None:
            return _NO_SUCH_PATH
        self._transport.write(_SWITCHED)
        self._line = line
        line.opened()
        return None

    def _success(self) -> Answer:
        if _ERROR_TYPE in self._headers or _ERROR_BODY in self._headers:  # trailers of a stream that broke off
            return self._error(_decoded(self._headers.get(_ERROR_BODY, b"")))
        limit = failures.RESPONSE_LIMIT if self._sink is None else failures.STREAM_LIMIT
        if self._body_size > limit:
            return Answer(Ending.TOO_BIG, failures.response_too_large(limit))
        return Answer(Ending.DONE, bytes(self._body), self._content_type("application/json"))

    def _content_type(self, default: str) -> str:
        return self._headers.get(b"content-type", default.encode()).decode("latin-1")

    def _error(self, document: bytes) -> Answer:
        return Answer(Ending.FUNCTION_ERROR, failures.from_runtime(document, self._error_type()))

    def _init_failure(self) -> Failure:
        document = failures.from_runtime(bytes(self._body), self._error_type())
        return partial(failures.init_error, posted=document)

    def _error_type(self) -> str:
        return self._headers.get(_ERROR_TYPE, b"").decode("latin-1")

    def _end(self, response: bytes) -> None:
        if not self._finished:
            self._transport.write(response)
            self.close()


def _decoded(trailer: bytes) -> bytes:
    try:
        return base64.b64decode(trailer, validate=True)
    except binascii.Error:
        return trailer
