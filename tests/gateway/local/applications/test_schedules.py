"""Schedules by the real clock: one that fires every minute, over a kill of the gateway."""

from __future__ import annotations

import http.client
import json
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.gateway.local.local_gateway import LocalGateway
from tests.watching import until

pytestmark = pytest.mark.server


def received(gateway: LocalGateway) -> list[Any]:
    """The events that the function has printed."""
    said = [json.loads(line).get("message", "") for line in list(gateway.lines) if line.startswith("{")]
    return [json.loads(message)["diary"] for message in said if message.startswith('{"diary"')]


def page(gateway: LocalGateway, name: str) -> str:
    connection = http.client.HTTPConnection(gateway.addresses["ready"].removeprefix("http://"), timeout=20)
    connection.request("GET", f"/_esb/{name}")
    text = connection.getresponse().read().decode()
    connection.close()
    return text


def test_schedules_are_listed_without_their_input(ticking: LocalGateway) -> None:
    tick, shift = json.loads(page(ticking.ready(), "schedules"))["schedules"]
    assert (tick["name"], tick["function"], tick["timezone"], tick["enabled"]) == ("Tick", "diary", "UTC", True)
    assert [each.partition("T")[2] for each in shift["next"]] == ["05:00:00Z"] * 5
    assert "secret" not in str(shift)


def test_a_schedule_fires_by_the_clock_and_once_over_a_kill(
    ticking: LocalGateway, start: Callable[..., LocalGateway]
) -> None:
    until(lambda: received(ticking), 65)
    until(lambda: "esb_events_queued 0.0" in page(ticking, "metrics"))
    event = received(ticking)[0]
    due = datetime.fromisoformat(event["time"])
    assert due.second == 0
    assert due <= datetime.now(UTC)
    arn = "arn:aws:events:us-east-1:123456789012:rule/shop-diaryTick"
    assert (event["source"], event["resources"], event["detail"]) == ("aws.events", [arn], {})
    assert 'esb_schedule_firings_total{function="diary",outcome="fired",schedule="Tick"}' in page(ticking, "metrics")

    until(lambda: 2 <= datetime.now(UTC).second < 55, 10)  # what runs at the kill would run again
    ticking.end(signal.SIGKILL)
    again = start(ticking.root, "--data", str(ticking.root / "data")).ready()
    again.invoke("diary", "after")  # what the start has fired has been handed over before
    until(lambda: "after" in received(again))
    fired = [each["time"] for gateway in (ticking, again) for each in received(gateway) if each != "after"]
    assert len(fired) == len(set(fired))
