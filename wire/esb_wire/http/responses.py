"""Encodes responses."""

from __future__ import annotations

import http
import time
from email.utils import formatdate
from typing import Final

from esb_wire.http.bodies import with_body
from esb_wire.http.messages import Request, Response

_PHRASES: Final = {status.value: status.phrase for status in http.HTTPStatus}
_BODILESS: Final = (204, 304)  # RFC 9110, 6.4.1; and they have no Content-Length (8.6)


class FirstLines(dict[int, bytes]):
    """The status line and the Date line, by status, cached for a second."""

    def __init__(self) -> None:
        super().__init__()
        self.renew()

    def renew(self) -> None:
        """Clear the cache, for a new Date."""
        self.clear()
        self._date = formatdate(time.time(), usegmt=True)

    def __missing__(self, status: int) -> bytes:
        line = f"{_status_line(status)}date: {self._date}\r\n".encode("ascii")
        return self.setdefault(status, line)


def _status_line(status: int) -> str:
    return f"HTTP/1.1 {status} {_PHRASES.get(status, '')}\r\n"


def has_body(request: Request, response: Response) -> bool:
    """Whether a body follows the head."""
    return request.method != "HEAD" and response.status not in _BODILESS


def encode_response(request: Request, response: Response, first_lines: bytes, *, keep_alive: bool) -> tuple[bytes, ...]:
    """Pieces of the head and, unless it is streamed, the body.

    Raises ValueError for a header that is more than one line.
    """
    lines = [f"{name}: {value}\r\n" for name, value in response.headers]
    body = response.body
    if response.status in _BODILESS:
        body = b""
    elif response.stream is None:
        lines.append(f"content-length: {len(body)}\r\n")
    elif is_chunked(request):
        lines.append("transfer-encoding: chunked\r\n")
    if not keep_alive:
        lines.append("connection: close\r\n")
    head = "".join(lines)
    if head.count("\n") != len(lines) or head.count("\r") != len(lines):
        raise ValueError("a header has a line break")  # a response within the response
    if request.method == "HEAD":
        body = b""
    return with_body(b"%b%b\r\n" % (first_lines, head.encode("latin-1", "replace")), body)


def is_chunked(request: Request) -> bool:
    """Whether the client supports chunked transfer coding, for a body of unknown length."""
    return request.protocol == "HTTP/1.1"


def encode_refusal(status: int) -> bytes:
    """The response to an invalid request; the connection is closed after it."""
    body = f'{{"message":"{_PHRASES[status]}"}}'
    head = f"content-type: application/json\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
    return f"{_status_line(status)}{head}{body}".encode("ascii")
