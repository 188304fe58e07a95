"""A function with a schedule of each kind."""

from __future__ import annotations

from typing import Any

from esb_gateway.configuration.compiling import read_configuration
from esb_gateway.event_sources.schedules.listing import schedules_of
from esb_gateway.event_sources.schedules.schedule import Schedule

NOON = 1_782_907_200  # 2026-07-01T12:00:00Z
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
    return schedules_of(read_configuration(FUNCTIONS, {"routes": []}).event_sources)
