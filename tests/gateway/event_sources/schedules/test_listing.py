"""Schedules with their next occurrences, for machines and for people."""

from __future__ import annotations

from dataclasses import replace

from esb_gateway.event_sources.schedules.listing import describe, lines
from tests.gateway.event_sources.schedules.samples import NOON, schedules


def test_a_listing_has_no_input() -> None:
    named, shift = (describe(each, NOON, 2) for each in schedules()[1:3])
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
