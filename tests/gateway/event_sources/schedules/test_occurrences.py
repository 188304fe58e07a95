"""When schedules fire: AWS's documented examples, the calendar's corners, time zones, and what holds for every one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esb_gateway.event_sources.schedules.occurrences import next_moment, occurrences, occurrences_between
from esb_gateway.event_sources.schedules.schedule import Schedule
from esb_schemas.schedules.expressions import Cron, parse


def schedule(text: str, zone: str = "UTC", *, window: int = 0, start: str = "", end: str = "") -> Schedule:
    return Schedule(
        "report",
        "arn:aws:lambda:us-east-1:123456789012:function:report",
        "E",
        "arn:aws:scheduler:us-east-1:123456789012:schedule/default/E",
        text,
        parse(text, scheduler=True),
        timezone=ZoneInfo(zone),
        window=window,
        start=int(at(start)) if start else None,
        end=int(at(end)) if end else None,
    )


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def next_times(of: Schedule, after: str, count: int) -> list[str]:
    """The next moments, in UTC."""
    found = islice(occurrences(of, at(after)), count)
    return [f"{datetime.fromtimestamp(occurrence.moment, UTC):%Y-%m-%d %H:%M}" for occurrence in found]


# The examples of "Cron expressions reference" and "Schedule types" (2026), from Wednesday 2026-07-01 11:59:30 on.
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("0 10 * * ? *", ["2026-07-02 10:00", "2026-07-03 10:00"]),  # at 10:00 every day
        ("15 12 * * ? *", ["2026-07-01 12:15", "2026-07-02 12:15"]),  # at 12:15 every day
        ("0 18 ? * MON-FRI *", ["2026-07-01 18:00", "2026-07-02 18:00", "2026-07-03 18:00", "2026-07-06 18:00"]),
        ("0 8 1 * ? *", ["2026-08-01 08:00", "2026-09-01 08:00"]),  # on the first day of every month
        ("0/15 * * * ? *", ["2026-07-01 12:00", "2026-07-01 12:15", "2026-07-01 12:30"]),  # every 15 minutes
        ("0/10 * ? * MON-FRI *", ["2026-07-01 12:00", "2026-07-01 12:10"]),  # every 10 minutes, Monday to Friday
        ("0/5 8-17 ? * MON-FRI *", ["2026-07-01 12:00", "2026-07-01 12:05"]),  # every 5 minutes from 8:00 to 17:55
        ("0 9 ? * 2#1 *", ["2026-07-06 09:00", "2026-08-03 09:00"]),  # on the first Monday of the month
        ("0/30 20-2 ? * MON-FRI *", ["2026-07-01 20:00", "2026-07-01 20:30"]),  # from 20:00 to 02:30
        ("15 10 ? * 6L 2022-2030", ["2026-07-31 10:15", "2026-08-28 10:15"]),  # at 10:15 on the last Friday
        ("0 12 L * ? *", ["2026-07-31 12:00", "2026-08-31 12:00", "2026-09-30 12:00"]),  # month ends
        ("0 0 15W * ? *", ["2026-07-15 00:00", "2026-08-14 00:00"]),  # the weekday nearest to the 15th
        ("0 0 29 2 ? *", ["2028-02-29 00:00", "2032-02-29 00:00"]),  # leap years
        ("0 0 31 * ? *", ["2026-07-31 00:00", "2026-08-31 00:00", "2026-10-31 00:00"]),  # months that have it
        ("59 11 1 7 ? 2026", []),  # over
        ("0 0 30 2 ? *", []),  # never
    ],
)
def test_cron_in_utc(fields: str, expected: list[str]) -> None:
    assert next_times(schedule(f"cron({fields})"), "2026-07-01 11:59:30", max(1, len(expected))) == expected


def test_the_minute_that_has_begun_is_over() -> None:
    daily = schedule("cron(0 10 * * ? *)")
    assert next_times(daily, "2026-07-01 09:59:59.9", 1) == ["2026-07-01 10:00"]
    assert next_times(daily, "2026-07-01 10:00:00", 1) == ["2026-07-02 10:00"]


@pytest.mark.parametrize(
    ("zone", "fields", "after", "expected"),
    [
        # Europe/Berlin: from 02:00 to 03:00 on 2026-03-29, from 03:00 back to 02:00 on 2026-10-25.
        ("Europe/Berlin", "30 2 * * ? *", "2026-03-27 12:00", ["2026-03-28 01:30", "2026-03-30 00:30"]),
        ("Europe/Berlin", "0 3 * * ? *", "2026-03-28 12:00", ["2026-03-29 01:00", "2026-03-30 01:00"]),
        ("Europe/Berlin", "30 2 * * ? *", "2026-10-24 12:00", ["2026-10-25 00:30", "2026-10-26 01:30"]),
        ("Europe/Berlin", "0/30 2-3 * * ? *", "2026-10-24 12:00",
         ["2026-10-25 00:00", "2026-10-25 00:30", "2026-10-25 02:00", "2026-10-25 02:30"]),
        # America/New_York: from 02:00 to 03:00 on 2026-03-08, from 02:00 back to 01:00 on 2026-11-01.
        ("America/New_York", "15 2 ? * SUN *", "2026-03-02 00:00", ["2026-03-15 06:15", "2026-03-22 06:15"]),
        ("America/New_York", "30 1 * * ? *", "2026-10-31 12:00", ["2026-11-01 05:30", "2026-11-02 06:30"]),
        # The second time that the clock shows 01:10, 01:30 is over for the day.
        ("America/New_York", "30 1 * * ? *", "2026-11-01 06:10", ["2026-11-02 06:30"]),
        # A zone of another day, and one of half an hour.
        ("Pacific/Auckland", "0 8 1 * ? *", "2026-06-30 00:00", ["2026-06-30 20:00", "2026-07-31 20:00"]),
        ("Asia/Kolkata", "0 9 * * ? *", "2026-06-30 03:30", ["2026-07-01 03:30"]),
    ],
)  # fmt: skip
def test_cron_in_a_time_zone(zone: str, fields: str, after: str, expected: list[str]) -> None:
    assert next_times(schedule(f"cron({fields})", zone), after, len(expected)) == expected


def test_a_rate_is_counted_from_the_epoch_or_the_start_and_knows_no_clock() -> None:
    assert next_times(schedule("rate(20 minutes)"), "2026-07-01 11:59:30", 2) == [
        "2026-07-01 12:00",
        "2026-07-01 12:20",
    ]
    from_start = schedule("rate(1 day)", "Europe/Berlin", start="2026-03-28 10:15")
    assert next_times(from_start, "2026-01-01 00:00", 3) == ["2026-03-28 10:15", "2026-03-29 10:15", "2026-03-30 10:15"]


def test_dates_bound_what_recurs() -> None:
    bounded = schedule("cron(0 10 * * ? *)", start="2026-07-02 10:00", end="2026-07-03 10:00")
    assert next_times(bounded, "2026-01-01 00:00", 5) == ["2026-07-02 10:00", "2026-07-03 10:00"]


def test_at_fires_once_whatever_the_dates() -> None:
    once = schedule("at(2026-07-01T14:00:00)", "Europe/Berlin", start="2027-01-01 00:00", end="2027-01-02 00:00")
    assert next_times(once, "2026-07-01 11:59", 5) == ["2026-07-01 12:00"]
    assert next_times(once, "2026-07-01 12:00", 5) == []
    assert next_times(schedule("at(2026-03-29T02:30:00)", "Europe/Berlin"), "2026-01-01 00:00", 1) == []


def test_a_disabled_schedule_does_not_fire() -> None:
    off = replace(schedule("rate(1 minute)"), enabled=False)
    assert next_times(off, "2026-07-01 12:00", 1) == []
    assert next_moment(off, 0) is None


def test_a_flexible_window_moves_each_occurrence_by_a_fixed_time_of_its_own() -> None:
    window = 15 * 60
    flexible = schedule("rate(1 hour)", window=window)
    found = list(islice(occurrences(flexible, at("2026-07-01 12:00:00")), 50))
    assert found == list(islice(occurrences(flexible, at("2026-07-01 12:00:00")), 50))
    delays = [occurrence.moment - occurrence.due for occurrence in found]
    assert all(0 <= delay < window for delay in delays)
    assert len(set(delays)) > 40


def test_a_window_longer_than_the_rate_loses_nothing_and_keeps_the_order_of_moments() -> None:
    flexible = schedule("rate(1 minute)", window=3600)
    begin = at("2026-07-01 12:00:00")
    until = begin + 4 * 3600
    found = list(occurrences_between(flexible, begin, until))
    moments = [occurrence.moment for occurrence in found]
    assert moments == sorted(moments)
    steps = [begin + number * 977.0 for number in range(15)]
    bounds = [*steps, until]
    pieces = [occurrence for a, b in pairwise(bounds) for occurrence in occurrences_between(flexible, a, b)]
    assert sorted(pieces, key=lambda occurrence: occurrence.due) == sorted(found, key=lambda occurrence: occurrence.due)


MINUTE = st.sampled_from(["0", "7", "*/20", "10-12", "58-1", "5,35"])
HOUR = st.sampled_from(["*", "0", "2", "8-17/3", "22-4", "23"])
DAYS = st.sampled_from(
    ["* ?", "1 ?", "L ?", "LW ?", "15W ?", "29-31 ?", "? 2#5", "? FRIL", "? SAT-SUN", "? L", "? MON,WED"]
)
MONTHS = st.sampled_from(["*", "2", "JAN-MAR", "4/3", "11,12"])
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])
TIMES = st.floats(min_value=0, max_value=at("2100-01-01 00:00"))


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    """A schedule that fires again and again."""
    day_of_month, day_of_week = draw(DAYS).split()
    fields = (draw(MINUTE), draw(HOUR), day_of_month, draw(MONTHS), day_of_week, "*")
    return schedule(f"cron({' '.join(fields)})", draw(ZONES))


@settings(deadline=None)
@given(schedules(), TIMES)
def test_the_next_occurrence_is_later_and_shows_what_the_fields_say(one: Schedule, after: float) -> None:
    found = next(occurrences(one, after))
    assert found.moment > after
    cron = found.schedule.expression
    assert isinstance(cron, Cron)
    shown = datetime.fromtimestamp(found.moment, one.timezone)
    assert shown.second == shown.fold == 0
    assert shown.minute in cron.minutes
    assert shown.hour in cron.hours
    assert shown.month in cron.months
    assert shown.day in cron.days_of(shown.year, shown.month)


@settings(deadline=None, max_examples=50)
@given(schedules(), st.integers(0, 2_000_000_000))
def test_nothing_that_the_fields_say_is_left_out(one: Schedule, after: int) -> None:
    """Against the other way round: every minute of a day or so is asked whether it is meant."""
    until = after + 100_000
    expected = [second for second in range(after - after % 60 + 60, until + 1, 60) if is_meant(one, second)]
    assert [occurrence.moment for occurrence in occurrences_between(one, after, until)] == expected


def is_meant(one: Schedule, second: int) -> bool:
    cron, shown = one.expression, datetime.fromtimestamp(second, one.timezone)
    assert isinstance(cron, Cron)
    fields = shown.minute in cron.minutes and shown.hour in cron.hours
    fields = fields and shown.month in cron.months and shown.year in cron.years
    return fields and shown.fold == 0 and shown.day in cron.days_of(shown.year, shown.month)
