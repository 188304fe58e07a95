"""One HTTP/1.1 request over a connection of its own: deliveries are few for each endpoint, and an idle connection that
the other side closes looks like a failed delivery.
"""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from functools import cache
from typing import Final, NamedTuple
from urllib.parse import SplitResult

import httptools

_CHUNK: Final = 65_536
_MAX_BODY: Final = 1_048_576  # bytes of a response that are read


class HttpAnswer(NamedTuple):
    """A response. Of a long body only the beginning is there."""

    status: int
    body: bytes


class HttpFailure(Exception):
    """There was no response. The text says why."""


class UnsendableRequest(Exception):
    """The request cannot be sent as it is, now or later. The text says why."""


async def send(method: str, url: SplitResult, headers: dict[str, str], body: bytes, seconds: float) -> HttpAnswer:
    """Send a request and read its response, both within `seconds`. `headers` need a Host.

    Raises HttpFailure and UnsendableRequest.
    """
    request = _encode(method, url, headers, body)
    try:
        async with asyncio.timeout(seconds):
            return await _exchange(url, request)
    except TimeoutError:
        raise HttpFailure(f"no response within {seconds:g} s") from None
    except (OSError, httptools.HttpParserError, ValueError) as error:
        raise HttpFailure(str(error) or type(error).__name__) from None


async def _exchange(url: SplitResult, request: bytes) -> HttpAnswer:
    secure = url.scheme == "https"
    host = url.hostname or ""
    port = url.port or (443 if secure else 80)
    context = _tls() if secure else None
    reader, writer = await asyncio.open_connection(host, port, ssl=context, server_hostname=host if secure else None)
    try:
        writer.write(request)
        await writer.drain()
        return await _read(reader)
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


def _encode(method: str, url: SplitResult, headers: dict[str, str], body: bytes) -> bytes:
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    lines = [f"{method} {path} HTTP/1.1", "Connection: close", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if any("\r" in line or "\n" in line for line in lines):
        raise UnsendableRequest("a header or the URL contains a line break")
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + body


class _Receiver:
    def __init__(self) -> None:
        self.parser = httptools.HttpResponseParser(self)
        self.body = bytearray()
        self.complete = False

    def on_body(self, data: bytes) -> None:
        self.body += data[: _MAX_BODY - len(self.body)]

    def on_message_complete(self) -> None:
        self.complete = self.parser.get_status_code() >= 200  # others come before the response


async def _read(reader: asyncio.StreamReader) -> HttpAnswer:
    receiver = _Receiver()
    parser = receiver.parser
    while not receiver.complete:
        data = await reader.read(_CHUNK)
        if not data:
            break
        parser.feed_data(data)
    status = parser.get_status_code()
    if status < 200:
        raise ValueError("the connection was closed without a response")
    return HttpAnswer(status, bytes(receiver.body))


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
