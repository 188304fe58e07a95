"""Subscriptions: recorded/sns/test_sns.json, TestSNSSubscriptionCrud."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cloud.queues import ACCOUNT
from tests.cloud.running_cloud import Start
from tests.cloud.sns.conftest import Sns
from tests.cloud.sns.test_publishing import refusal

pytestmark = pytest.mark.server

QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:queue"
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f"


def test_what_a_subscription_shows(sns: Sns) -> None:
    topic = sns.topic()
    arn = sns.subscribe(topic, QUEUE, RawMessageDelivery="true")
    assert sns.client.get_subscription_attributes(SubscriptionArn=arn)["Attributes"] == {
        "SubscriptionArn": arn,
        "TopicArn": topic,
        "Owner": ACCOUNT,
        "SubscriptionPrincipal": f"arn:aws:iam::{ACCOUNT}:root",
        "Protocol": "sqs",
        "Endpoint": QUEUE,
        "PendingConfirmation": "false",
        "ConfirmationWasAuthenticated": "true",
        "RawMessageDelivery": "true",
    }


def test_subscribing_again(sns: Sns) -> None:
    topic = sns.topic()
    arn = sns.subscribe(topic, QUEUE, RawMessageDelivery="true")
    assert sns.subscribe(topic, QUEUE, RawMessageDelivery="true") == arn
    assert sns.subscribe(topic, QUEUE) == arn
    given = {"TopicArn": topic, "Protocol": "sqs", "Endpoint": QUEUE, "Attributes": {"RawMessageDelivery": "false"}}
    found = refusal(sns.client.subscribe, **given)
    assert found.endswith("Attributes Reason: Subscription already exists with different attributes")


@pytest.mark.parametrize(
    ("protocol", "endpoint", "expected"),
    [
        ("sqs", "http://localhost/queue", "SQS endpoint ARN"),
        ("sqs", f"{QUEUE}.fifo", "FIFO SQS Queues can not be subscribed to standard SNS topics"),
        ("lambda", "function", "Lambda endpoint ARN"),
        ("http", "https://example.com", "Endpoint must match the specified protocol"),
        ("https", "https://exa mple.com", "Endpoint must match the specified protocol"),
        ("pigeon", "x", "Amazon SNS does not support this protocol string: pigeon"),
        ("sms", "+15551234567", "sms is not available in this stack; use sqs, lambda, http or https"),
        ("email", "a@example.com", "email is not available in this stack; use sqs, lambda, http or https"),
    ],
)
def test_endpoints_that_are_refused(sns: Sns, protocol: str, endpoint: str, expected: str) -> None:
    found = refusal(sns.client.subscribe, TopicArn=sns.topic(), Protocol=protocol, Endpoint=endpoint)
    assert found.startswith("InvalidParameter: Invalid parameter: ")
    assert found.endswith(expected)


@pytest.mark.parametrize(
    ("protocol", "endpoint", "attributes", "expected"),
    [
        ("sqs", QUEUE, {"Colour": "red"}, "Attributes Reason: Unknown attribute: Colour"),
        ("sqs", QUEUE, {"ReplayPolicy": "{}"}, "Attributes Reason: Unknown attribute: ReplayPolicy"),
        ("sqs", QUEUE, {"RedrivePolicy": "x"}, "Attributes Reason: RedrivePolicy: failed to parse JSON."),
        (
            "sqs",
            QUEUE,
            {"RedrivePolicy": '{"deadLetterTargetArn": "x"}'},
            "Attributes Reason: RedrivePolicy: deadLetterTargetArn is an invalid arn",
        ),
        (
            "sqs",
            QUEUE,
            {"DeliveryPolicy": "{}"},
            "Attributes Reason: DeliveryPolicy: is for http and https subscriptions",
        ),
        (
            "lambda",
            FUNCTION,
            {"RawMessageDelivery": "true"},
            "Attributes Reason: Delivery protocol [lambda] does not support raw message delivery.",
        ),
        (
            "sqs",
            QUEUE,
            {"RawMessageDelivery": "maybe"},
            "Attributes Reason: RawMessageDelivery: Invalid value [maybe]. Must be true or false.",
        ),
    ],
)
def test_attributes_that_are_refused(
    sns: Sns, protocol: str, endpoint: str, attributes: dict[str, str], expected: str
) -> None:
    given = {"TopicArn": sns.topic(), "Protocol": protocol, "Endpoint": endpoint, "Attributes": attributes}
    assert refusal(sns.client.subscribe, **given) == f"InvalidParameter: Invalid parameter: {expected}"


def test_a_fifo_topic_wants_queues_and_fifo_dead_letter_queues(sns: Sns) -> None:
    topic = sns.topic(FifoTopic="true")
    assert "use SQS queues" in refusal(sns.client.subscribe, TopicArn=topic, Protocol="lambda", Endpoint=FUNCTION)
    arn = sns.subscribe(topic, f"{QUEUE}.fifo")
    policy = json.dumps({"deadLetterTargetArn": QUEUE})
    change = {"SubscriptionArn": arn, "AttributeName": "RedrivePolicy", "AttributeValue": policy}
    found = refusal(sns.client.set_subscription_attributes, **change)
    assert found.endswith("must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic.")


def test_changing_attributes(sns: Sns) -> None:
    arn = sns.subscribe(sns.topic(), QUEUE)
    change: dict[str, Any] = {"SubscriptionArn": arn, "AttributeName": "RedrivePolicy"}
    policy = json.dumps({"deadLetterTargetArn": QUEUE})
    sns.client.set_subscription_attributes(**change, AttributeValue=policy)
    shown = sns.client.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert shown["RedrivePolicy"] == policy
    sns.client.set_subscription_attributes(**change, AttributeValue="")
    assert "RedrivePolicy" not in sns.client.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    unknown = {"SubscriptionArn": arn, "AttributeName": "Colour", "AttributeValue": "red"}
    assert refusal(sns.client.set_subscription_attributes, **unknown).endswith("AttributeName")


@pytest.mark.parametrize(
    ("arn", "expected"),
    [
        ("", "SubscriptionArn Reason: no value for required parameter"),
        ("a", "SubscriptionArn Reason: An ARN must have at least 6 elements, not 1"),
        (f"arn:aws:sns:us-east-1:{ACCOUNT}:topic", "SubscriptionId"),
    ],
)
def test_arns_that_are_refused(sns: Sns, arn: str, expected: str) -> None:
    """Recorded: test_unsubscribe_wrong_arn_format."""
    found = refusal(sns.client.unsubscribe, SubscriptionArn=arn)
    assert found == f"InvalidParameter: Invalid parameter: {expected}"


def test_unsubscribing(sns: Sns) -> None:
    topic, queue = sns.topic(), sns.queue()
    arn = sns.subscribe(topic, queue.arn)
    sns.client.unsubscribe(SubscriptionArn=arn)
    sns.client.unsubscribe(SubscriptionArn=arn)
    sns.publish(topic)
    assert sns.messages(queue) == []
    found = refusal(sns.client.get_subscription_attributes, SubscriptionArn=arn)
    assert found == "NotFound: Subscription does not exist"
    assert sns.client.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []


def test_pages_of_subscriptions(sns: Sns) -> None:
    topic = sns.topic()
    wanted = {sns.subscribe(topic, f"{QUEUE}-{n}") for n in range(120)}
    pages = list(sns.client.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic))
    assert [len(page["Subscriptions"]) for page in pages] == [100, 20]
    assert {one["SubscriptionArn"] for page in pages for one in page["Subscriptions"]} == wanted
    everywhere = sns.client.get_paginator("list_subscriptions").paginate()
    assert wanted <= {one["SubscriptionArn"] for page in everywhere for one in page["Subscriptions"]}


@pytest.mark.parametrize(("token", "expected"), [("short", "Invalid token"), ("ab" * 64, "Invalid parameter: Token")])
def test_tokens_that_confirm_nothing(sns: Sns, token: str, expected: str) -> None:
    """Recorded: test_sns_confirm_subscription_wrong_token."""
    found = refusal(sns.client.confirm_subscription, TopicArn=sns.topic(), Token=token)
    assert found == f"InvalidParameter: {expected}"


def test_a_subscription_that_is_not_confirmed_goes_after_two_days(start: Start, tmp_path: Any, name: str) -> None:
    """SNS API reference, "Subscribe"."""
    first = start(tmp_path / "cloud.db", auth=False)
    sns = Sns(first, name)
    arn = sns.subscribe(sns.topic(), "http://127.0.0.1:9", "http")
    first.advance(2 * 86_400 + 1)
    sns.sqs.create_queue(QueueName=name)  # the time is kept with what is written
    first.stop()
    sns = Sns(start(tmp_path / "cloud.db", auth=False), name)
    found = refusal(sns.client.get_subscription_attributes, SubscriptionArn=arn)
    assert found == "NotFound: Subscription does not exist"
