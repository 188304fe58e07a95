"""What a schedule sends to its function, and how it is listed."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from esb_gateway.config import read_configuration
from esb_gateway.event_sources.schedules.events import payload
from esb_gateway.event_sources.schedules.listing import described, lines
from esb_gateway.event_sources.schedules.schedules import Firing, Schedule

NOON = 1_782_907_200  # 2026-07-01T12:00:00Z
EVENT_ID = "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa"
FUNCTIONS: dict[str, Any] = {
    "stack": {"name": "shop", "region": "eu-central-1"},
    "functions": {
        "report": {
            "handler": "app.handler",
            "runtime": "python3.12",
            "logical_id": "ReportFunction",
            "events": [
                {"type": "Schedule", "name": "Nightly", "schedule": "rate(1 day)"},
                {
                    "type": "Schedule",
                    "name": "Named",
                    "schedule": "rate(1 hour)",
                    "resource": "rule/hourly",
                    "input": "[1]",
                },
                {
                    "type": "ScheduleV2",
                    "name": "Shift",
                    "schedule": "cron(0 6 * * ? *)",
                    "timezone": "Europe/Berlin",
                    "flexible_time_window": 15,
                    "start_date": "2026-06-01T00:00:00Z",
                    "end_date": "2026-08-01T00:00:00Z",
                },
                {"type": "ScheduleV2", "name": "Once", "schedule": "at(2020-01-01T00:00:00)", "enabled": False},
            ],
        }
    },
}


def schedules() -> list[Schedule]:
    return list(read_configuration(FUNCTIONS, {"routes": []}).schedules)


def test_entries_become_schedules() -> None:
    nightly, named, shift, once = schedules()
    assert nightly.arn == "arn:aws:events:eu-central-1:123456789012:rule/shop-ReportFunctionNightly"
    assert named.arn == "arn:aws:events:eu-central-1:123456789012:rule/hourly"
    assert shift.arn == "arn:aws:scheduler:eu-central-1:123456789012:schedule/default/ReportFunctionShift"
    assert (shift.timezone.key, shift.window, shift.start, shift.end) == ("Europe/Berlin", 900, 1780272000, 1785542400)
    assert [each.enabled for each in (nightly, once)] == [True, False]
    assert nightly.key == "report/Nightly"


def event_of(schedule: Schedule) -> Any:
    return json.loads(payload(Firing(schedule, NOON, NOON + 7), EVENT_ID))


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


def test_a_listing_has_no_input() -> None:
    named, shift = (described(each, NOON, 2) for each in schedules()[1:3])
    assert named == {
        "name": "Named",
        "function": "report",
        "expression": "rate(1 hour)",
        "timezone": "UTC",
        "enabled": True,
        "arn": "arn:aws:events:eu-central-1:123456789012:rule/hourly",
        "next": ["2026-07-01T13:00:00Z", "2026-07-01T14:00:00Z"],
    }
    assert shift["flexible_time_window"] == 15


def test_a_listing_for_people_is_in_the_schedule_s_own_time() -> None:
    nightly, _, shift, once = schedules()
    ended = replace(once, enabled=True)
    assert list(lines([nightly, replace(shift, window=0), once, ended], NOON, 1)) == [
        "report/Nightly: rate(1 day), UTC",
        "  2026-07-02 00:00:00 UTC",
        "report/Shift: cron(0 6 * * ? *), Europe/Berlin",
        "  2026-07-02 06:00:00 CEST",
        "report/Once: at(2020-01-01T00:00:00), UTC, disabled",
        "report/Once: at(2020-01-01T00:00:00), UTC",
        "  never again",
    ]
