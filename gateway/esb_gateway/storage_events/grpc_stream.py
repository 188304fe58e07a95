"""One call of gRPC whose answer is a stream of messages, with a certificate on both sides.

gRPC over HTTP/2 (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md). The status in the trailers is not
read: whatever it is, the stream has ended.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import unquote

import httpx

_HEADERS: Final = {"content-type": "application/grpc", "te": "trailers"}
_MESSAGE_HEADER: Final = 5  # bytes: whether it is compressed, and its length
_LONGEST_MESSAGE: Final = 64 << 20  # bytes
_NO_ANSWER_YET: Final = httpx.Timeout(5, read=None)  # seconds; the server sends nothing until something happens


class StreamEnded(Exception):
    """The server has ended the stream, or cannot be reached; the text says how."""


def client_context(certificate: Path) -> ssl.SSLContext:
    """TLS for a file with a certificate, its key, and nothing else: the server has the same, and no other is taken."""
    context = ssl.create_default_context(cafile=str(certificate))
    context.load_cert_chain(certificate)
    return context


async def call(address: tuple[str, int], path: str, request: bytes, tls: ssl.SSLContext) -> AsyncGenerator[bytes, None]:
    """The messages of the answer to `request`; the call ends when the generator is closed.

    It never ends by itself: it raises StreamEnded.
    """
    url = httpx.URL(scheme="https", host=address[0], port=address[1], path=path)
    client = httpx.AsyncClient(http1=False, http2=True, verify=tls, trust_env=False, timeout=_NO_ANSWER_YET)
    received = bytearray()
    try:
        async with client, client.stream("POST", url, headers=_HEADERS, content=_framed(request)) as response:
            async for content in response.aiter_raw():
                received += content
                for message in _whole_messages(received):
                    yield message
    except httpx.TransportError as error:
        raise StreamEnded(f"{type(error).__name__}: {error}") from None
    raise StreamEnded(f"the server has ended the call {_reason(response)}".strip())


def _framed(message: bytes) -> bytes:
    return b"\0" + len(message).to_bytes(4, "big") + message


def _whole_messages(received: bytearray) -> Iterator[bytes]:
    """Take whole messages from the beginning. Raises StreamEnded for one that is compressed or far too long."""
    while len(received) >= _MESSAGE_HEADER:
        end = _MESSAGE_HEADER + int.from_bytes(received[1:_MESSAGE_HEADER], "big")
        if received[0] or end > _LONGEST_MESSAGE:
            raise StreamEnded("the server has sent a message that is compressed, or far too long")
        if len(received) < end:
            return
        yield bytes(received[_MESSAGE_HEADER:end])
        del received[:end]


def _reason(response: httpx.Response) -> str:
    """Why there was no stream at all: a call that is refused has its message among the headers."""
    message = response.headers.get("grpc-message", "")
    return f"({unquote(message)})" if message else ""
