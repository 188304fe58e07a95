"""The answer to SDKs that speak HTTP/2 without asking (Kinesis and Bedrock in JavaScript): each request is refused.

RFC 9113, as far as a server needs it that reads no header and no body: frames (section 4), the preface (3.4), settings
(6.5), pings (6.7), flow control (6.9). The response's headers are those of RFC 7541 that need no state.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from typing import Final

from esb_gateway.not_in_this_stack.answers import CODE
from esb_wire.errors import AwsError, AwsProtocol, error_body
from esb_wire.http.connection import Connection, ListenerState

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
MAX_FRAME: Final = 16384  # bytes, of what a peer may send that was not told another limit

_DATA, _HEADERS, _SETTINGS, _PING, _GOAWAY, _WINDOW_UPDATE, _CONTINUATION = 0, 1, 4, 6, 7, 8, 9
_ACK: Final = 1
_END_STREAM: Final = 1
_END_HEADERS: Final = 4
_STATUS_400: Final = b"\x8c"  # RFC 7541, appendix A: number 12 of the static table
_CONTENT_TYPE: Final = b"\x0f\x10"  # a value of number 31, not to be indexed

_TEXT: Final = (
    "this stack has no service that is called over HTTP/2 without being asked for it, and nothing is sent to AWS; "
    "if another server has it, set AWS_ENDPOINT_URL_<SERVICE> in the function's environment to its address."
)
BODY: Final = error_body(AwsError(CODE, _TEXT), AwsProtocol.JSON)


class RefusingConnection(Connection):
    """A connection whose client may begin with HTTP/2's preface."""

    def __init__(self, state: ListenerState) -> None:
        super().__init__(state)
        self._begun = b""

    def data_received(self, data: bytes) -> None:
        begun = self._begun + data
        if self._received or not PREFACE.startswith(begun[: len(PREFACE)]):
            self._begun = b""
            super().data_received(begun)
        elif len(begun) < len(PREFACE):
            self._begun = begun
        else:
            refusal = Http2Refusal(self._transport, self.connection_lost)
            self._transport.set_protocol(refusal)
            refusal.data_received(begun[len(PREFACE) :])


class Http2Refusal(asyncio.Protocol):
    """The rest of a connection after the preface; `ended` is called at its end."""

    def __init__(self, transport: asyncio.Transport, ended: Callable[[Exception | None], None]) -> None:
        self._transport = transport
        self._ended = ended
        self._buffer = b""
        transport.write(_frame(_SETTINGS, 0, 0, b""))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while len(self._buffer) >= 9:
            size = int.from_bytes(self._buffer[:3], "big")
            if size > MAX_FRAME:
                self._transport.close()
                return
            if len(self._buffer) < 9 + size:
                return
            kind, flags, stream = struct.unpack(">BBI", self._buffer[3:9])
            payload, self._buffer = self._buffer[9 : 9 + size], self._buffer[9 + size :]
            self._frame_received(kind, flags, stream & 0x7FFFFFFF, payload)

    def connection_lost(self, error: Exception | None) -> None:
        self._ended(error)

    def _frame_received(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if kind == _SETTINGS and not flags & _ACK:
            self._transport.write(_frame(_SETTINGS, _ACK, 0, b""))
        elif kind == _PING and not flags & _ACK:
            self._transport.write(_frame(_PING, _ACK, 0, payload))
        elif kind == _GOAWAY:
            self._transport.close()
        elif kind == _DATA and payload:  # the body goes on arriving, or the client would wait for ever
            self._transport.write(_frame(_WINDOW_UPDATE, 0, 0, len(payload).to_bytes(4, "big")))
        elif kind in (_HEADERS, _CONTINUATION) and flags & _END_HEADERS:
            self._transport.write(_refused(stream))


def _refused(stream: int) -> bytes:
    content_type = _CONTENT_TYPE + _text(b"application/json")
    error_type = b"\x00" + _text(b"x-amzn-errortype") + _text(CODE.encode())
    headers = _frame(_HEADERS, _END_HEADERS, stream, _STATUS_400 + content_type + error_type)
    return headers + _frame(_DATA, _END_STREAM, stream, BODY)


def _text(content: bytes) -> bytes:
    """RFC 7541, 5.2: shorter than 127 bytes, without Huffman's code."""
    return bytes([len(content)]) + content


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + struct.pack(">BBI", kind, flags, stream) + payload
