"""The request that comes in on a connection of the Runtime API: its parts, and what a runtime says with them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Final

import httptools

from esb_gateway.execution import failures
from esb_gateway.execution.extensions import api as extensions
from esb_gateway.execution.extensions.api import ExtensionRequest
from esb_gateway.execution.pools.slots import Failure, Result
from esb_gateway.invocation import Ending, StreamSink
from esb_wire.http.bodies import BodyBuffer, announced
from esb_wire.http.body_stream import Producer

_INVOCATION: Final = b"/2018-06-01/runtime/invocation/"
_ERROR_TYPE: Final = b"lambda-runtime-function-error-type"
_ERROR_BODY: Final = b"lambda-runtime-function-error-body"
RESPONSE_MODE: Final = b"lambda-runtime-function-response-mode"
_EXTENSIONS: Final = b"esb-extensions"  # the files of /opt/extensions, with / between them
# A page in a browser cannot leave both out, and no runtime sends one: https://fetch.spec.whatwg.org,
# https://www.w3.org/TR/fetch-metadata
_OF_BROWSERS: Final = frozenset({b"origin", b"sec-fetch-site"})
_KEPT_HEADERS: Final = (
    _OF_BROWSERS
    | extensions.HEADERS
    | {
        _EXTENSIONS,
        b"host",
        b"content-length",
        b"content-type",
        b"expect",
        b"upgrade",
        b"user-agent",
        _ERROR_TYPE,
        _ERROR_BODY,
        RESPONSE_MODE,
    }
)


class IncomingRequest:
    """One request after the other. `head_read` and `all_read` are called by httptools, as is what begins with `on_`.

    `incomplete` counts the bytes that have come in without completing a part of a body or a message.
    """

    def __init__(self, head_read: Callable[[], None], all_read: Callable[[], None]) -> None:
        self.on_headers_complete = head_read
        self.on_message_complete = all_read
        self.parser = httptools.HttpRequestParser(self)
        self.incomplete = 0
        self.body = BodyBuffer()
        self._body_size = 0
        self.begin()

    def begin(self) -> None:
        """The next one begins."""
        self.url = b""
        self.headers: dict[bytes, bytes] = {}
        if self._body_size:
            self.body.clear()
            self.body.expected = 0
            self._body_size = 0
        self._sink: StreamSink | None = None  # where the body goes; None: it is collected

    def refuse_upgrade(self) -> None:
        """HTTP goes on after the request, which httptools expects to be the last one."""
        self.parser = httptools.HttpRequestParser(self)

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name in _KEPT_HEADERS:
            self.headers[name] = value

    def on_body(self, body: bytes) -> None:
        self.incomplete = 0
        self._body_size += len(body)
        if self._sink is not None:
            if self._body_size <= failures.STREAM_LIMIT:
                self._sink.write(body)
        elif self._body_size > failures.RESPONSE_LIMIT:
            self.body.clear()
        else:
            self.body.add(body)

    # The head

    def text(self, name: bytes, default: str = "") -> str:
        """The value of a header."""
        value = self.headers.get(name)
        return default if value is None else value.decode("latin-1")

    def is_from_browser(self) -> bool:
        return bool(self.headers.keys() & _OF_BROWSERS)

    def expect_body(self) -> None:
        """Be ready for a body of the announced length."""
        length = self.headers.get(b"content-length")
        self.body.expected = 0 if length is None else min(announced(length), failures.RESPONSE_LIMIT)

    def wants_stream(self) -> bool:
        """Whether the runtime streams its response."""
        return self.headers.get(RESPONSE_MODE, b"").lower() == b"streaming"

    def begin_stream(self, sink: StreamSink | None, source: Producer) -> None:
        """Pass the body on while it comes in; None: collect it."""
        self._sink = sink
        if sink is not None:
            sink.begin(self.text(b"content-type", "application/octet-stream"), source)

    def extension_names(self) -> tuple[str, ...]:
        """Those that a supervisor has found in its container."""
        return tuple(filter(None, self.text(_EXTENSIONS).split("/")))

    def invocation(self) -> tuple[str, bytes]:
        """The request id in the path, and `response` or `error`; both empty if the path is another one."""
        if not self.url.startswith(_INVOCATION):
            return "", b""
        request_id, _, action = self.url[len(_INVOCATION) :].partition(b"/")
        return request_id.decode("latin-1"), action

    # All of it

    def of_extension(self, method: bytes) -> ExtensionRequest:
        return ExtensionRequest(method, self.url, self.headers, self.body.take())

    def response(self) -> Result:
        """The result of the invocation, as the runtime has posted it to `response`."""
        if _ERROR_TYPE in self.headers or _ERROR_BODY in self.headers:  # trailers of a stream that broke off
            return self._failed(_decoded(self.headers.get(_ERROR_BODY, b"")))
        limit = failures.RESPONSE_LIMIT if self._sink is None else failures.STREAM_LIMIT
        if self._body_size > limit:
            return Result(Ending.TOO_BIG, failures.response_too_large(limit))
        return Result(Ending.DONE, self.body.take(), self.text(b"content-type", "application/json"))

    def error(self) -> Result:
        """The same for `error`."""
        return self._failed(self.body.take())

    def init_failure(self) -> Failure:
        """The document answers every request that waited; on AWS too, its `requestId` stays empty, as it was posted."""
        document = failures.from_runtime(self.body.take(), self.text(_ERROR_TYPE))
        return lambda _: document

    def _failed(self, document: bytes) -> Result:
        return Result(Ending.FUNCTION_ERROR, failures.from_runtime(document, self.text(_ERROR_TYPE)))


def _decoded(trailer: bytes) -> bytes:
    try:
        return base64.b64decode(trailer, validate=True)
    except binascii.Error:
        return trailer
