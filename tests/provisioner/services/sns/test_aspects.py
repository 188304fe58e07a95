"""The plan of a topic, as text."""

from __future__ import annotations

import json
from typing import Any

from esb_provisioner.desired import parse
from esb_provisioner.plan import plan
from esb_provisioner.services.sns.definition import Subscriber
from esb_provisioner.services.sns.read import ObservedSubscription, ObservedTopic
from esb_provisioner.steps import Plan, Resource

ARN = "arn:aws:sns:us-east-1:123456789012:orders"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:orders"
TO_QUEUE = Subscriber("sqs", QUEUE)
POLICY = json.dumps({"kind": ["order"]})


def planned(entry: dict[str, Any], seen: ObservedTopic | None) -> Plan:
    desired = parse({"SNS": [{"Name": "orders", **entry}]})
    return plan(desired, {} if seen is None else {Resource("topic", "orders"): seen})


def lines(text: str) -> str:
    return "\n".join(f"topic orders: {line.strip()}" for line in text.strip().splitlines())


def subscribed(**attributes: Any) -> dict[str, Any]:
    return {"Subscriptions": [{"Protocol": "sqs", "Endpoint": QUEUE, "Attributes": attributes}]}


def test_a_missing_topic_is_made_and_then_subscribed_to() -> None:
    entry = {"Attributes": {"DisplayName": "Orders"}, "Tags": [{"Key": "team", "Value": "web"}], **subscribed()}
    (operation,) = planned(entry, None).operations
    assert str(operation) == "topic orders: create_topic (not found, then 1 subscription)"
    assert operation.call.params == {
        "Name": "orders",
        "Attributes": {"DisplayName": "Orders"},
        "Tags": [{"Key": "team", "Value": "web"}],
    }
    (then,) = planned(subscribed(FilterPolicy=POLICY, RawMessageDelivery=True), ObservedTopic(ARN)).operations
    assert str(then) == f"topic orders: subscribe (sqs {QUEUE}: not subscribed)"
    assert then.call.params == {
        "TopicArn": ARN,
        "Protocol": "sqs",
        "Endpoint": QUEUE,
        "Attributes": {"FilterPolicy": POLICY, "RawMessageDelivery": "true"},
        "ReturnSubscriptionArn": True,
    }


def test_a_topic_that_is_as_the_file_says_needs_nothing() -> None:
    seen = ObservedTopic(
        ARN,
        {"DisplayName": "", "Owner": "123456789012", "Policy": "{}"},
        {"team": "web", "theirs": "1"},
        {
            TO_QUEUE: ObservedSubscription(
                "arn:s", {"FilterPolicy": '{"kind":["order"]}', "RawMessageDelivery": "false"}
            ),
            Subscriber("sqs", "arn:theirs"): ObservedSubscription("arn:t"),
        },
    )
    entry = {"Tags": [{"Key": "team", "Value": "web"}], **subscribed(FilterPolicy=POLICY)}
    assert not str(planned(entry, seen))


def test_attributes_tags_and_subscriptions_are_repaired() -> None:
    there = {TO_QUEUE: ObservedSubscription("arn:s", {"RawMessageDelivery": "true", "FilterPolicy": POLICY})}
    seen = ObservedTopic(ARN, {"DisplayName": "Old"}, {}, there)
    entry = {"Tags": [{"Key": "team", "Value": "web"}], **subscribed(FilterPolicyScope="MessageBody")}
    result = planned(entry, seen)
    assert str(result) == lines(f"""
        set_topic_attributes (DisplayName: Old -> none)
        tag_resource (Tags: team)
        set_subscription_attributes (FilterPolicyScope of sqs {QUEUE}: MessageAttributes -> MessageBody)
        set_subscription_attributes (FilterPolicy of sqs {QUEUE}: {POLICY} -> none)
        set_subscription_attributes (RawMessageDelivery of sqs {QUEUE}: true -> false)
    """)


def test_a_subscription_that_waits_for_its_confirmation_is_left_alone() -> None:
    hook = {"Protocol": "https", "Endpoint": "https://shop.example/hook"}
    seen = ObservedTopic(ARN, {}, None, {Subscriber(*hook.values()): ObservedSubscription("")})
    assert not str(planned({"Subscriptions": [hook]}, seen))


def test_a_standard_topic_does_not_become_a_fifo_topic() -> None:
    result = planned({"Attributes": {"FifoTopic": True}}, ObservedTopic(ARN))
    assert str(result) == "topic orders: drift (FifoTopic: the server has false, the file has true)"
