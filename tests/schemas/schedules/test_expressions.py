"""The expressions of schedules: what AWS's documents say of each, and what they refuse."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esb_schemas.schedules.expressions import At, Cron, InvalidSchedule, Rate, parse
from esb_schemas.schedules.time_zones import timezone


def cron(fields: str) -> Cron:
    found = parse(f"cron({fields})")
    assert isinstance(found, Cron)
    return found


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("rate(1 minute)", 60), ("rate(5 minutes)", 300), ("rate(1 hour)", 3600), ("rate(7 days)", 604800)],
)
def test_rates(text: str, seconds: int) -> None:
    assert parse(text) == Rate(seconds)


def test_scheduler_minds_no_plural_and_runs_once() -> None:
    assert parse("rate(1 minutes)", scheduler=True) == parse("rate(1 minute)", scheduler=True) == Rate(60)
    assert parse("at(2030-01-02T03:04:05)", scheduler=True) == At(datetime(2030, 1, 2, 3, 4, 5))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        ("0", (0,)),
        ("*/20", (0, 20, 40)),
        ("1/10", (1, 11, 21, 31, 41, 51)),
        ("0/15", (0, 15, 30, 45)),
        ("10-12", (10, 11, 12)),
        ("0-30/15", (0, 15, 30)),
        ("5,1,5-6", (1, 5, 6)),
        ("58-1", (0, 1, 58, 59)),
        ("*", tuple(range(60))),
    ],
)
def test_values_ranges_and_increments(minutes: str, expected: tuple[int, ...]) -> None:
    assert cron(f"{minutes} 0 * * ? *").minutes == expected


def test_names_and_years() -> None:
    found = cron("0 10 ? jan,Mar,NOV-DEC MON 2026-2030/2")
    assert (found.months, found.years) == ((1, 3, 11, 12), (2026, 2028, 2030))


# 2026 begins on a Thursday; in February 2026, the 1st is a Sunday and the 28th a Saturday.
@pytest.mark.parametrize(
    ("day_of_month", "day_of_week", "month", "expected"),
    [
        ("1", "?", 2, [1]),
        ("31", "?", 2, []),
        ("1/10", "?", 2, [1, 11, 21]),
        ("L", "?", 2, [28]),
        ("1,L", "?", 2, [1, 28]),
        ("LW", "?", 2, [27]),
        ("3W", "?", 1, [2]),  # the 3rd is a Saturday
        ("4W", "?", 1, [5]),  # the 4th is a Sunday
        ("1W", "?", 2, [2]),  # never in the month before
        ("31W", "?", 5, [29]),  # nor in the month after
        ("1W", "?", 8, [3]),  # the 1st is a Saturday
        ("30W", "?", 2, []),
        ("?", "1", 2, [1, 8, 15, 22]),
        ("?", "MON-FRI", 2, [2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 16, 17, 18, 19, 20, 23, 24, 25, 26, 27]),
        ("?", "SAT-SUN", 2, [1, 7, 8, 14, 15, 21, 22, 28]),
        ("?", "L", 2, [7, 14, 21, 28]),
        ("?", "6L", 2, [27]),
        ("?", "FRIL", 1, [30]),
        ("?", "3#2", 1, [13]),
        ("?", "TUE#5", 2, []),
    ],
)
def test_days(day_of_month: str, day_of_week: str, month: int, expected: list[int]) -> None:
    assert cron(f"0 0 {day_of_month} * {day_of_week} *").days_of(2026, month) == expected


def test_the_last_day_of_february() -> None:
    found = cron("0 0 L 2 ? *")
    assert [found.days_of(year, 2) for year in (2027, 2028, 2100)] == [[28], [29], [28]]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("rate(0 minutes)", "must be like rate(5 minutes) or cron(0 3 * * ? *), not 'rate(0 minutes)'"),
        ("rate(5 hour)", "must be rate(5 hours), not 'rate(5 hour)'"),
        (
            "cron(0 3 * * ?)",
            "must have six fields (minutes hours day-of-month month day-of-week year), not 5 as in 'cron(0 3 * * ?)'",
        ),
        ("cron(0 3 * * * *)", "must have ? in one of day-of-month and day-of-week, unlike 'cron(0 3 * * * *)'"),
        ("cron(0 3 1 * 2 *)", "must have ? in one of day-of-month and day-of-week, unlike 'cron(0 3 1 * 2 *)'"),
        ("cron(0 3 ? * ? *)", "must have ? in only one of day-of-month and day-of-week, unlike 'cron(0 3 ? * ? *)'"),
        ("cron(60 3 * * ? *)", "must have 0-59 as minutes, not '60', in 'cron(60 3 * * ? *)'"),
        ("cron(? 3 * * ? *)", "must have 0-59 as minutes, not '?', in 'cron(? 3 * * ? *)'"),
        ("cron(0/0 3 * * ? *)", "must have 0-59 as minutes, not '0/0', in 'cron(0/0 3 * * ? *)'"),
        ("cron(0 24 * * ? *)", "must have 0-23 as hours, not '24', in 'cron(0 24 * * ? *)'"),
        ("cron(0 3 L-3 * ? *)", "must have 1-31 as day-of-month, not 'L-3', in 'cron(0 3 L-3 * ? *)'"),
        ("cron(0 3 0W * ? *)", "must have 1-31 as day-of-month, not '0W', in 'cron(0 3 0W * ? *)'"),
        ("cron(0 3 1 13 ? *)", "must have 1-12 or JAN-DEC as month, not '13', in 'cron(0 3 1 13 ? *)'"),
        ("cron(0 3 ? * 0 *)", "must have 1-7 or SUN-SAT as day-of-week, not '0', in 'cron(0 3 ? * 0 *)'"),
        ("cron(0 3 ? * 2#6 *)", "must have 1-7 or SUN-SAT as day-of-week, not '2#6', in 'cron(0 3 ? * 2#6 *)'"),
        (
            "cron(0 3 ? * 3#1,6#3 *)",
            "must have only 3#1 as day-of-week, not '3#1,6#3', in 'cron(0 3 ? * 3#1,6#3 *)'",
        ),
        ("cron(0 3 * * ? 2200)", "must have 1970-2199 as year, not '2200', in 'cron(0 3 * * ? 2200)'"),
        ("cron(0 3 * * ? 2030-2029)", "must have 1970-2199 as year, not '2030-2029', in 'cron(0 3 * * ? 2030-2029)'"),
    ],
)
def test_what_aws_refuses(text: str, problem: str) -> None:
    with pytest.raises(InvalidSchedule) as caught:
        parse(text)
    assert str(caught.value) == problem


@pytest.mark.parametrize("moment", ["2030-02-30T00:00:00", "2030-01-01T25:00:00", "0001-01-01T00:00:00"])
def test_a_time_that_there_is_not(moment: str) -> None:
    with pytest.raises(InvalidSchedule, match="must name a time from 1970 to 2199"):
        parse(f"at({moment})", scheduler=True)


FIELD = st.text(alphabet="0123456789*?,-/LW#SUNJA", max_size=6)


@given(st.one_of(st.text(), st.lists(FIELD, min_size=6, max_size=6).map(lambda fields: f"cron({' '.join(fields)})")))
def test_any_text_is_an_expression_or_refused_in_a_sentence(text: str) -> None:
    try:
        found = parse(text, scheduler=True)
    except InvalidSchedule as problem:
        said = str(problem)
    else:
        assert not isinstance(found, Cron) or found.days_of(2028, 2) == sorted(set(found.days_of(2028, 2)))
        return
    assert said.startswith("must ")


def test_a_number_without_end_is_refused_like_any_other() -> None:
    with pytest.raises(InvalidSchedule, match="must have 0-59 as minutes"):
        parse(f"cron({'9' * 5000} * * * ? *)")


def test_time_zones() -> None:
    assert timezone("America/New_York").key == "America/New_York"
    for wrong in ("Mars/Phobos", "../etc/passwd", "Europe", ""):
        with pytest.raises(InvalidSchedule, match="must be a time zone like 'Europe/Berlin'"):
            timezone(wrong)
