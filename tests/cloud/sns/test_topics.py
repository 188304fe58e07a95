"""Topics: recorded/sns/test_sns.json, TestSNSTopicCrud."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cloud.queues import ACCOUNT
from tests.cloud.sns.conftest import Sns
from tests.cloud.sns.test_publishing import refusal

pytestmark = pytest.mark.server


def attributes(sns: Sns, topic: str) -> dict[str, str]:
    found: dict[str, str] = sns.client.get_topic_attributes(TopicArn=topic)["Attributes"]
    return found


def test_what_a_topic_shows(sns: Sns) -> None:
    topic = sns.topic()
    shown = attributes(sns, topic)
    assert shown.pop("Policy")
    assert json.loads(shown.pop("EffectiveDeliveryPolicy"))["http"]["defaultHealthyRetryPolicy"]["numRetries"] == 3
    assert shown == {
        "TopicArn": topic,
        "Owner": ACCOUNT,
        "DisplayName": "",
        "SubscriptionsConfirmed": "0",
        "SubscriptionsDeleted": "0",
        "SubscriptionsPending": "0",
    }


def test_creating_a_topic_again(sns: Sns) -> None:
    topic = sns.topic(DisplayName="a")
    assert sns.topic(DisplayName="a") == sns.topic() == topic
    different = refusal(sns.client.create_topic, Name=sns.name, Attributes={"DisplayName": "b"})
    assert different.endswith("Attributes Reason: Topic already exists with different attributes")
    different = refusal(sns.client.create_topic, Name=sns.name, Tags=[{"Key": "k", "Value": "v"}])
    assert different.endswith("Tags Reason: Topic already exists with different tags")


@pytest.mark.parametrize(
    ("topic", "fifo"),
    [("", "false"), ("a b", "false"), ("a" * 257, "false"), ("a.fifo", "false"), ("a", "true"), ("a*", "true")],
)
def test_names_that_are_refused(sns: Sns, topic: str, fifo: str) -> None:
    found = refusal(sns.client.create_topic, Name=topic, Attributes={"FifoTopic": fifo})
    assert found == "InvalidParameter: Invalid parameter: Topic Name"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"Colour": "red"}, "Attributes Reason: Unknown attribute: Colour"),
        ({"ArchivePolicy": "{}"}, "Attributes Reason: Unknown attribute: ArchivePolicy"),
        ({"ContentBasedDeduplication": "true"}, "Attributes Reason: ContentBasedDeduplication: is for FIFO topics"),
        ({"SignatureVersion": "3"}, "Attributes Reason: SignatureVersion: must be one of 1, 2"),
        ({"Policy": "x"}, "Attributes Reason: Policy: failed to parse JSON"),
        ({"DeliveryPolicy": '{"https": {}}'}, "Attributes Reason: DeliveryPolicy: Unexpected JSON member: https"),
        (
            {"DeliveryPolicy": '{"http": {"defaultHealthyRetryPolicy": {"numRetries": 200}}}'},
            "Attributes Reason: DeliveryPolicy: the retries take longer than 3600 seconds",
        ),
    ],
)
def test_attributes_that_are_refused(sns: Sns, given: dict[str, str], expected: str) -> None:
    found = refusal(sns.client.create_topic, Name=sns.name, Attributes=given)
    assert found == f"InvalidParameter: Invalid parameter: {expected}"


def test_a_data_protection_policy_is_refused(sns: Sns) -> None:
    """It would not be enforced."""
    assert "not available in this stack" in refusal(sns.client.create_topic, Name=sns.name, DataProtectionPolicy="{}")


def test_setting_attributes(sns: Sns) -> None:
    topic = sns.topic()
    sns.client.set_topic_attributes(TopicArn=topic, AttributeName="DisplayName", AttributeValue="name")
    policy = {"http": {"defaultRequestPolicy": {"headerContentType": "application/json"}}}
    change = {"TopicArn": topic, "AttributeName": "DeliveryPolicy"}
    sns.client.set_topic_attributes(**change, AttributeValue=json.dumps(policy))
    shown = attributes(sns, topic)
    assert shown["DisplayName"] == "name"
    policy["http"]["disableSubscriptionOverrides"] = False  # type: ignore[assignment]
    assert json.loads(shown["DeliveryPolicy"]) == policy
    effective = json.loads(shown["EffectiveDeliveryPolicy"])["http"]
    assert effective["defaultRequestPolicy"] == {"headerContentType": "application/json"}
    sns.client.set_topic_attributes(**change, AttributeValue="")
    assert "DeliveryPolicy" not in attributes(sns, topic)
    fixed = refusal(sns.client.set_topic_attributes, TopicArn=topic, AttributeName="FifoTopic", AttributeValue="true")
    assert fixed == "InvalidParameter: Invalid parameter: AttributeName"


def test_deleting_a_topic_ends_its_subscriptions(sns: Sns) -> None:
    topic = sns.topic()
    queue = sns.subscribed_queue(topic)
    sns.client.delete_topic(TopicArn=topic)
    sns.client.delete_topic(TopicArn=topic)
    assert refusal(sns.client.get_topic_attributes, TopicArn=topic) == "NotFound: Topic does not exist"
    sns.topic()
    sns.publish(topic)
    assert sns.messages(queue) == []


def test_pages_of_topics(sns: Sns) -> None:
    names = [f"{sns.name}-{n:03}" for n in range(120)]
    for name in names:
        sns.client.create_topic(Name=name)
    pages = list(sns.client.get_paginator("list_topics").paginate())
    assert len(pages) > 1
    listed = [topic["TopicArn"].rpartition(":")[2] for page in pages for topic in page["Topics"]]
    assert [name for name in listed if name.startswith(f"{sns.name}-")] == names
    assert refusal(sns.client.list_topics, NextToken="nonsense").endswith("NextToken")


def test_tags_are_set_replaced_and_removed(sns: Sns) -> None:
    arn = sns.client.create_topic(Name=sns.name, Tags=[{"Key": "a", "Value": "1"}])["TopicArn"]
    sns.client.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "2"}, {"Key": "b", "Value": "3"}])
    sns.client.untag_resource(ResourceArn=arn, TagKeys=["a", "missing"])
    assert sns.client.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "3"}]
    twice = refusal(sns.client.tag_resource, ResourceArn=arn, Tags=[{"Key": "k", "Value": "v"}] * 2)
    assert twice == "InvalidParameter: Invalid parameter: Duplicated keys are not allowed."
    missing = refusal(sns.client.list_tags_for_resource, ResourceArn=f"{arn}-missing")
    assert missing == "ResourceNotFound: Resource does not exist"


def test_permissions_are_kept_in_the_policy(sns: Sns) -> None:
    topic = sns.topic()
    given: dict[str, Any] = {"TopicArn": topic, "Label": "mine", "AWSAccountId": [ACCOUNT], "ActionName": ["Publish"]}
    sns.client.add_permission(**given)
    assert refusal(sns.client.add_permission, **given).endswith("Statement already exists")
    statement = json.loads(attributes(sns, topic)["Policy"])["Statement"][1]
    assert (statement["Sid"], statement["Action"]) == ("mine", "SNS:Publish")
    sns.client.remove_permission(TopicArn=topic, Label="mine")
    assert len(json.loads(attributes(sns, topic)["Policy"])["Statement"]) == 1
