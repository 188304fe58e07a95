"""Schedules with their next occurrences, as JSON and as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from esb_gateway.event_sources.schedules.occurrences import occurrences
from esb_gateway.event_sources.schedules.schedule import Schedule
from esb_gateway.event_sources.source import Mapping
from esb_wire.utc_times import to_second


def schedules_of(mappings: Iterable[Mapping]) -> list[Schedule]:
    """The schedules among event sources."""
    return [mapping for mapping in mappings if isinstance(mapping, Schedule)]


def describe(schedule: Schedule, now: float, count: int) -> dict[str, Any]:
    """One schedule as JSON, with its next `count` occurrences; without its input, which may be confidential."""
    fields = {
        "name": schedule.name,
        "function": schedule.function,
        "expression": schedule.text,
        "timezone": schedule.timezone.key,
        "enabled": schedule.enabled,
        "arn": schedule.arn,
        "next": [to_second(moment) for moment in _next_moments(schedule, now, count)],
    }
    return fields | ({"flexible_time_window": schedule.window // 60} if schedule.window else {})


def lines(schedules: Iterable[Schedule], now: float, count: int) -> Iterator[str]:
    """The schedules as text: a heading each, then its next occurrences in its own time zone."""
    for schedule in schedules:
        yield f"{schedule.key}: {schedule.text}, {schedule.timezone.key}{'' if schedule.enabled else ', disabled'}"
        moments = _next_moments(schedule, now, count)
        for moment in moments:
            yield f"  {datetime.fromtimestamp(moment, schedule.timezone):%Y-%m-%d %H:%M:%S %Z}"
        if schedule.enabled and not moments:
            yield "  never again"


def _next_moments(schedule: Schedule, now: float, count: int) -> list[int]:
    return [occurrence.moment for occurrence in islice(occurrences(schedule, now), count)]
