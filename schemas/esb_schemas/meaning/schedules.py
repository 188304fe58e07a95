"""What a function's schedules must mean: the rules of EventBridge and of EventBridge Scheduler."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from esb_schemas import schedule
from esb_schemas.errors import Problem
from esb_schemas.meaning.entries import Check

OF_SCHEDULER: Final = ("timezone", "flexible_time_window", "start_date", "end_date")


def expression_of_aws(function: Mapping[str, Any]) -> Iterator[Problem]:
    """The expression of a schedule is one that AWS takes; `at(...)` is a ScheduleV2's alone."""
    for index, event in events(function):
        try:
            schedule.parse(event["schedule"], scheduler=event["type"] == "ScheduleV2")
        except schedule.NotASchedule as problem:
            yield Problem(("events", index, "schedule"), str(problem))


def settings_of_scheduler(function: Mapping[str, Any]) -> Iterator[Problem]:
    """Only a ScheduleV2 has timezone, flexible_time_window, start_date and end_date."""
    for index, event in events(function):
        for key in OF_SCHEDULER:
            if key in event and event["type"] != "ScheduleV2":
                text = "is something that only a ScheduleV2 has; make it one, or remove the key"
                yield Problem(("events", index, key), text)


def known_timezone(function: Mapping[str, Any]) -> Iterator[Problem]:
    """The timezone of a schedule is in the IANA database."""
    for index, event in events(function):
        try:
            schedule.timezone(event.get("timezone", "UTC"))
        except schedule.NotASchedule as problem:
            yield Problem(("events", index, "timezone"), str(problem))


def dates_in_order(function: Mapping[str, Any]) -> Iterator[Problem]:
    """The dates of a schedule are in the calendar, from 1970 to 2199, and it does not end before it starts."""
    for index, event in events(function):
        dates = {key: event[key] for key in ("start_date", "end_date") if key in event}
        wrong = [key for key, text in dates.items() if not schedule.is_moment(text)]
        for key in wrong:
            yield Problem(("events", index, key), f"must be a time from 1970 to 2199, not {dates[key]!r}")
        if not wrong and len(dates) == 2 and dates["end_date"] < dates["start_date"]:
            yield Problem(("events", index, "end_date"), f"must not be before start_date, {dates['start_date']}")


def events(function: Mapping[str, Any]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The schedules of a function, each with its index."""
    yield from enumerate(function.get("events", ()))


SCHEDULE_CHECKS: Final[tuple[Check, ...]] = (
    expression_of_aws,
    settings_of_scheduler,
    known_timezone,
    dates_in_order,
)
