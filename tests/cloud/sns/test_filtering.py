"""Filter policies. Source: SNS developer guide, "Amazon SNS message filtering"."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cloud.sns.conftest import Sns
from tests.cloud.sns.test_publishing import refusal

pytestmark = pytest.mark.server


def attribute(data_type: str, value: str) -> dict[str, str]:
    return {"DataType": data_type, "StringValue": value}


@pytest.mark.parametrize(
    ("policy", "attributes", "passes"),
    [
        ({"kind": ["a", "b"]}, {"kind": attribute("String", "b")}, True),
        ({"kind": ["a"]}, {"kind": attribute("String", "c")}, False),
        ({"kind": ["a"]}, {}, False),
        ({"kind": [{"exists": False}]}, {}, True),
        ({"size": [100]}, {"size": attribute("Number", "100.0")}, True),
        ({"size": [100]}, {"size": attribute("String", "100")}, False),
        ({"size": ["100"]}, {"size": attribute("Number", "100")}, False),
        ({"size": [{"numeric": [">", 0, "<=", 100]}]}, {"size": attribute("Number", "99")}, True),
        ({"kinds": ["b"]}, {"kinds": attribute("String.Array", '["a", "b"]')}, True),
        ({"kinds": [True]}, {"kinds": attribute("String.Array", '["a", true]')}, True),
        ({"kinds": ["c"]}, {"kinds": attribute("String.Array", '["a", "b"]')}, False),
        ({"a.b": ["x"]}, {"a.b": attribute("String", "x")}, True),
        ({"$or": [{"a": ["x"]}, {"b": ["x"]}]}, {"b": attribute("String", "x")}, True),
        ({"blob": [{"exists": True}]}, {"blob": {"DataType": "Binary", "BinaryValue": b"x"}}, False),
    ],
)
def test_by_attributes(sns: Sns, policy: dict[str, Any], attributes: dict[str, Any], passes: bool) -> None:
    topic = sns.topic()
    queue = sns.subscribed_queue(topic, FilterPolicy=json.dumps(policy))
    sns.publish(topic, MessageAttributes=attributes)
    assert bool(sns.messages(queue)) is passes


@pytest.mark.parametrize(
    ("policy", "body", "passes"),
    [
        ({"a": {"b": ["x"]}}, '{"a": {"b": "x"}}', True),
        ({"a": {"b": ["x"]}}, '{"a": [{"b": "y"}, {"b": "x"}]}', True),
        ({"a": {"b": ["x"]}}, '{"a": "x"}', False),
        ({"a": [{"exists": False}]}, "no JSON", False),
        ({"a": [{"exists": False}]}, "[1]", False),
        ({"a": [{"exists": False}]}, "{}", True),
    ],
)
def test_by_body(sns: Sns, policy: dict[str, Any], body: str, passes: bool) -> None:
    topic = sns.topic()
    queue = sns.subscribed_queue(topic, FilterPolicy=json.dumps(policy), FilterPolicyScope="MessageBody")
    sns.publish(topic, body)
    assert bool(sns.messages(queue)) is passes


def test_each_message_of_a_batch_is_filtered(sns: Sns) -> None:
    topic = sns.topic()
    queue = sns.subscribed_queue(topic, FilterPolicy='{"kind": ["a"]}')
    entries = [
        {"Id": str(n), "Message": kind, "MessageAttributes": {"kind": attribute("String", kind)}}
        for n, kind in enumerate("abab")
    ]
    sns.client.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
    assert sns.texts(queue) == ["a", "a"]


def test_a_changed_policy_takes_effect_at_once(sns: Sns) -> None:
    topic, queue = sns.topic(), sns.queue()
    subscription = sns.subscribe(topic, queue.arn, FilterPolicy='{"kind": ["a"]}')
    sns.publish(topic, "none")
    change = {"SubscriptionArn": subscription, "AttributeName": "FilterPolicy"}
    sns.client.set_subscription_attributes(**change, AttributeValue='{"kind": [{"exists": false}]}')
    sns.publish(topic, "one")
    sns.client.set_subscription_attributes(**change, AttributeValue="{}")
    sns.publish(topic, "two", MessageAttributes={"kind": attribute("String", "z")})
    assert sns.texts(queue) == ["one", "two"]
    shown = sns.client.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
    assert "FilterPolicy" not in shown


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        (
            {"FilterPolicy": json.dumps({f"k{n}": ["x"] for n in range(6)})},
            "Attributes Reason: FilterPolicy: Filter policy can not have more than 5 keys",
        ),
        (
            {"FilterPolicy": json.dumps({"a": list(range(13)), "b": list(range(12))})},
            "Attributes Reason: FilterPolicy: Filter policy is too complex",
        ),
        (
            # each of four values counts three times, as they are nested three levels deep: 12 * 6 * 3 = 216
            {
                "FilterPolicy": json.dumps({"a": {"b": {"c": [1, 2, 3, 4]}}, "d": {"e": [1, 2, 3]}, "f": [1, 2, 3]}),
                "FilterPolicyScope": "MessageBody",
            },
            "Attributes Reason: FilterPolicy: Filter policy is too complex",
        ),
        (
            {"FilterPolicy": '{"a": {"b": ["x"]}}'},
            "Filter policy scope MessageAttributes does not support nested filter policy",
        ),
        (
            {"FilterPolicy": '{"a": [{"anything-but": {"suffix": "x"}}]}'},
            "Attributes Reason: FilterPolicy: Unsupported anything-but pattern: suffix",
        ),
        (
            {"FilterPolicyScope": "Subject"},
            "Attributes Reason: FilterPolicyScope: Invalid value [Subject]. Please use either MessageBody or "
            "MessageAttributes",
        ),
    ],
)
def test_policies_that_are_refused(sns: Sns, attributes: dict[str, str], expected: str) -> None:
    """Recorded: recorded/sns/test_sns_filter_policy.json; the arithmetic is that of the developer guide."""
    endpoint = sns.queue().arn
    found = refusal(
        sns.client.subscribe, TopicArn=sns.topic(), Protocol="sqs", Endpoint=endpoint, Attributes=attributes
    )
    assert found == f"InvalidParameter: Invalid parameter: {expected}"


@pytest.mark.parametrize(
    "policy",
    [
        {"a": list(range(15)), "b": list(range(10))},
        {"$or": [{"a": list(range(75))}, {"b": list(range(75))}]},
    ],
)
def test_policies_of_150_combinations_are_allowed(sns: Sns, policy: dict[str, Any]) -> None:
    sns.subscribe(sns.topic(), sns.queue().arn, FilterPolicy=json.dumps(policy))
