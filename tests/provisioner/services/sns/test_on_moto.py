"""Topics on moto's server: fresh, again, repaired, and listed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.provisioner.command import Stack

pytestmark = pytest.mark.server

QUEUE = "arn:aws:sqs:us-east-1:123456789012:orders"
TOPIC: dict[str, Any] = {
    "Name": "events",
    "Attributes": {"DisplayName": "Events"},
    "Tags": [{"Key": "team", "Value": "web"}],
    "Subscriptions": [
        {"Protocol": "sqs", "Endpoint": QUEUE, "Attributes": {"FilterPolicy": json.dumps({"kind": ["order"]})}}
    ],
}
ALL = {"SQS": [{"QueueName": "orders"}], "SNS": [TOPIC, {"Name": "pay.fifo", "Attributes": {"FifoTopic": "true"}}]}
NAMES = ["orders", "events", "pay.fifo"]


def subscriptions(stack: Stack) -> list[dict[str, str]]:
    found: list[dict[str, str]] = stack.client("sns").list_subscriptions()["Subscriptions"]
    return found


def test_a_second_run_changes_nothing(stack: Stack) -> None:
    first = stack.provision(ALL, "--json")
    assert (first.code, first.results) == (0, dict.fromkeys(NAMES, "created"))
    second = stack.provision(ALL, "--json")
    assert second.results == dict.fromkeys(NAMES, "unchanged")
    assert stack.provision(ALL, "--plan").out == "nothing to do\n"
    (subscription,) = subscriptions(stack)
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("sqs", QUEUE)
    arn = subscription["SubscriptionArn"]
    attributes = stack.client("sns").get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert json.loads(attributes["FilterPolicy"]) == {"kind": ["order"]}


def test_a_changed_subscription_is_repaired_and_others_stay(stack: Stack) -> None:
    assert stack.provision(ALL).code == 0
    sns = stack.client("sns")
    (arn,) = [each["TopicArn"] for each in sns.list_topics()["Topics"] if each["TopicArn"].endswith(":events")]
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=f"{QUEUE}-2")
    changed = {**TOPIC, "Subscriptions": [{"Protocol": "sqs", "Endpoint": QUEUE}]}
    done = stack.provision({**ALL, "SNS": [changed]}, "--json")
    assert (done.code, done.results) == (0, {"orders": "unchanged", "events": "updated"})
    assert len(subscriptions(stack)) == 2


def test_topics_that_the_file_does_not_name_are_listed(stack: Stack) -> None:
    assert stack.provision(ALL).code == 0
    done = stack.provision({"SNS": [TOPIC | {"Subscriptions": []}]}, "--plan")
    assert "unmanaged: topic pay.fifo is not in the file; it is left as it is" in done.err
