"""Receives bodies in parts, and sends them after a head, without copies of large ones.

A copy of 5 MB blocks the event loop for 2 ms, half of it for page faults of new memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from io import BytesIO
from typing import Final

LARGE: Final = 64 * 1024  # bytes; larger bodies are written separately from their head
_RESERVED_FROM: Final = 1024 * 1024  # bytes that must arrive before memory is reserved for the rest
_GROWTH: Final = 4
_TURN: Final = 1024 * 1024  # bytes, or one larger part, that are copied in one iteration of the event loop
_LENGTH_DIGITS: Final = 20  # digits before these are zeros: llhttp accepts no length above 2**64


class BodyBuffer:
    """Collects the parts of one body after another. Parts may be of one byte each, so there is no list of them.

    A buffer that grows gradually is copied repeatedly. Here, memory is reserved at once, but without page faults:
    `bytes(n)` is memory that the system has yet to provide, and BytesIO writes into it in place, because nothing else
    refers to it.
    """

    __slots__ = ("_first", "_parts", "_room", "_size", "expected")

    def __init__(self) -> None:
        self.expected = 0  # bytes, if Content-Length is known
        self._first = b""
        self._parts: BytesIO | None = None
        self._room = _RESERVED_FROM
        self._size = 0  # bytes of `_parts`

    def add(self, part: bytes) -> None:
        """Append a part."""
        if self._parts is None and not self._first:
            self._first = part
            return
        if self._parts is None:
            self._parts = BytesIO()
            self._parts.write(self._first)
            self._size = len(self._first)
        size = self._size + len(part)
        if size > self._room:
            self._reserve(size)
        self._parts.write(part)
        self._size = size

    def take(self) -> bytes:
        """The whole body; the next part begins another one."""
        if self._parts is None:
            body, self._first = self._first, b""
            return body
        self._parts.truncate(self._size)
        body = self._parts.getvalue()  # the object that was written to, not a copy
        self.clear()
        return body

    def clear(self) -> None:
        """Discard the parts received so far."""
        self._first = b""
        self._parts = None
        self._room = _RESERVED_FROM
        self._size = 0

    def _reserve(self, size: int) -> None:
        self._room = self.expected if self.expected >= size else _GROWTH * size
        roomy = BytesIO(bytes(self._room))
        if self._parts is not None:
            roomy.write(self._parts.getbuffer()[: self._size])
        self._parts = roomy


async def joined(parts: Iterable[bytes]) -> bytes:
    """The parts as one, copied over several iterations of the event loop."""
    given = list(parts)
    whole, copied = BodyBuffer(), 0
    whole.expected = sum(map(len, given))
    for part in given:
        if copied and copied + len(part) > _TURN:
            await asyncio.sleep(0)
            copied = 0
        whole.add(part)
        copied += len(part)
    return whole.take()


def announced(length: str | bytes) -> int:
    """The value of a Content-Length that llhttp has accepted. It may have more leading zeros than `int` can parse."""
    return int(length[-_LENGTH_DIGITS:])


def with_body(head: bytes, body: bytes) -> tuple[bytes, ...]:
    """The pieces to write, in order."""
    return (head, body) if len(body) > LARGE else (head + body,)
