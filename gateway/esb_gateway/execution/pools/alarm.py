"""A timer that is set again and again, by another clock than the loop's."""

from __future__ import annotations

from collections.abc import Callable

from esb_gateway.clocks import Clock
from esb_wire.timers import CallLater, Timer


class Alarm:
    """Calls `ring` at the time that was set last."""

    def __init__(self, call_later: CallLater, clock: Clock) -> None:
        self._call_later = call_later
        self._clock = clock
        self._timer: Timer | None = None
        self.ring: Callable[[], None]

    def set(self, at: float) -> None:
        """Ring at this time of the clock; replaces the time that was set before."""
        self.cancel()
        self._timer = self._call_later(max(0.0, at - self._clock()), self._ring)

    def cancel(self) -> None:
        """Do not ring."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _ring(self) -> None:
        self._timer = None
        self.ring()
