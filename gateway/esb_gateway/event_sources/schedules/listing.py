"""Schedules with their next firings, for programs and for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from esb_gateway.event_sources.schedules.events import written
from esb_gateway.event_sources.schedules.schedules import Schedule, firings


def described(schedule: Schedule, now: float, count: int) -> dict[str, Any]:
    """One schedule as JSON has it, with so many of its next firings; its input is nobody's business."""
    fields = {
        "name": schedule.name,
        "function": schedule.function,
        "expression": schedule.text,
        "timezone": schedule.timezone.key,
        "enabled": schedule.enabled,
        "arn": schedule.arn,
        "next": [written(firing.moment) for firing in islice(firings(schedule, now), count)],
    }
    return fields | ({"flexible_time_window": schedule.window // 60} if schedule.window else {})


def lines(schedules: Iterable[Schedule], now: float, count: int) -> Iterator[str]:
    """The schedules as text: a heading each, then its next firings in its own time zone."""
    for schedule in schedules:
        yield f"{schedule.key}: {schedule.text}, {schedule.timezone.key}{'' if schedule.enabled else ', disabled'}"
        moments = [firing.moment for firing in islice(firings(schedule, now), count)]
        for moment in moments:
            yield f"  {datetime.fromtimestamp(moment, schedule.timezone):%Y-%m-%d %H:%M:%S %Z}"
        if schedule.enabled and not moments:
            yield "  never again"
