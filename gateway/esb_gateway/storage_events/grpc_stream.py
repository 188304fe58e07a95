"""One call of gRPC whose answer is a stream of messages, over HTTP/2 with a certificate on both sides.

gRPC over HTTP/2 (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md), RFC 9113 and RFC 7541. Only what such
a call needs: one stream, headers as plain literals, and what the server says in its own headers is not read, because
the end of the stream is enough. So no library is needed, of which the usual one is larger than the gateway.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, NamedTuple

_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RESET, _SETTINGS, _PING, _GO_AWAY, _WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
_ACKNOWLEDGED, _END_STREAM, _END_HEADERS, _PADDED = 1, 1, 4, 8
_STREAM: Final = 1
_FRAME_HEADER: Final = 9  # bytes
_MESSAGE_HEADER: Final = 5  # bytes: whether it is compressed, and its length
_WINDOW: Final = 1 << 20  # bytes that the server may send ahead
_INITIAL_WINDOW: Final = 65535
_INITIAL_WINDOW_SIZE: Final = 4  # the setting of this name
_LONGEST_MESSAGE: Final = 64 << 20  # bytes


class StreamEnded(Exception):
    """The server has ended the stream, or the connection; the text says how."""


class _Frame(NamedTuple):
    kind: int
    flags: int
    stream: int
    content: bytes


def client_context(certificate: Path) -> ssl.SSLContext:
    """TLS for a file with a certificate, its key, and nothing else: the server has the same, and no other is taken."""
    context = ssl.create_default_context(cafile=str(certificate))
    context.load_cert_chain(certificate)
    context.set_alpn_protocols(["h2"])
    return context


@asynccontextmanager
async def calling(
    address: tuple[str, int], path: str, request: bytes, tls: ssl.SSLContext
) -> AsyncIterator[AsyncIterator[bytes]]:
    """Call `path` while the block runs; gives the messages of the answer.

    Reading them raises StreamEnded at the end. Raises OSError if the server cannot be reached.
    """
    reader, writer = await asyncio.open_connection(*address, ssl=tls)
    try:
        writer.write(_opening(f"{address[0]}:{address[1]}", path, request))
        await writer.drain()
        yield _messages(reader, writer)
    finally:
        writer.close()


def _opening(authority: str, path: str, request: bytes) -> bytes:
    headers = (
        (":method", "POST"),
        (":scheme", "https"),
        (":path", path),
        (":authority", authority),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    )
    window = _INITIAL_WINDOW_SIZE.to_bytes(2, "big") + _WINDOW.to_bytes(4, "big")
    message = b"\0" + len(request).to_bytes(4, "big") + request
    return b"".join(
        (
            _PREFACE,
            _frame(_SETTINGS, 0, 0, window),
            _frame(_WINDOW_UPDATE, 0, 0, (_WINDOW - _INITIAL_WINDOW).to_bytes(4, "big")),
            _frame(_HEADERS, _END_HEADERS, _STREAM, b"".join(_literal(*each) for each in headers)),
            _frame(_DATA, _END_STREAM, _STREAM, message),
        )
    )


async def _messages(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> AsyncIterator[bytes]:
    received = bytearray()
    while True:
        frame = await _read_frame(reader)
        if frame.kind == _SETTINGS and not frame.flags & _ACKNOWLEDGED:
            writer.write(_frame(_SETTINGS, _ACKNOWLEDGED, 0))
        elif frame.kind == _PING and not frame.flags & _ACKNOWLEDGED:
            writer.write(_frame(_PING, _ACKNOWLEDGED, 0, frame.content))
        elif frame.kind == _GO_AWAY or (frame.kind == _RESET and frame.stream == _STREAM):
            code = int.from_bytes(frame.content[-4:] if frame.kind == _RESET else frame.content[4:8], "big")
            raise StreamEnded(f"the server has ended the call with the error {code} of HTTP/2")
        elif frame.kind == _DATA:
            received += _without_padding(frame)
            for message in _whole_messages(received):
                yield message
            if frame.content:  # only what has been taken may be sent again
                taken = len(frame.content).to_bytes(4, "big")
                writer.write(_frame(_WINDOW_UPDATE, 0, 0, taken) + _frame(_WINDOW_UPDATE, 0, _STREAM, taken))
        if frame.kind in {_DATA, _HEADERS} and frame.flags & _END_STREAM:
            raise StreamEnded("the server has ended the call")
        await writer.drain()


async def _read_frame(reader: asyncio.StreamReader) -> _Frame:
    try:
        header = await reader.readexactly(_FRAME_HEADER)
        content = await reader.readexactly(int.from_bytes(header[:3], "big"))
    except (asyncio.IncompleteReadError, OSError) as error:
        raise StreamEnded(f"the connection has ended: {error}") from None
    return _Frame(header[3], header[4], int.from_bytes(header[5:], "big") & 0x7FFFFFFF, content)


def _whole_messages(received: bytearray) -> list[bytes]:
    """Take whole messages from the beginning. Raises StreamEnded for one that is compressed or far too long."""
    found = []
    while len(received) >= _MESSAGE_HEADER:
        size = int.from_bytes(received[1:_MESSAGE_HEADER], "big")
        if received[0] or size > _LONGEST_MESSAGE:
            raise StreamEnded("the server has sent a message that is compressed, or far too long")
        if len(received) < _MESSAGE_HEADER + size:
            break
        found.append(bytes(received[_MESSAGE_HEADER : _MESSAGE_HEADER + size]))
        del received[: _MESSAGE_HEADER + size]
    return found


def _without_padding(frame: _Frame) -> bytes:
    return frame.content[1 : len(frame.content) - frame.content[0]] if frame.flags & _PADDED else frame.content


def _frame(kind: int, flags: int, stream: int, content: bytes = b"") -> bytes:
    return len(content).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + content


def _literal(name: str, value: str) -> bytes:
    """A header that is neither indexed nor compressed (RFC 7541, 6.2.2); both are shorter than 127 bytes."""
    parts = (text.encode() for text in (name, value))
    return b"\0" + b"".join(bytes((len(part),)) + part for part in parts)
