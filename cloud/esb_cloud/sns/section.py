"""Topics of resources.yml, created when the server starts with `--resources FILE`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from esb_cloud.aws.service import call_of
from esb_cloud.aws.stack import Stack
from esb_cloud.sns.subscriptions.subscription_attributes import Subscriber, check_new
from esb_cloud.sns.subscriptions.subscription_operations import subscribe
from esb_cloud.sns.topic_operations import create_topic, set_topic_attributes, tag_resource
from esb_cloud.sql.tables.topics import Topic
from esb_cloud.sql.transaction import Transaction


def create(transaction: Transaction, stack: Stack, entry: Mapping[str, Any]) -> None:
    """Create the topic of an entry and its subscriptions; what is there gets the attributes and tags of the entry.

    Raises AwsError.
    """
    call = partial(call_of, stack)
    name, attributes = entry["Name"], entry.get("Attributes", {})
    arn, tags = stack.arn("sns", name), list(entry.get("Tags", ()))
    found = transaction.topics.find(name)
    if found is None:
        create_topic(transaction, call(Name=name, Attributes=attributes, Tags=tags))
    else:
        for key, value in attributes.items():
            if found.attributes.get(key, "false" if key == "FifoTopic" else None) != value:
                set_topic_attributes(transaction, call(TopicArn=arn, AttributeName=key, AttributeValue=value))
        tag_resource(transaction, call(ResourceArn=arn, Tags=tags))
    topic = transaction.topics.find(name)
    assert topic is not None  # noqa: S101 - it was created
    for subscription in entry.get("Subscriptions", ()):
        if not _change(transaction, topic, subscription):
            subscribe(transaction, call(TopicArn=arn, **subscription))


def _change(transaction: Transaction, topic: Topic, entry: Mapping[str, Any]) -> bool:
    """Give a subscription that is there the attributes of the entry; False if there is none."""
    found = transaction.subscriptions.of_endpoint(topic.name, entry["Protocol"], entry["Endpoint"])
    if found is None:
        return False
    attributes = entry.get("Attributes", {})
    check_new(Subscriber(topic.is_fifo, found.protocol, attributes))
    if attributes != found.attributes:
        transaction.subscriptions.change_attributes(found, attributes)
    return True
