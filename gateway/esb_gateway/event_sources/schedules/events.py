"""The event that a schedule sends to its function.

A rule sends EventBridge's scheduled event ("Tutorial: Schedule AWS Lambda functions" in its user guide). The default
notification of EventBridge Scheduler differs: it has another source, and a `detail` that is text. Scheduler also
replaces keywords in angle brackets in an input ("Adding context attributes in EventBridge Scheduler").
"""

from __future__ import annotations

import json
from typing import Any

from esb_gateway.event_sources.schedules.occurrences import Occurrence
from esb_gateway.event_sources.schedules.schedule import Schedule
from esb_wire.utc_times import to_second


def payload(occurrence: Occurrence, event_id: str) -> bytes:
    """The function's event as JSON; `event_id` is a new UUID."""
    schedule = occurrence.schedule
    if schedule.input is None:
        return json.dumps(_notification(schedule, occurrence.due, event_id), separators=(",", ":")).encode()
    if schedule.by_scheduler:
        return _with_attributes(schedule.input, schedule, occurrence.due, event_id).encode()
    return schedule.input.encode()


def _notification(schedule: Schedule, due: int, event_id: str) -> dict[str, Any]:
    region, account = schedule.arn.split(":")[3:5]
    return {
        "version": "0",
        "id": event_id,
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler" if schedule.by_scheduler else "aws.events",
        "account": account,
        "time": to_second(due),
        "region": region,
        "resources": [schedule.arn],
        "detail": "{}" if schedule.by_scheduler else {},
    }


def _with_attributes(text: str, schedule: Schedule, due: int, event_id: str) -> str:
    attributes = {
        "schedule-arn": schedule.arn,
        "scheduled-time": to_second(due),
        "execution-id": event_id,
        "attempt-number": "1",
    }
    for name, value in attributes.items():
        text = text.replace(f"<aws.scheduler.{name}>", value)
    return text
