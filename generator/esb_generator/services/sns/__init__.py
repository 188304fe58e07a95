"""Amazon SNS: unsupported."""

from __future__ import annotations

from esb_generator.cloudformation.resource_types import Name, arn
from esb_generator.resources.nodes import text
from esb_generator.resources.service import (
    ResourceType,
    Service,
    event_of_missing,
    rows_of_missing,
    rows_without_effect,
)

_TOPIC_ARN, _SUBSCRIPTION_ARN = arn("sns", "{name}"), arn("sns", "{logical_id}:{uuid}")
_TOPIC = {"TopicArn": _TOPIC_ARN, "TopicName": "{name}"}

SERVICE = Service(
    "sns",
    (
        *rows_of_missing(
            "SNS",
            ResourceType("AWS::SNS::Topic", Name("TopicName"), _TOPIC, _TOPIC_ARN),
            ResourceType(
                "AWS::SNS::Subscription",
                attributes={"Arn": _SUBSCRIPTION_ARN},
                ref=_SUBSCRIPTION_ARN,
                calls=lambda _, subscription: [subscription.properties.read("Endpoint", text)],
            ),
            "AWS::SNS::*",
        ),
        *rows_without_effect("AWS::SNS::TopicPolicy"),
    ),
    (event_of_missing("SNS", "SNS", source="Topic", generates="AWS::SNS::Subscription"),),
)
