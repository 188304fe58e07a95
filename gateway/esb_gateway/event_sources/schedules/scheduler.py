"""Fires the schedules: looks at the clock, hands on what is due, and sets one timer for the next look.

It looks at least every half a minute, so that a clock that is set, or a machine that slept, is noticed. What is due
fires within a minute of its moment (AWS's own precision) or not at all: what was missed is told and not made up for. A
clock that is set back makes moments come twice; that no firing is delivered twice is the matter of whoever takes it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from esb_gateway.clocks import Timer
from esb_gateway.dependencies import Surroundings
from esb_gateway.event_sources.schedules.events import written
from esb_gateway.event_sources.schedules.schedules import Firing, Schedule, firings, firings_between, next_moment

PRECISION: Final = 60.0  # seconds; "Schedule types" in the EventBridge Scheduler User Guide
LONGEST: Final = 30.0  # seconds from one look to the next


class Timetable:
    """The schedules of a gateway. Used on one loop."""

    def __init__(
        self, schedules: Sequence[Schedule], fire: Callable[[Firing], None], surroundings: Surroundings
    ) -> None:
        """`fire` takes what is due. It may be asked for a firing a second time, and then does nothing."""
        self._schedules = schedules
        self._fire = fire
        self._around = surroundings
        self._seen: float  # everything until then has been looked at
        self._timer: Timer | None = None

    def start(self, seen: float | None = None) -> None:
        """Begin; `seen` is until when another gateway before this one has fired what was due, if there was one."""
        now = self._around.clock()
        self._seen = now if seen is None else min(now, seen)
        self._look()

    def take(self, schedules: Sequence[Schedule]) -> None:
        """Fire these from now on."""
        self._look()  # what is due by those of before
        self._schedules = schedules
        self._set_timer(self._seen)

    def stop(self) -> None:
        """Fire nothing more."""
        if self._timer is not None:
            self._timer.cancel()

    @property
    def schedules(self) -> Sequence[Schedule]:
        """Those that are fired now."""
        return self._schedules

    def _look(self) -> None:
        now = self._around.clock()
        seen, self._seen = self._seen, now
        since = max(min(seen, now), now - PRECISION)
        self._set_timer(now)  # first, so that nothing that goes wrong below ends it all
        if seen < since:
            self._tell_missed(seen, since)
        for firing in firings_between(self._schedules, since, now):
            self._fire(firing)

    def _set_timer(self, now: float) -> None:
        moment = next_moment(self._schedules, now)
        seconds = LONGEST if moment is None else min(LONGEST, moment - now)
        self.stop()
        self._timer = self._around.call_later(seconds, self._look)

    def _tell_missed(self, after: float, until: float) -> None:
        for schedule in self._schedules:
            first = next(firings(schedule, after), None)
            if first is not None and first.moment <= until:
                self._around.counts.firings[schedule.function, schedule.name, "missed"] += 1
                message = (
                    f"{schedule.key} did not fire for {written(first.due)}: that was noticed more than a minute late"
                )
                self._around.log("gateway", "WARN", {"message": message, "function": schedule.function})
