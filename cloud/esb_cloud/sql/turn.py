"""The turn of several threads at one thing, such as a database: one has it, and the others sleep."""

from __future__ import annotations

from threading import Lock


class Turn:
    """Whoever has the turn offers it while it waits for something else. Another thread is woken only if somebody calls
    for one, and otherwise the turn is taken back: to wake a thread costs more than most of what it would do.
    """

    def __init__(self) -> None:
        self._held = Lock()
        self._offered = Lock()  # free: the turn is offered
        self._offered.acquire()

    def take(self) -> None:
        """Wait for the turn."""
        self._held.acquire()

    def leave(self) -> None:
        """Let the next thread have it."""
        self._held.release()

    def offer(self) -> None:
        """Called by whoever has the turn; after it, `take_back`."""
        self._offered.release()

    def call(self) -> None:
        """There is something to do: wake a thread if the turn is offered. May be called in any thread."""
        if self._offered.acquire(blocking=False):
            self._held.release()

    def take_back(self) -> None:
        """Have the turn again; wait for it if another thread was woken."""
        if not self._offered.acquire(blocking=False):
            self._held.acquire()
