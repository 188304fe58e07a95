"""The times of a schedule expression. Pure: every time is an argument, in seconds since 1970.

AWS's rules ("Schedule types" in the EventBridge Scheduler User Guide): a cron or at expression is a time of the wall
clock in the schedule's time zone. A time that the clock skips in spring does not occur; one that occurs twice in
autumn counts the first time. A rate is a number of seconds and independent of the wall clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final, assert_never
from zoneinfo import ZoneInfo

from esb_schemas.schedules.expressions import At, Cron, Expression, Rate

_EPOCH: Final = datetime.fromtimestamp(0, UTC)
_LAST: Final = 7258118399  # 2199-12-31T23:59:59Z, the end of the years that AWS has


def times(expression: Expression, timezone: ZoneInfo, after: float, origin: int = 0) -> Iterator[int]:
    """Every time of the expression after another one, in ascending order. A rate counts from `origin`."""
    match expression:
        case At(moment):
            due = _timestamp(moment, timezone)
            return iter(() if due is None or due <= after else (due,))
        case Rate(seconds):
            return _rate(seconds, origin, after)
        case Cron() as cron:
            return _cron(cron, timezone, after)
        case unknown:
            assert_never(unknown)


def _rate(seconds: int, origin: int, after: float) -> Iterator[int]:
    due = origin + max(0, int((after - origin) // seconds) + 1) * seconds
    while due <= _LAST:
        yield due
        due += seconds


def _cron(cron: Cron, timezone: ZoneInfo, after: float) -> Iterator[int]:
    here = datetime.fromtimestamp(after, timezone).replace(tzinfo=None)
    for local in _wall_clock_times(cron, here):
        due = _timestamp(local, timezone)
        if due is not None and due > after:
            yield due


def _wall_clock_times(cron: Cron, since: datetime) -> Iterator[datetime]:
    """The local times that a cron expression selects, from the minute of `since` on."""
    begin = (since.year, since.month, since.day, since.hour, since.minute)
    for year in cron.years:
        for month in cron.months if year >= since.year else ():
            for day in cron.days_of(year, month) if (year, month) >= begin[:2] else ():
                for hour in cron.hours if (year, month, day) >= begin[:3] else ():
                    for minute in cron.minutes if (year, month, day, hour) >= begin[:4] else ():
                        if (year, month, day, hour, minute) >= begin:
                            yield datetime(year, month, day, hour, minute)  # noqa: DTZ001 - a clock has no zone


def _timestamp(local: datetime, timezone: ZoneInfo) -> int | None:
    """The seconds since 1970 of a local time, of its first occurrence; None if the clock skips it."""
    instant = local.replace(tzinfo=timezone).astimezone(UTC)
    if instant.astimezone(timezone).replace(tzinfo=None) != local:
        return None
    return (instant - _EPOCH) // timedelta(seconds=1)
