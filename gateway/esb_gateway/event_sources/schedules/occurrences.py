"""When schedules fire. Pure: every time is an argument, in seconds since 1970.

AWS's rules ("Schedule types" in the EventBridge Scheduler User Guide): a cron or at expression is a time of the wall
clock in the schedule's time zone. A time that the clock skips in spring does not occur; one that it shows twice in
autumn occurs the first time. A rate is a number of seconds, whatever the clock shows. StartDate and EndDate bound
recurring schedules, not those that run once.

AWS counts a rate from the moment at which the schedule was created. Here it is counted from StartDate or else from
1970, so that a restart changes nothing: `rate(5 minutes)` fires at :00, :05, :10.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from heapq import heappop, heappush
from itertools import takewhile

from esb_gateway.event_sources.schedules.schedule import Schedule
from esb_schemas.schedules.expressions import At
from esb_schemas.schedules.times import times


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time that a schedule fires: for its time `due`, at a `moment` from then to the end of its flexible window."""

    schedule: Schedule
    due: int
    moment: int


def occurrences(schedule: Schedule, after: float) -> Iterator[Occurrence]:
    """Every occurrence whose moment is after a time, in the order of their moments."""
    if not schedule.enabled:
        return
    found: list[tuple[int, int]] = []  # a heap: the window may be longer than the time between two due times
    for due in due_times(schedule, after - schedule.window):
        while found and found[0][0] <= due:
            moment, earlier = heappop(found)
            yield Occurrence(schedule, earlier, moment)
        moment = due + delay(schedule, due)
        if moment > after:
            heappush(found, (moment, due))
    while found:
        moment, due = heappop(found)
        yield Occurrence(schedule, due, moment)


def occurrences_between(schedule: Schedule, after: float, until: float) -> Iterator[Occurrence]:
    """The occurrences after a time and not after another, in the order of their moments."""
    return takewhile(lambda occurrence: occurrence.moment <= until, occurrences(schedule, after))


def next_moment(schedule: Schedule, after: float) -> int | None:
    """When the schedule fires next; None if never."""
    first = next(occurrences(schedule, after), None)
    return None if first is None else first.moment


def delay(schedule: Schedule, due: int) -> int:
    """The seconds of an occurrence into its window: always the same for one, and different for the next."""
    if not schedule.window:
        return 0
    digest = sha256(f"{schedule.arn} {due}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % schedule.window


def due_times(schedule: Schedule, after: float) -> Iterator[int]:
    """Every time of the expression within the dates that is after another, in ascending order."""
    start, end = schedule.start, schedule.end
    since = after if start is None else max(after, start - 1)
    expression = schedule.expression
    if isinstance(expression, At):
        return times(expression, schedule.timezone, after)
    found = times(expression, schedule.timezone, since, start or 0)
    return found if end is None else takewhile(lambda due: due <= end, found)
