"""An HTTP request and its response as plain data."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from esb_wire.http.body_stream import BodyStream

MAX_BODY = 10 * 1024 * 1024  # API Gateway quotas: payload size 10 MB
MAX_HEADERS = 32 * 1024

Headers: TypeAlias = tuple[tuple[str, str], ...]


class Request(NamedTuple):
    """A request that has been received completely.

    `path` and `query` are as the client sent them, percent-encoding included, without the `?`. `headers` keep order
    and letter case; `lowered` has them by lower-case name, see `lower`. `client` is the peer's address. If `too_large`,
    the body was longer than the listener accepts and has been dropped.
    """

    method: str
    path: str
    query: str
    headers: Headers
    lowered: dict[str, str]
    body: bytes
    client: str
    protocol: str = "HTTP/1.1"
    scheme: str = "http"
    too_large: bool = False


class Response(NamedTuple):
    """A response. Content-Length is not among `headers`: the listener adds it. A `stream` is the body."""

    status: int
    headers: Headers
    body: bytes = b""
    stream: BodyStream | None = None


Respond: TypeAlias = Callable[[Response], None]


def lower(headers: Headers) -> dict[str, str]:
    """The headers by lower-case name; repeated ones joined with a comma (RFC 9110, 5.3), cookies with a semicolon."""
    found: dict[str, str] = {}
    for name, value in headers:
        key = name.lower()
        if key in found:
            found[key] += ("; " if key == "cookie" else ",") + value
        else:
            found[key] = value
    return found


def json_response(status: int, content: object, headers: Headers = ()) -> Response:
    """A response whose body is JSON."""
    body = json.dumps(content, separators=(",", ":")).encode()
    return Response(status, (("Content-Type", "application/json"), *headers), body)


def wire_headers(response: Response) -> list[tuple[bytes, bytes]]:
    """The headers as they go out, names in lower case, with the Content-Length where the body has one.

    On 204 and 304 there is none (RFC 9110); a stream's is not known.
    """
    headers = [(_wire_name(name), value.encode("latin-1", "replace")) for name, value in response.headers]
    if response.stream is None and response.status not in (204, 304):
        headers.append((b"content-length", b"%d" % len(response.body)))
    return headers


def wire_lines(response: Response) -> bytes:
    """The same as lines of a response head."""
    lines = [f"{name.lower()}: {value}\r\n" for name, value in response.headers]
    if response.stream is None and response.status not in (204, 304):
        lines.append(f"content-length: {len(response.body)}\r\n")
    return "".join(lines).encode("latin-1", "replace")


@lru_cache(maxsize=1024)
def _wire_name(name: str) -> bytes:
    return name.lower().encode("latin-1")
