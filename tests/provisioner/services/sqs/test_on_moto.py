"""Queues on moto's server: fresh, again, repaired, and listed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.provisioner.command import Stack

pytestmark = pytest.mark.server

ARN = "arn:aws:sqs:us-east-1:123456789012"
REDRIVE = json.dumps({"deadLetterTargetArn": f"{ARN}:failed", "maxReceiveCount": 3})
ORDERS: dict[str, Any] = {
    "QueueName": "a-orders",  # before its dead-letter queue
    "Attributes": {"VisibilityTimeout": 60, "RedrivePolicy": REDRIVE},
    "tags": {"team": "web"},
}
FAILED: dict[str, Any] = {"QueueName": "failed", "Attributes": {"MessageRetentionPeriod": "1209600"}}
FIFO: dict[str, Any] = {
    "QueueName": "payments.fifo",
    "Attributes": {"FifoQueue": "true", "ContentBasedDeduplication": "true"},
}
ALL = {"SQS": [ORDERS, FAILED, FIFO]}
NAMES = ["a-orders", "failed", "payments.fifo"]


def attributes(stack: Stack, name: str) -> dict[str, str]:
    sqs = stack.client("sqs")
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    found: dict[str, str] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return found


def test_a_second_run_changes_nothing(stack: Stack) -> None:
    first = stack.provision(ALL, "--json")
    assert first.results == dict.fromkeys(NAMES, "created")
    assert first.code == 0
    second = stack.provision(ALL, "--json")
    assert second.results == dict.fromkeys(NAMES, "unchanged")
    assert stack.provision(ALL, "--plan").out == "nothing to do\n"
    orders = attributes(stack, "a-orders")
    assert orders["VisibilityTimeout"] == "60"
    assert json.loads(orders["RedrivePolicy"]) == json.loads(REDRIVE)
    assert attributes(stack, "payments.fifo")["FifoQueue"] == "true"
    sqs = stack.client("sqs")
    tags = sqs.list_queue_tags(QueueUrl=sqs.get_queue_url(QueueName="a-orders")["QueueUrl"])["Tags"]
    assert tags == {"team": "web"}


def test_a_changed_attribute_is_repaired(stack: Stack) -> None:
    assert stack.provision(ALL).code == 0
    changed = {**ORDERS, "Attributes": {**ORDERS["Attributes"], "VisibilityTimeout": "90"}}
    done = stack.provision({"SQS": [changed, FAILED, FIFO]}, "--json")
    assert done.results == {"a-orders": "updated", "failed": "unchanged", "payments.fifo": "unchanged"}
    assert attributes(stack, "a-orders")["VisibilityTimeout"] == "90"


def test_messages_stay_when_a_queue_is_changed(stack: Stack) -> None:
    assert stack.provision({"SQS": [FAILED]}).code == 0
    sqs = stack.client("sqs")
    sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName="failed")["QueueUrl"], MessageBody="kept")
    assert stack.provision({"SQS": [{"QueueName": "failed"}]}).code == 0
    assert attributes(stack, "failed")["MessageRetentionPeriod"] == "345600"
    assert attributes(stack, "failed")["ApproximateNumberOfMessages"] == "1"


def test_queues_that_the_file_does_not_name_are_listed(stack: Stack) -> None:
    assert stack.provision(ALL).code == 0
    done = stack.provision({"SQS": [FAILED]}, "--plan")
    assert done.code == 0
    assert [line for line in done.err.splitlines() if line.startswith("unmanaged")] == [
        "unmanaged: queue a-orders is not in the file; it is left as it is",
        "unmanaged: queue payments.fifo is not in the file; it is left as it is",
    ]
