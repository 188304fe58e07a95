"""Deliveries to HTTP endpoints: by which policy, how often, with which headers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from esb_cloud.deliveries.retries import dump
from esb_cloud.sns.notifications.delivery_policies import (
    DEFAULT_CONTENT_TYPE,
    DeliveryPolicy,
    delivery_policy,
    read_subscription_policy,
    read_topic_policy,
)
from esb_cloud.sql.tables.deliveries import SIGNAL, NewDelivery
from esb_cloud.sql.tables.subscriptions import Subscription
from esb_cloud.sql.tables.topics import Topic
from esb_cloud.sql.transaction import Transaction

USER_AGENT: Final = "Amazon Simple Notification Service Agent"


class HttpMessage(NamedTuple):
    """A message for an endpoint. Only notifications have the policy's content type, and are held back by its limit."""

    body: str
    headers: Mapping[str, str]
    dead_letter: Mapping[str, Any] | None = None
    notification: bool = False


def add_http(transaction: Transaction, topic: Topic, subscription: Subscription, message: HttpMessage) -> None:
    """Add a delivery to the endpoint of a subscription."""
    policy = _policy(topic.attributes.get("DeliveryPolicy", ""), subscription.attributes.get("DeliveryPolicy", ""))
    target = f"sns:{subscription.id}"
    due = transaction.now
    if message.notification and policy.per_second is not None:
        due = transaction.deliveries.pace(target, 1 / policy.per_second, due)
    content_type = policy.content_type if message.notification else DEFAULT_CONTENT_TYPE
    request = {
        "url": subscription.endpoint,
        "headers": {
            "Content-Type": content_type,
            "User-Agent": USER_AGENT,
            "Accept-Encoding": "identity",
            **message.headers,
        },
        "retried": [429],
    }
    source = f"topic {topic.name}"
    retries = dump(policy.retries)
    transaction.deliveries.add(
        NewDelivery(target, due, transaction.now, source, request, message.body, retries, message.dead_letter)
    )
    transaction.signal(SIGNAL)


@lru_cache(1024)
def _policy(topic: str, subscription: str) -> DeliveryPolicy:
    own = read_subscription_policy(subscription) if subscription else {}
    return delivery_policy(read_topic_policy(topic), own)
