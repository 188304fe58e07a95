"""Bounds the bodies that a listener holds for requests which no handler has yet."""

from __future__ import annotations

from collections import Counter
from typing import Final

UNCOUNTED: Final = 64 * 1024  # bytes; bodies up to this size are bounded by the number of connections


class HeldBodies:
    """Counts bytes by the address that sent them: no more than `limit` in all, and `share` of one address."""

    def __init__(self, limit: int, share: int) -> None:
        self._limit = limit
        self._share = share
        self.total = 0
        self._by_address: Counter[str] = Counter()

    def add(self, address: str, size: int) -> bool:
        """Count `size` bytes more, and return True; False if that exceeds a limit, and then nothing is counted."""
        if self.total + size > self._limit or self._by_address[address] + size > self._share:
            return False
        self.total += size
        self._by_address[address] += size
        return True

    def release(self, address: str, size: int) -> None:
        """Stop counting bytes that `add` counted."""
        self.total -= size
        self._by_address[address] -= size
        if not self._by_address[address]:
            del self._by_address[address]
