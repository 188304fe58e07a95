"""What a schedule sends to its function."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from esb_gateway.event_sources.schedules.events import payload
from esb_gateway.event_sources.schedules.occurrences import Occurrence
from esb_gateway.event_sources.schedules.schedule import Schedule
from tests.gateway.event_sources.schedules.samples import NOON, schedules

EVENT_ID = "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa"


def event_of(schedule: Schedule) -> Any:
    return json.loads(payload(Occurrence(schedule, NOON, NOON + 7), EVENT_ID))


def test_a_rule_sends_eventbridges_scheduled_event() -> None:
    assert event_of(schedules()[0]) == {
        "version": "0",
        "id": EVENT_ID,
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "123456789012",
        "time": "2026-07-01T12:00:00Z",
        "region": "eu-central-1",
        "resources": ["arn:aws:events:eu-central-1:123456789012:rule/shop-ReportFunctionNightly"],
        "detail": {},
    }


def test_scheduler_has_another_source_and_its_detail_is_text() -> None:
    event = event_of(schedules()[2])
    assert (event["source"], event["detail"]) == ("aws.scheduler", "{}")
    assert event["resources"] == ["arn:aws:scheduler:eu-central-1:123456789012:schedule/default/ReportFunctionShift"]


def test_an_input_takes_the_place_of_the_event() -> None:
    assert event_of(schedules()[1]) == [1]


def test_scheduler_fills_in_context_attributes_and_a_rule_does_not() -> None:
    names = ("scheduled-time", "schedule-arn", "execution-id", "attempt-number")
    text = json.dumps([f"<aws.scheduler.{name}>" for name in names])
    shift = schedules()[2]
    assert event_of(replace(shift, input=text)) == ["2026-07-01T12:00:00Z", shift.arn, EVENT_ID, "1"]
    assert event_of(replace(schedules()[0], input='"<aws.scheduler.schedule-arn>"')) == "<aws.scheduler.schedule-arn>"
