"""Messages of `application/vnd.amazon.eventstream`, of which the response to InvokeWithResponseStream consists.

The layout is that of "Event stream encoding" in the Smithy specification (Amazon Event Stream): two lengths and their
checksum, headers, payload, and the checksum of everything. Numbers are big-endian, checksums are CRC32.
"""

from __future__ import annotations

import base64
import json
import struct
import zlib

CONTENT_TYPE = "application/vnd.amazon.eventstream"

_TEXT = 7  # type of a header value
_OVERHEAD = 16  # bytes that are neither headers nor payload


def payload_chunk(data: bytes) -> bytes:
    """A part of the function's response."""
    return _message("PayloadChunk", "application/octet-stream", data)


def invoke_complete(error_code: str = "", error_details: str = "", log_tail: bytes = b"") -> bytes:
    """The end of the response: an error if there was one, and the end of the log if it was requested."""
    content: dict[str, str] = {}
    if error_code:
        content |= {"ErrorCode": error_code, "ErrorDetails": error_details}
    if log_tail:
        content["LogResult"] = base64.b64encode(log_tail).decode("ascii")
    return _message("InvokeComplete", "application/json", json.dumps(content).encode())


def _message(event_type: str, content_type: str, payload: bytes) -> bytes:
    named = {":message-type": "event", ":event-type": event_type, ":content-type": content_type}
    headers = b"".join(_header(name, value) for name, value in named.items())
    prelude = struct.pack(">II", _OVERHEAD + len(headers) + len(payload), len(headers))
    head = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers
    return b"".join((head, payload, struct.pack(">I", zlib.crc32(payload, zlib.crc32(head)))))


def _header(name: str, value: str) -> bytes:
    return struct.pack(">B", len(name)) + name.encode() + struct.pack(">BH", _TEXT, len(value)) + value.encode()
