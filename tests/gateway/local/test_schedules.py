"""Schedules by the real clock: one that fires every minute, over a kill of the gateway."""

from __future__ import annotations

import http.client
import json
import shutil
import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from .conftest import KEYS, Local

pytestmark = pytest.mark.server

FUNCTIONS = """
stack: {name: shop}
functions:
  diary:
    handler: app.handler
    runtime: python3.11
    code: functions/diary
    events:
    - {type: Schedule, name: Tick, schedule: rate(1 minute)}
    - {type: ScheduleV2, name: Shift, schedule: cron(0 6 1 1 ? *), timezone: Europe/Berlin, input: '{"secret": 1}'}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A stack with a function that writes down what it receives."""
    root = tmp_path / "stack"
    (root / "config").mkdir(parents=True)
    (root / "config/functions.yml").write_text(FUNCTIONS)
    (root / "config/routing.yml").write_text("routes: []\n")
    (root / "config/resources.yml").write_text("DynamoDB: []\n")
    (root / "secrets.env").write_text("".join(f"{name}={value}\n" for name, value in KEYS.items()))
    shutil.copytree(Path(__file__).parent / "functions/diary", root / "functions/diary")
    return root


def received(gateway: Local) -> list[Any]:
    """The events that the function has printed."""
    said = [json.loads(line).get("message", "") for line in list(gateway.lines) if line.startswith("{")]
    return [json.loads(message)["diary"] for message in said if message.startswith('{"diary"')]


def page(gateway: Local, name: str) -> str:
    connection = http.client.HTTPConnection(gateway.addresses["ready"].removeprefix("http://"), timeout=20)
    connection.request("GET", f"/_esb/{name}")
    text = connection.getresponse().read().decode()
    connection.close()
    return text


def test_a_schedule_fires_by_the_clock_and_once_over_a_kill(
    root: Path, tmp_path: Path, start: Callable[..., Local], until: Callable[..., None]
) -> None:
    gateway = start(root, "--data", str(tmp_path / "data")).ready()
    begun = datetime.now(UTC)

    tick, shift = json.loads(page(gateway, "schedules"))["schedules"]
    assert (tick["name"], tick["function"], tick["timezone"], tick["enabled"]) == ("Tick", "diary", "UTC", True)
    assert datetime.fromisoformat(tick["next"][0]) - begun <= timedelta(minutes=1)
    assert shift["next"][0].endswith("-01-01T05:00:00Z")
    assert "secret" not in str(shift)

    until(lambda: received(gateway), 65)
    until(lambda: "esb_events_queued 0.0" in page(gateway, "metrics"))
    assert 'esb_schedule_firings_total{function="diary",outcome="fired",schedule="Tick"} 1.0' in page(
        gateway, "metrics"
    )
    (event,) = received(gateway)
    due = datetime.fromisoformat(event["time"])
    assert due.second == 0
    assert begun < due <= datetime.now(UTC)
    arn = "arn:aws:events:us-east-1:123456789012:rule/shop-diaryTick"
    assert (event["source"], event["resources"], event["detail"]) == ("aws.events", [arn], {})

    gateway.end(signal.SIGKILL)
    gateway = start(root, "--data", str(tmp_path / "data")).ready()
    gateway.invoke("diary", "after")  # what the start has fired has been handed over before
    until(lambda: "after" in received(gateway))
    assert event["time"] not in [each["time"] for each in received(gateway) if each != "after"]
