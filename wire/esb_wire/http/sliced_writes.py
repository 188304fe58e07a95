"""Writes large data in slices, so that no write blocks the event loop for long.

A transport accepts everything at once: it passes to the system what fits, and copies or encrypts the rest. For 10 MB,
that blocks the event loop for 8 ms, and with TLS for 20 ms.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

SLICE: Final = 256 * 1024  # bytes


class SlicedWrites:
    """Writes to a transport; large data in slices, one per iteration of the event loop while the transport has room.

    Its owner is the transport's protocol, and passes on `pause_writing` and `resume_writing`. `on_sent` is called when
    the transport has the last slice.
    """

    __slots__ = ("_end", "_on_sent", "_paused", "_pending", "_size", "_transport", "_waiting")

    def __init__(self, transport: asyncio.Transport, on_sent: Callable[[], object] = lambda: None) -> None:
        self._transport = transport
        self._on_sent = on_sent
        self._pending: deque[memoryview] = deque()
        self._size = 0  # bytes of what is pending
        self._paused = False
        self._waiting = False  # for the next iteration of the event loop
        self._end: Callable[[], object] | None = None  # called after the last slice

    @property
    def pending(self) -> bool:
        """Whether there are slices that the transport does not have yet."""
        return self._size > 0

    @property
    def unsent(self) -> int:
        """The bytes that the system has not taken yet."""
        return self._size + self._transport.get_write_buffer_size()

    @property
    def is_closing(self) -> bool:
        """Whether further data would not be sent."""
        return self._end is not None or self._transport.is_closing()

    def write(self, data: bytes) -> None:
        """Send the data after the pending slices."""
        if not self._size and len(data) <= SLICE:
            self._transport.write(data)
            return
        self._pending.append(memoryview(data))
        self._size += len(data)
        self._go_on()

    def close(self) -> None:
        """Close when everything is sent."""
        self._finally(self._transport.close)

    def write_eof(self) -> None:
        """End this direction of the connection when everything is sent."""
        self._finally(self._transport.write_eof)

    def clear(self) -> None:
        """Discard the pending slices: the connection is lost."""
        self._pending.clear()
        self._size = 0

    def pause(self) -> None:
        """The transport's buffer is full."""
        self._paused = True

    def resume(self) -> None:
        """The transport's buffer has room again."""
        self._paused = False
        self._go_on()

    def _finally(self, end: Callable[[], object]) -> None:
        if self._size:
            self._end = end
        else:
            end()

    def _go_on(self) -> None:
        if self._size and not self._waiting and not self._paused:
            self._waiting = True
            asyncio.get_running_loop().call_soon(self._write_slice)

    def _write_slice(self) -> None:
        self._waiting = False
        if self._transport.is_closing():
            self.clear()
        if not self._size or self._paused:
            return
        room = SLICE  # many small pieces become one slice: at one per iteration, they would accumulate
        while room and self._size and not self._paused:
            data = self._pending.popleft()
            if len(data) > room:
                self._pending.appendleft(data[room:])
                data = data[:room]
            self._size -= len(data)
            room -= len(data)
            self._transport.write(data)
        if self._size:
            self._go_on()
            return
        end, self._end = self._end, None
        if end is not None:
            end()
        self._on_sent()
