"""Time: what a run measures by a monotonic clock goes on across restarts, and steps of the wall clock change nothing.

Queues, leases and retention count in seconds of the *store's time*. Within a run it advances with the monotonic clock.
Across restarts it advances by the time since boot if the machine has not been booted anew, else by the wall clock; but
never backwards, and not if the wall clock was evidently not set: a box without a battery clock starts in 1970.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

Clock: TypeAlias = Callable[[], float]  # seconds

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_EARLIEST: Final = 1_735_689_600.0  # 2025-01-01: a wall clock before that is not set


def _read_boot_id() -> str:
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""


@dataclass(frozen=True, slots=True)
class Clocks:
    """`steady` never jumps, `wall` gives seconds since 1970, `since_boot` counts while the machine sleeps, too."""

    steady: Clock = time.monotonic
    wall: Clock = time.time
    since_boot: Clock = lambda: time.clock_gettime(time.CLOCK_BOOTTIME)
    boot: Callable[[], str] = _read_boot_id


class SavedTime(NamedTuple):
    """The clocks at a commit, at most a second before the last one; `now` is the store's time."""

    now: float
    wall: float
    since_boot: float
    boot: str


class StoreClock:
    """The store's time, in seconds; it begins as the wall clock, and is not it."""

    def __init__(self, clocks: Clocks, saved: SavedTime | None) -> None:
        self._clocks = clocks
        self._boot = clocks.boot()
        self._offset = (clocks.wall() if saved is None else saved.now + self._elapsed(saved)) - clocks.steady()

    def now(self) -> float:
        return self._clocks.steady() + self._offset

    def wall(self) -> float:
        """Seconds since 1970, for people; nothing is decided by it."""
        return self._clocks.wall()

    def save(self) -> SavedTime:
        clocks = self._clocks
        return SavedTime(self.now(), clocks.wall(), clocks.since_boot(), self._boot)

    def _elapsed(self, saved: SavedTime) -> float:
        """Seconds since `saved`, as far as they can be known."""
        if self._boot and self._boot == saved.boot:
            return max(0.0, self._clocks.since_boot() - saved.since_boot)
        if saved.wall < _EARLIEST:
            return 0.0
        return max(0.0, self._clocks.wall() - saved.wall)
