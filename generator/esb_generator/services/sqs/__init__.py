"""Amazon SQS: unsupported."""

from __future__ import annotations

from esb_generator.cloudformation.resource_types import Name, arn
from esb_generator.resources.service import (
    ResourceType,
    Service,
    event_of_missing,
    rows_of_missing,
    rows_without_effect,
)

_URL = "https://sqs.{region}.{suffix}/{account}/{name}"
_QUEUE = {"Arn": arn("sqs", "{name}"), "QueueName": "{name}", "QueueUrl": _URL}

SERVICE = Service(
    "sqs",
    (
        *rows_of_missing("SQS", ResourceType("AWS::SQS::Queue", Name("QueueName"), _QUEUE, _URL), "AWS::SQS::*"),
        *rows_without_effect("AWS::SQS::QueuePolicy"),
    ),
    (event_of_missing("SQS", "SQS", source="Queue", generates="AWS::Lambda::EventSourceMapping"),),
)
