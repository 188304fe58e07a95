"""The table of SNS's operations, and what runs beside them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Final

from esb_cloud.aws.query_protocol import QueryDialect
from esb_cloud.aws.service import Call, Gauge, Operation, Page, Section, Service
from esb_cloud.aws.shapes import Structure
from esb_cloud.aws.stack import Stack
from esb_cloud.deliveries.sending import sender
from esb_cloud.deliveries.worker import Worker
from esb_cloud.sns import publishing, section, shapes, topic_operations
from esb_cloud.sns.notifications.keys import prepare_key, signing_key
from esb_cloud.sns.notifications.signing import CERTIFICATE_PATH
from esb_cloud.sns.subscriptions import subscription_operations
from esb_cloud.sql.store import Store
from esb_cloud.sql.transaction import Transaction
from esb_schemas.endpoints import ANYONE, Endpoint
from esb_wire.errors import AwsError
from esb_wire.http.messages import Response

_SWEEP: Final = 3600.0  # seconds

_OPERATIONS: Final = {
    "AddPermission": Operation(topic_operations.add_permission, shapes.ADD_PERMISSION),
    "ConfirmSubscription": Operation(
        subscription_operations.confirm_subscription, shapes.CONFIRM, shapes.SUBSCRIPTION_ARN, signed=False
    ),
    "CreateTopic": Operation(topic_operations.create_topic, shapes.CREATE_TOPIC, shapes.TOPIC_ARN),
    "DeleteTopic": Operation(topic_operations.delete_topic, shapes.TOPIC),
    "GetSubscriptionAttributes": Operation(
        subscription_operations.get_subscription_attributes, shapes.SUBSCRIPTION, shapes.ATTRIBUTES
    ),
    "GetTopicAttributes": Operation(topic_operations.get_topic_attributes, shapes.TOPIC, shapes.ATTRIBUTES),
    "ListSubscriptions": Operation(subscription_operations.list_subscriptions, shapes.PAGE, shapes.SUBSCRIPTIONS),
    "ListSubscriptionsByTopic": Operation(
        subscription_operations.list_subscriptions_by_topic, shapes.SUBSCRIPTIONS_OF_TOPIC, shapes.SUBSCRIPTIONS
    ),
    "ListTagsForResource": Operation(topic_operations.list_tags, shapes.RESOURCE, shapes.TAGS),
    "ListTopics": Operation(topic_operations.list_topics, shapes.PAGE, shapes.TOPICS),
    "Publish": Operation(publishing.publish, shapes.PUBLISH, shapes.PUBLISHED),
    "PublishBatch": Operation(publishing.publish_batch, shapes.PUBLISH_BATCH, shapes.PUBLISHED_BATCH),
    "RemovePermission": Operation(topic_operations.remove_permission, shapes.REMOVE_PERMISSION),
    "SetSubscriptionAttributes": Operation(
        subscription_operations.set_subscription_attributes, shapes.SET_SUBSCRIPTION_ATTRIBUTES
    ),
    "SetTopicAttributes": Operation(topic_operations.set_topic_attributes, shapes.SET_TOPIC_ATTRIBUTES),
    "Subscribe": Operation(subscription_operations.subscribe, shapes.SUBSCRIBE, shapes.SUBSCRIPTION_ARN),
    "TagResource": Operation(topic_operations.tag_resource, shapes.TAG, shapes.NOTHING),
    "Unsubscribe": Operation(subscription_operations.unsubscribe, shapes.SUBSCRIPTION, signed=False),
    "UntagResource": Operation(topic_operations.untag_resource, shapes.UNTAG, shapes.NOTHING),
}


def _certificate(transaction: Transaction, call: Call) -> Response:
    """The certificate of the key that signs messages."""
    key = signing_key(transaction)
    if call.path != key.certificate_path:
        raise AwsError("NotFound", "There is no such certificate.", 404)
    return Response(200, (("Content-Type", "application/x-pem-file"),), key.certificate_pem)


async def _deliver(store: Store, stack: Stack) -> None:
    """Send the deliveries of all services, until the task is cancelled."""
    await Worker(store, stack, sender(stack)).run()


async def _sweep(store: Store, _stack: Stack) -> None:
    """Remove subscriptions that were not confirmed in time."""
    while True:
        await store.do(lambda transaction: transaction.subscriptions.sweep(transaction.now))
        await asyncio.sleep(_SWEEP)


def _gauges(transaction: Transaction) -> Iterator[Gauge]:
    for target, count, oldest in transaction.deliveries.counts():
        labels = {"target": target}
        yield Gauge("esb_cloud_deliveries", "Deliveries that did not arrive yet.", labels, count)
        age = transaction.now - oldest
        yield Gauge("esb_cloud_delivery_age_seconds", "Age of the oldest delivery.", labels, age)


SERVICE: Final = Service(
    name="sns",
    signing_name="sns",
    operations=_OPERATIONS,
    query=QueryDialect("2010-03-31", "http://sns.amazonaws.com/doc/2010-03-31/"),
    pages=(
        Page(
            Endpoint(
                "GET",
                f"{CERTIFICATE_PATH}{{id}}.pem",
                ANYONE,
                "the certificate by which a receiver checks the signature of a topic's message",
            ),
            Operation(_certificate, Structure(), signed=False),
        ),
    ),
    gauges=_gauges,
    sections=(Section("SNS", section.create),),
    background=(_deliver, _sweep, prepare_key),
)
