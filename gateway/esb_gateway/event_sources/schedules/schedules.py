"""When the schedules of functions fire. Pure: every time is an argument, in seconds since the epoch.

What AWS documents ("Schedule types" in the EventBridge Scheduler User Guide): a cron or at expression is a time of the
wall clock in the schedule's time zone. A time that the clock skips in spring does not fire; one that it shows twice in
autumn fires the first time. A rate is so many seconds, whatever the clock shows. StartDate and EndDate bound what
recurs, not what runs once.

AWS counts a rate from the moment at which the schedule was made. Here it is counted from StartDate or else from the
epoch, so that a restart changes nothing: `rate(5 minutes)` fires at :00, :05, :10.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from heapq import heappop, heappush
from itertools import takewhile
from typing import Final, assert_never
from zoneinfo import ZoneInfo

from esb_schemas.schedule_expressions import At, Cron, Expression, Rate

_UTC: Final = ZoneInfo("UTC")
_EPOCH: Final = datetime.fromtimestamp(0, UTC)
_LAST: Final = 7258118399  # 2199-12-31T23:59:59Z, the end of the years that AWS has


@dataclass(frozen=True, slots=True)
class Schedule:
    """One schedule of a function. `window` is the flexible time window in seconds; `start` and `end` bound it."""

    function: str
    function_arn: str
    name: str
    arn: str
    text: str
    expression: Expression
    by_scheduler: bool = False  # of EventBridge Scheduler, else a rule's
    timezone: ZoneInfo = _UTC
    window: int = 0
    start: int | None = None
    end: int | None = None
    input: str | None = None
    enabled: bool = True

    @property
    def key(self) -> str:
        """What no other schedule of the stack is called."""
        return f"{self.function}/{self.name}"


@dataclass(frozen=True, slots=True)
class Firing:
    """A schedule that fires for its time `due`, at some `moment` from then to the end of its flexible time window."""

    schedule: Schedule
    due: int
    moment: int


def firings(schedule: Schedule, after: float) -> Iterator[Firing]:
    """Every firing whose moment is after a time, in the order of their moments."""
    if not schedule.enabled:
        return
    found: list[tuple[int, int]] = []  # a heap: a window may be longer than the time between two that are due
    for due in due_times(schedule, after - schedule.window):
        while found and found[0][0] <= due:
            moment, earlier = heappop(found)
            yield Firing(schedule, earlier, moment)
        moment = due + delay(schedule, due)
        if moment > after:
            heappush(found, (moment, due))
    while found:
        moment, due = heappop(found)
        yield Firing(schedule, due, moment)


def firings_between(schedules: Iterable[Schedule], after: float, until: float) -> list[Firing]:
    """What fires after a time and not after another, in the order of the moments."""
    found = [
        firing
        for schedule in schedules
        for firing in takewhile(lambda firing: firing.moment <= until, firings(schedule, after))
    ]
    return sorted(found, key=lambda firing: firing.moment)


def next_moment(schedules: Iterable[Schedule], after: float) -> int | None:
    """When something fires next; None when nothing ever does."""
    first = (next(firings(schedule, after), None) for schedule in schedules)
    return min((firing.moment for firing in first if firing is not None), default=None)


def delay(schedule: Schedule, due: int) -> int:
    """How many seconds into its window a firing is: always the same for it, and different for the next."""
    if not schedule.window:
        return 0
    digest = sha256(f"{schedule.arn} {due}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % schedule.window


def due_times(schedule: Schedule, after: float) -> Iterator[int]:
    """Every time that the expression and the dates mean after another, in ascending order."""
    start, end = schedule.start, schedule.end
    since = after if start is None else max(after, start - 1)
    match schedule.expression:
        case At(moment):
            due = _instant(moment, schedule.timezone)
            return iter(() if due is None or due <= after else (due,))
        case Rate(seconds):
            times = _rate(seconds, start or 0, since)
        case Cron() as cron:
            times = _cron(cron, schedule.timezone, since)
        case unknown:
            assert_never(unknown)
    return times if end is None else takewhile(lambda due: due <= end, times)


def _rate(seconds: int, origin: int, after: float) -> Iterator[int]:
    due = origin + max(0, int((after - origin) // seconds) + 1) * seconds
    while due <= _LAST:
        yield due
        due += seconds


def _cron(cron: Cron, timezone: ZoneInfo, after: float) -> Iterator[int]:
    here = datetime.fromtimestamp(after, timezone).replace(tzinfo=None)
    for shown in _shown(cron, here):
        due = _instant(shown, timezone)
        if due is not None and due > after:
            yield due


def _shown(cron: Cron, since: datetime) -> Iterator[datetime]:
    """The times of the wall clock that a cron expression means, from the minute of `since` on."""
    begin = (since.year, since.month, since.day, since.hour, since.minute)
    for year in cron.years:
        for month in cron.months if year >= since.year else ():
            for day in cron.days_of(year, month) if (year, month) >= begin[:2] else ():
                for hour in cron.hours if (year, month, day) >= begin[:3] else ():
                    for minute in cron.minutes if (year, month, day, hour) >= begin[:4] else ():
                        if (year, month, day, hour, minute) >= begin:
                            yield datetime(year, month, day, hour, minute)  # noqa: DTZ001 - a clock has no zone


def _instant(shown: datetime, timezone: ZoneInfo) -> int | None:
    """When the clock shows a time, the first time if it does twice; None: it skips it."""
    instant = shown.replace(tzinfo=timezone).astimezone(UTC)
    if instant.astimezone(timezone).replace(tzinfo=None) != shown:
        return None
    return (instant - _EPOCH) // timedelta(seconds=1)
