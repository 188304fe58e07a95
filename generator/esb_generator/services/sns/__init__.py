"""Amazon SNS: topics, and their subscriptions by queues, functions and HTTP endpoints."""

from __future__ import annotations

from esb_generator.cloudformation.resource_values.resource_types import Name, arn, without_effect
from esb_generator.resources.nodes import text
from esb_generator.resources.service import (
    EventSourceType,
    ResourceType,
    Service,
    rows_of_missing,
    rows_without_effect,
)
from esb_generator.services.sns.subscriptions import (
    SUBSCRIPTION_TYPE,
    TOPIC_TYPE,
    sqs_subscriptions,
    subscription_support,
)
from esb_generator.services.sns.topics import TOPIC, fifo_suffix, topic

_TOPIC_ARN, _SUBSCRIPTION_ARN = arn("sns", "{name}"), arn("sns", "{logical_id}:{uuid}")

SERVICE = Service(
    "sns",
    (
        ResourceType(
            TOPIC_TYPE,
            Name("TopicName", longest=256, suffix=fifo_suffix),
            {"TopicArn": _TOPIC_ARN, "TopicName": "{name}"},
            _TOPIC_ARN,
            kind="topic",
            only_these_attributes=True,
            identity=frozenset({"TopicName", "FifoTopic"}),
            properties=TOPIC,
            without_effect=frozenset({"KmsMasterKeyId", "Tags", "TracingConfig"}),
            section="SNS",
            read=topic,
        ),
        # A subscription is not a resource of its own in the stack: it is part of its topic.
        ResourceType(
            SUBSCRIPTION_TYPE,
            attributes={"Arn": _SUBSCRIPTION_ARN},
            ref=_SUBSCRIPTION_ARN,
            support=without_effect,
            check=subscription_support,
            calls=lambda _, subscription: [subscription.properties.read("Endpoint", text)],
        ),
        *rows_without_effect("AWS::SNS::TopicPolicy", "AWS::SNS::TopicInlinePolicy", counted="policy"),
        *rows_of_missing("such part of SNS", "AWS::SNS::*"),
    ),
    (EventSourceType("SNS", generates=SUBSCRIPTION_TYPE, source="Topic"),),
    sqs_subscriptions,
)
