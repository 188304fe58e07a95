"""Schedules that fire: rules of EventBridge, and schedules of EventBridge Scheduler."""

from __future__ import annotations

from esb_gateway.event_sources.schedules.events import payload
from esb_gateway.event_sources.schedules.occurrences import Occurrence
from esb_gateway.event_sources.schedules.schedule import Schedule
from esb_gateway.sample_events.sample import Given
from esb_schemas.schedules.expressions import parse


def rule(given: Given) -> bytes:
    return _fire(given, "Schedule", given.arn("events", f"rule/{given['rule']}"))


def scheduler(given: Given) -> bytes:
    return _fire(given, "ScheduleV2", given.arn("scheduler", f"schedule/default/{given['schedule']}"))


def _fire(given: Given, kind: str, arn: str) -> bytes:
    text, due = "rate(1 minute)", int(given.now) // 60 * 60
    schedule = Schedule(
        function="my-function",
        function_arn=given.arn("lambda", "function:my-function"),
        name="MySchedule",
        arn=arn,
        text=text,
        expression=parse(text),
        type=kind,
        input=given["body"] or None,
    )
    return payload(Occurrence(schedule, due, due), given.identifiers.request_id())
