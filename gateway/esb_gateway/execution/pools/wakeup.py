"""When a pool is to be woken next."""

from __future__ import annotations

from collections.abc import Callable
from math import inf


class Wakeup:
    """Passes on to `alarm` only times before the one that it was given last. Times are seconds of the pool's clock."""

    def __init__(self, alarm: Callable[[float], None]) -> None:
        self._alarm = alarm
        self._at = inf

    def at(self, time: float) -> None:
        """Wake the pool at this time, or earlier."""
        if time < self._at:
            self._at = time
            self._alarm(time)

    def rung(self) -> None:
        """The pool is awake, and says again when to wake it."""
        self._at = inf
