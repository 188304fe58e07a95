"""An HTTP request and its response as plain data."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from esb_wire.http.body_stream import BodyStream

Headers: TypeAlias = tuple[tuple[str, str], ...]


class Request(NamedTuple):
    """A request that has been received completely, or is refused because its body is too large.

    `path` and `query` are as the client sent them, percent-encoding included, without the `?`. `headers` keep order
    and letter case; `lowered` has them by lower-case name, see `lower`. `client` is the peer's address. If `too_large`,
    the body is longer than the listener accepts, and was not received: only a refusal can be the response.
    `body_sha256` is the hexadecimal hash of the body if the listener made it; see `RequestParser`.
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
    body_sha256: str = ""


class Response(NamedTuple):
    """A response. Content-Length is not among `headers`: the listener adds it. A `stream` is the body."""

    status: int
    headers: Headers
    body: bytes = b""
    stream: BodyStream | None = None


Respond: TypeAlias = Callable[[Response], None]
Handler: TypeAlias = Callable[[Request, Respond], None]  # calls `respond` once, now or later; raises nothing
BodyLimit: TypeAlias = Callable[[Request], int]  # the maximum size of a body in bytes, by the head of its request


def is_connected(respond: Respond) -> bool:
    """Whether the client of a pending request is still connected, as far as is known.

    A client that has only closed its sending side counts as disconnected: HTTP clients do that to cancel a request. It
    still gets the response.
    """
    return bool(getattr(respond, "is_connected", True))


def call_on_disconnect(respond: Respond, callback: Callable[[], object]) -> None:
    """Call back, with a small delay, if the client disconnects before there is a response."""
    register = getattr(respond, "call_on_disconnect", None)
    if register is not None:
        register(callback)


def any_body(_: Request) -> int:
    """A `BodyLimit` without a limit besides the listener's."""
    return sys.maxsize


def lower(headers: Headers) -> dict[str, str]:
    """The headers by lower-case name; repeated ones joined with a comma (RFC 9110, 5.3), cookies with a semicolon."""
    found: dict[str, str] = {}
    repeated: dict[str, list[str]] = {}
    for name, value in headers:
        key = name.lower()
        if key in found:
            repeated.setdefault(key, [found[key]]).append(value)
        else:
            found[key] = value
    for key, values in repeated.items():
        found[key] = ("; " if key == "cookie" else ",").join(values)
    return found


def json_response(status: int, content: object, headers: Headers = ()) -> Response:
    """A response whose body is JSON."""
    body = json.dumps(content, separators=(",", ":")).encode()
    return Response(status, (("Content-Type", "application/json"), *headers), body)
