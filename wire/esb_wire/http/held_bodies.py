"""Limits the bodies that a listener holds before it calls a handler."""

from __future__ import annotations

from collections import Counter
from typing import Final

UNCOUNTED: Final = 64 * 1024  # bytes; bodies up to this size are bounded by the number of connections


class HeldBodies:
    """Counts bytes by sender's address: at most `limit` in total, and `share` from one address."""

    def __init__(self, limit: int, share: int) -> None:
        self._limit = limit
        self._share = share
        self.total = 0
        self._by_address: Counter[str] = Counter()

    def add(self, address: str, size: int) -> bool:
        """Count `size` more bytes; returns False, and counts nothing, if that exceeds a limit."""
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
