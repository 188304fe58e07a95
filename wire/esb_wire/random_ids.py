"""Ids of random bytes; the source of randomness is an argument."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final, TypeAlias

RandomBytes: TypeAlias = Callable[[int], bytes]

_POOL: Final = 4096  # bytes that are taken at a time; saves a system call for each id


class RandomIds:
    """Makes ids. Each thread has its own."""

    def __init__(self, random_bytes: RandomBytes = os.urandom) -> None:
        self._random_bytes = random_bytes
        self._pool = b""
        self._used = 0

    def take(self, count: int) -> bytes:
        """Random bytes."""
        if self._used + count > len(self._pool):
            self._pool, self._used = self._random_bytes(_POOL), 0
        start = self._used
        self._used += count
        return self._pool[start : self._used]

    def uuid(self) -> str:
        """A version 4 UUID (RFC 9562)."""
        value = bytearray(self.take(16))
        value[6] = value[6] & 0x0F | 0x40
        value[8] = value[8] & 0x3F | 0x80
        text = value.hex()
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
