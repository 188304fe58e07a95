"""Buses on moto's server: fresh, again, repaired, and listed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.provisioner.command import Stack

pytestmark = pytest.mark.server

QUEUE = "arn:aws:sqs:us-east-1:123456789012:orders"
RULE: dict[str, Any] = {
    "Name": "shipped",
    "EventPattern": '{"source": ["shop"]}',
    "Targets": [{"Id": "queue", "Arn": QUEUE, "RetryPolicy": {"MaximumRetryAttempts": 3}}],
}
ALL = {
    "SQS": [{"QueueName": "orders"}],
    "EventBridge": [
        {"Name": "shop", "Rules": [RULE]},
        {"Name": "default", "Rules": [{"Name": "daily", "ScheduleExpression": "rate(1 day)"}]},
    ],
}


def test_a_second_run_changes_nothing(stack: Stack) -> None:
    first = stack.provision(ALL, "--json")
    assert first.code == 0, first.document
    second = stack.provision(ALL, "--json")
    assert second.results == dict.fromkeys(["orders", "shop", "default"], "unchanged")
    assert stack.provision(ALL, "--plan").out == "nothing to do\n"
    events = stack.client("events")
    (target,) = events.list_targets_by_rule(EventBusName="shop", Rule="shipped")["Targets"]
    assert (target["Id"], target["Arn"], target["RetryPolicy"]) == ("queue", QUEUE, {"MaximumRetryAttempts": 3})


def test_a_changed_target_is_repaired_and_others_are_removed(stack: Stack) -> None:
    assert stack.provision(ALL).code == 0
    changed = {**RULE, "Targets": [{"Id": "other", "Arn": QUEUE}]}
    done = stack.provision({**ALL, "EventBridge": [{"Name": "shop", "Rules": [changed]}]}, "--json")
    assert (done.code, done.results["shop"]) == (0, "updated")
    found = stack.client("events").list_targets_by_rule(EventBusName="shop", Rule="shipped")["Targets"]
    assert [target["Id"] for target in found] == ["other"]


def test_buses_that_the_file_does_not_name_are_listed(stack: Stack) -> None:
    assert stack.provision(ALL).code == 0
    done = stack.provision({"EventBridge": [{"Name": "default"}]}, "--plan")
    assert "unmanaged: bus shop is not in the file; it is left as it is" in done.err
    assert "bus default is not in the file" not in done.err
