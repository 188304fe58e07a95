"""Schedule and ScheduleV2 as event sources."""

from __future__ import annotations

import pytest

from esb_schemas.event_sources.schedule import load_schedule, resource_of


@pytest.mark.parametrize(
    ("entry", "resource"),
    [
        ({"type": "Schedule"}, "rule/orders-OwnerNightly"),
        ({"type": "ScheduleV2"}, "schedule/default/OwnerNightly"),
        ({"type": "Schedule", "resource": "rule/mine"}, "rule/mine"),
    ],
)
def test_the_resource_of_a_schedule(entry: dict[str, str], resource: str) -> None:
    event = load_schedule({"name": "Nightly", "schedule": "rate(1 day)", **entry})
    assert resource_of(event, "Owner", "orders") == resource
