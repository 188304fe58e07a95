"""Parses requests with llhttp's strict parser; adds limits, and checks of RFC 9112 that llhttp does not make."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable

import httptools

from esb_wire.http.bodies import BodyBuffer, announced
from esb_wire.http.held_bodies import UNCOUNTED
from esb_wire.http.limits import SMALL_BODY, ConnectionLimits
from esb_wire.http.messages import BodyLimit, Headers, Request, lower

_MAX_SILENCE = 512 * 1024  # bytes of chunk extensions and trailers; one read is half of it at most
_HASHED_BODY = 64 * 1024  # bytes
_SIGNED = "AWS4-HMAC-SHA256"
_PROTOCOLS = {"1.1": "HTTP/1.1", "1.0": "HTTP/1.0"}
_FRAMING = (b"content-length", b"transfer-encoding")


class StopParsing(Exception):
    """Raised within callbacks to stop llhttp; never leaves the parser."""


class RequestParser:
    """Fills `requests` with complete requests, each with whether its connection can be kept.

    A body that is not small is hashed while it arrives if its request is signed (Signature Version 4): hashing it at
    once would take up to 20 ms.

    `refusal` is the error status to send after the responses: the client has broken a rule, and parsing has stopped.
    """

    def __init__(
        self,
        limits: ConnectionLimits,
        body_limit: BodyLimit,
        client: str,
        scheme: str,
        hold: Callable[[int], bool] = lambda _: True,
    ) -> None:
        """`body_limit` is called for bodies above SMALL_BODY; `limits` has the maximum for all bodies.

        `hold` is called with the size of each received part of bodies above UNCOUNTED. If it returns False, the
        request is refused with 503.
        """
        self.requests: deque[tuple[Request, bool]] = deque()
        self.refusal: int | None = None
        self.in_head = True  # or between two requests
        self.continue_due = False  # the client waits for a 100 (Continue) before it sends the body
        self.parts = 0  # heads and bodies that are complete
        self._limits = limits
        self._body_limit = body_limit
        self._unasked = self._allowed = min(SMALL_BODY, limits.max_body)  # bytes of a body
        self._client = client
        self._scheme = scheme
        self._parser = httptools.HttpRequestParser(self)
        self._stopped = False
        self._is_upgrade = False
        self._head_size = 0  # bytes received for the present head, and at most one read more
        self._silence = 0  # bytes received since the last part of a body
        self._target = b""
        self._raw: list[tuple[bytes, bytes]] = []
        self._body = BodyBuffer()
        self._body_size = 0
        self._hold = hold
        self._counted = 0  # bytes of the present body that are held
        self._hash: hashlib._Hash | None = None

    @property
    def head_begun(self) -> bool:
        """A part of a head has been received, but not its end."""
        return self.in_head and bool(self._target)

    def feed(self, data: bytes) -> None:
        """Parse received data. Invalid data raises no error."""
        if self._stopped:
            return
        if self.in_head:
            self._head_size += len(data)
        else:
            self._silence += len(data)
        rest: bytes | memoryview = data
        while (taken := self._feed(rest)) is not None:
            self._ignore_upgrade()
            rest = memoryview(rest)[taken:]
        if (self.in_head and self._head_size > self._limits.max_head) or self._silence > _MAX_SILENCE:
            self.stop(431)

    def stop(self, refusal: int | None = None) -> None:
        """Stop parsing; the first refusal counts. An incomplete body is discarded."""
        if not self._stopped:
            self._stopped = True
            self.refusal = refusal
            self._body.clear()

    def _feed(self, data: bytes | memoryview) -> int | None:
        """Returns an offset if llhttp considers the data after it another protocol (Upgrade)."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            return int(upgrade.args[0])
        except httptools.HttpParserCallbackError:
            if not self._stopped:
                raise
        except httptools.HttpParserError:
            self.stop(400)
        return None

    def _ignore_upgrade(self) -> None:
        """Continue after the head of a request with Upgrade, which may be ignored (RFC 9110, 7.8).

        llhttp has skipped the body. A new parser reads it, after a head with the same framing headers.
        """
        framing = [b"%b: %b\r\n" % line for line in self._raw if line[0].lower() in _FRAMING]
        self._parser = httptools.HttpRequestParser(self)
        self._is_upgrade = False
        self._parser.feed_data(b"POST / HTTP/1.1\r\n%b\r\n" % b"".join(framing))

    # Called by llhttp. Parts of a head that come while not `in_head` are trailers, or the head of `_ignore_upgrade`.

    def on_url(self, url: bytes) -> None:
        if self._stopped:  # the last request of the connection is complete
            raise StopParsing
        if self.in_head:
            self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.in_head:
            self._raw.append((name, value))

    def on_headers_complete(self) -> None:
        if not self.in_head:
            return
        parser = self._parser
        self.in_head = False
        self.parts += 1
        if self._head_size > self._limits.max_head:
            self._check_size()
        if len(self._raw) > self._limits.max_headers:
            self._refuse(431)
        self._head_size = self._silence = 0
        headers = tuple([(name.decode("latin-1"), value.decode("latin-1")) for name, value in self._raw])
        lowered = lower(headers)
        self._protocol = _PROTOCOLS.get(parser.get_http_version(), "")
        if not self._protocol:
            self._refuse(505)
        host = lowered.get("host")
        if host is None or "," in host:
            self._check_host(headers)
        if "transfer-encoding" in lowered and lowered["transfer-encoding"].lower() != "chunked":
            self._refuse(501)  # RFC 9112, 6.1
        path, query = self._split_target()
        self._head = (parser.get_method().decode("ascii"), path, query, headers, lowered)
        is_current = self._protocol == "HTTP/1.1"
        self._keep_alive = is_current and parser.should_keep_alive()
        self._is_upgrade = parser.should_upgrade()
        length = lowered.get("content-length")
        size = 0 if length is None else announced(length)
        if size > self._unasked:
            self._check_body(size)
        self._body.expected = size
        if (size > _HASHED_BODY or "transfer-encoding" in lowered) and "authorization" in lowered:
            self._hash = hashlib.sha256() if lowered["authorization"].startswith(_SIGNED) else None
        if "expect" in lowered and is_current and lowered["expect"].lower() == "100-continue":
            self.continue_due = True

    def on_body(self, body: bytes) -> None:
        self._silence = 0
        self._body_size += len(body)
        if self._body_size > self._allowed:
            self._check_body(self._body_size)
        if self._body_size > UNCOUNTED:
            if not self._hold(self._body_size - self._counted):
                self._refuse(503)
            self._counted = self._body_size
        if self._hash is not None:
            self._hash.update(body)
        self._body.add(body)

    def on_message_complete(self) -> None:
        if self._is_upgrade:
            return
        self.in_head = True
        self.continue_due = False
        self.parts += 1
        request = Request(
            *self._head, self._body.take() if self._body_size else b"", self._client, self._protocol, self._scheme
        )
        if self._hash is not None:
            request, self._hash = request._replace(body_sha256=self._hash.hexdigest()), None
        self.requests.append((request, self._keep_alive))
        if not self._keep_alive:
            self.stop()
        self._target, self._raw = b"", []
        if self._body_size:
            self._body_size, self._counted, self._allowed = 0, 0, self._unasked

    def _check_body(self, size: int) -> None:
        """If a body of this size is too large, hand over the request without it, as the last one."""
        request = Request(*self._head, b"", self._client, self._protocol, self._scheme, too_large=True)
        self._allowed = min(self._limits.max_body, self._body_limit(request))
        if size > self._allowed:
            self.in_head = True
            self.parts += 1
            self._target = b""
            self._body.clear()
            self.requests.append((request, False))
            self.stop()
            raise StopParsing

    # What llhttp does not check

    def _refuse(self, status: int) -> None:
        self.stop(status)
        raise StopParsing

    def _check_size(self) -> None:
        if len(self._target) + sum(len(name) + len(value) for name, value in self._raw) > self._limits.max_head:
            self._refuse(431)

    def _check_host(self, headers: Headers) -> None:
        """RFC 9112, 3.2: there is one, except in HTTP/1.0."""
        hosts = sum(name.lower() == "host" for name, _ in headers)
        if hosts > 1 or (hosts == 0 and self._protocol == "HTTP/1.1"):
            self._refuse(400)

    def _split_target(self) -> tuple[str, str]:
        """Path and query as they were sent."""
        try:
            target = self._target.decode("ascii")
            if target.startswith("/") and "#" not in target:
                path, _, query = target.partition("?")
                return path, query
            url = httptools.parse_url(self._target)
            return (url.path or b"/").decode("ascii"), (url.query or b"").decode("ascii")
        except (httptools.HttpParserInvalidURLError, UnicodeDecodeError):
            self.stop(400)
            raise StopParsing from None
