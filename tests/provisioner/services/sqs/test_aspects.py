"""The plan of a queue, as text."""

from __future__ import annotations

import json
from typing import Any

import pytest

from esb_provisioner.desired import parse
from esb_provisioner.plan import plan
from esb_provisioner.resources.reading import UNKNOWN
from esb_provisioner.servers.errors import ErrorKind
from esb_provisioner.services.sqs.calls import error_rule
from esb_provisioner.services.sqs.read import ObservedQueue
from esb_provisioner.steps import Operation, Plan, Resource

URL = "http://cloud:4566/123456789012/orders"
REDRIVE = {"deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:failed", "maxReceiveCount": 5}
SERVER = {
    "DelaySeconds": "0",
    "MaximumMessageSize": "1048576",
    "MessageRetentionPeriod": "345600",
    "QueueArn": "arn:aws:sqs:us-east-1:123456789012:orders",
    "ReceiveMessageWaitTimeSeconds": "0",
    "SqsManagedSseEnabled": "true",
    "VisibilityTimeout": "30",
}


def planned(entry: dict[str, Any], seen: ObservedQueue | None) -> Plan:
    desired = parse({"SQS": [{"QueueName": "orders", **entry}]})
    return plan(desired, {} if seen is None else {Resource("queue", "orders"): seen})


def there(tags: dict[str, str] | None = None, **attributes: str) -> ObservedQueue:
    return ObservedQueue(URL, {**SERVER, **attributes}, tags)


def lines(text: str) -> str:
    return "\n".join(f"queue orders: {line.strip()}" for line in text.strip().splitlines())


def test_a_missing_queue_is_made_with_everything_in_one_call() -> None:
    attributes = {"VisibilityTimeout": 60, "RedrivePolicy": json.dumps(REDRIVE), "SqsManagedSseEnabled": True}
    (operation,) = planned({"Attributes": attributes, "tags": {"team": "web"}}, None).operations
    assert str(operation) == "queue orders: create_queue (not found)"
    texts = {"VisibilityTimeout": "60", "RedrivePolicy": json.dumps(REDRIVE), "SqsManagedSseEnabled": "true"}
    assert operation.call.params == {"QueueName": "orders", "Attributes": texts, "tags": {"team": "web"}}


def test_without_its_dead_letter_queue_it_is_made_without_the_redrive_policy() -> None:
    entry = {"Attributes": {"VisibilityTimeout": "60", "RedrivePolicy": json.dumps(REDRIVE)}}
    (operation,) = planned(entry, None).operations
    assert operation.fallback is not None
    assert operation.fallback.params == {"QueueName": "orders", "Attributes": {"VisibilityTimeout": "60"}}
    assert str(planned(entry, there(VisibilityTimeout="60"))).startswith(
        "queue orders: set_queue_attributes (RedrivePolicy: none -> "
    )


@pytest.mark.parametrize("code", ["AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"])
def test_a_queue_that_is_missing_when_another_is_made_is_its_dead_letter_queue(code: str) -> None:
    assert error_rule("create_queue", code, "") is ErrorKind.INVALID
    assert error_rule("get_queue_url", code, "") is ErrorKind.MISSING


def test_a_queue_that_is_as_the_file_says_needs_nothing() -> None:
    attributes = {"VisibilityTimeout": "60", "RedrivePolicy": json.dumps(REDRIVE), "ContentBasedDeduplication": False}
    same = json.dumps({"maxReceiveCount": "5", "deadLetterTargetArn": REDRIVE["deadLetterTargetArn"]})
    seen = there({"team": "web", "theirs": "1"}, VisibilityTimeout="60", RedrivePolicy=same)
    assert not str(planned({"Attributes": attributes, "tags": {"team": "web"}}, seen))


def test_attributes_and_tags_are_repaired_in_place() -> None:
    entry = {"Attributes": {"VisibilityTimeout": 60, "MaximumMessageSize": "2048"}, "tags": {"team": "web"}}
    result = planned(entry, there({"theirs": "1"}))
    assert str(result) == lines("""
        set_queue_attributes (MaximumMessageSize: 1048576 -> 2048)
        set_queue_attributes (VisibilityTimeout: 30 -> 60)
        tag_queue (tags: team)
    """)
    assert [operation.call.params for operation in result.operations] == [
        {"QueueUrl": URL, "Attributes": {"MaximumMessageSize": "2048"}},
        {"QueueUrl": URL, "Attributes": {"VisibilityTimeout": "60"}},
        {"QueueUrl": URL, "Tags": {"team": "web"}},
    ]


def test_what_the_file_no_longer_gives_gets_its_default() -> None:
    """As CloudFormation resets a property that is removed from the template."""
    seen = there(DelaySeconds="5", RedrivePolicy=json.dumps(REDRIVE), KmsMasterKeyId="alias/theirs")
    assert str(planned({}, seen)) == lines(f"""
        set_queue_attributes (DelaySeconds: 5 -> 0)
        set_queue_attributes (RedrivePolicy: {json.dumps(REDRIVE)} -> none)
    """)


def test_a_standard_queue_does_not_become_a_fifo_queue() -> None:
    result = planned({"QueueName": "orders", "Attributes": {"FifoQueue": "true", "DelaySeconds": "5"}}, there())
    assert str(result) == "queue orders: drift (FifoQueue: the server has false, the file has true)"
    (drift,) = result.resources[0].drifts
    assert drift.hint == "give the queue another name in the template"


def test_a_fifo_queue_that_is_as_the_file_says_needs_nothing() -> None:
    seen = there(FifoQueue="true", ContentBasedDeduplication="false")
    assert not str(planned({"Attributes": {"FifoQueue": True}}, seen))


def test_tags_that_the_server_cannot_return_are_unknown() -> None:
    (each,) = planned({"tags": {"team": "web"}}, ObservedQueue(URL, SERVER, UNKNOWN)).resources
    assert each.unknown == ("tags",)


def test_no_call_of_a_plan_has_a_value_that_is_not_text() -> None:
    entry = {"Attributes": {"VisibilityTimeout": 60, "FifoQueue": True, "ContentBasedDeduplication": True}}
    for step in planned(entry, None).operations:
        assert isinstance(step, Operation)
        assert all(isinstance(value, str) for value in step.call.params["Attributes"].values())
