"""Schedule and ScheduleV2: the rules of EventBridge and of EventBridge Scheduler."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal, NamedTuple

from esb_schemas.documents.checks import Check, Entry
from esb_schemas.documents.records import loader
from esb_schemas.errors import Problem
from esb_schemas.event_sources.row import EventSourceType
from esb_schemas.schedules import expressions
from esb_schemas.schedules.time_zones import timezone

SCHEDULER_KEYS: Final = ("timezone", "flexible_time_window", "start_date", "end_date")


class Schedule(NamedTuple):
    """A schedule of a function. `flexible_time_window` in minutes; dates in UTC, as the file writes them.

    `resource` is the resource part of the ARN of the rule or schedule; the default is that of `resource_of`.
    """

    type: Literal["Schedule", "ScheduleV2"]
    name: str
    schedule: str
    timezone: str = "UTC"
    flexible_time_window: int | None = None
    start_date: str | None = None
    end_date: str | None = None
    input: str | None = None
    enabled: bool = True
    resource: str | None = None


load_schedule: Final = loader(Schedule)


def resource_of(event: Schedule, owner: str, stack_name: str) -> str:
    """The resource part of the ARN of the rule or schedule; `owner` is the function's logical id, else its name."""
    if event.resource is not None:
        return event.resource
    if event.type == "ScheduleV2":
        return f"schedule/default/{owner}{event.name}"
    return f"rule/{stack_name}-{owner}{event.name}"


def input_is_json(event: Entry) -> Iterator[Problem]:
    """The input of a schedule is JSON text."""
    if "input" in event and not is_json(event["input"]):
        yield Problem(("input",), "must be JSON text, like '{\"full\": true}'")


def is_json(text: str) -> bool:
    """Whether a text is JSON."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def is_object(text: str) -> bool:
    """Whether a text is a JSON object."""
    return is_json(text) and isinstance(json.loads(text), dict)


def aws_takes_expression(event: Entry) -> Iterator[Problem]:
    """AWS accepts the expression of a schedule; only a ScheduleV2 has `at(...)`."""
    try:
        expressions.parse(event["schedule"], scheduler=event["type"] == "ScheduleV2")
    except expressions.InvalidSchedule as problem:
        yield Problem(("schedule",), str(problem))


def scheduler_keys_on_scheduler(event: Entry) -> Iterator[Problem]:
    """Only a ScheduleV2 has timezone, flexible_time_window, start_date and end_date."""
    for key in SCHEDULER_KEYS:
        if key in event and event["type"] != "ScheduleV2":
            yield Problem((key,), "is only for a ScheduleV2; make it one, or remove the key")


def timezone_is_known(event: Entry) -> Iterator[Problem]:
    """The timezone of a schedule is in the IANA time zone database."""
    try:
        timezone(event.get("timezone", "UTC"))
    except expressions.InvalidSchedule as problem:
        yield Problem(("timezone",), str(problem))


def dates_in_order(event: Entry) -> Iterator[Problem]:
    """The dates of a schedule exist and are from 1970 to 2199; it does not end before it starts."""
    dates = {key: event[key] for key in ("start_date", "end_date") if key in event}
    wrong = [key for key, text in dates.items() if not expressions.is_valid_time(text)]
    for key in wrong:
        yield Problem((key,), f"must be a time from 1970 to 2199, not {dates[key]!r}")
    if not wrong and len(dates) == 2 and dates["end_date"] < dates["start_date"]:
        yield Problem(("end_date",), f"must not be before start_date, {dates['start_date']}")


CHECKS: Final[tuple[Check, ...]] = (
    input_is_json,
    aws_takes_expression,
    scheduler_keys_on_scheduler,
    timezone_is_known,
    dates_in_order,
)

EVENT_SOURCE: Final = EventSourceType(
    types=("Schedule", "ScheduleV2"),
    definition="schedule",
    load=load_schedule,
    checks=CHECKS,
    schema_file=Path(__file__).with_suffix(".json"),
)
