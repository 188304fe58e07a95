"""One HTTP request and its answer as plain data: what the servers hand to the gateway and get back."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from esb_gateway.body_stream import BodyStream

MAX_BODY = 10 * 1024 * 1024  # API Gateway quotas: payload size 10 MB
MAX_HEADERS = 32 * 1024

Headers: TypeAlias = tuple[tuple[str, str], ...]


class Request(NamedTuple):
    """A request that has arrived whole.

    `path` and `query` are exactly what the client sent, percent-encoding included, without the `?`. `headers` keep
    their order and their letter case; `lowered` has the same by lower-case name, repeated ones joined with a comma.
    `too_large` says that the body was longer than MAX_BODY and is not here.
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
    """An answer. Content-Length is not among `headers`: the server adds it. With a `stream`, that is the body."""

    status: int
    headers: Headers
    body: bytes = b""
    stream: BodyStream | None = None


Respond: TypeAlias = Callable[[Response], None]


def lower(headers: Headers) -> dict[str, str]:
    """The headers by lower-case name; repeated ones joined with a comma (RFC 9110), cookies with a semicolon."""
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
    """The same as lines."""
    lines = [f"{name.lower()}: {value}\r\n" for name, value in response.headers]
    if response.stream is None and response.status not in (204, 304):
        lines.append(f"content-length: {len(response.body)}\r\n")
    return "".join(lines).encode("latin-1", "replace")


@lru_cache(maxsize=1024)
def _wire_name(name: str) -> bytes:
    return name.lower().encode("latin-1")
