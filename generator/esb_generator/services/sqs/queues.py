"""AWS::SQS::Queue as an entry of resources.yml.

Property names are those of "AWS::SQS::Queue" in the CloudFormation template reference, results those of the SQS API's
CreateQueue, whose attributes are all text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from esb_generator.cloudformation.resource_values.resource_types import PropertyText
from esb_generator.resources.nodes import (
    Field,
    Node,
    Shape,
    check_keys,
    each,
    flag,
    integer,
    names,
    one_of,
    read_shape,
    text,
    written,
)
from esb_generator.resources.queues import queue_with_arn
from esb_generator.resources.stack import Resource, Stack
from esb_generator.resources.tags import tags
from esb_schemas.lazy_pattern import LazyPattern
from esb_schemas.sections.sqs import MAX_RECEIVES, PERMISSIONS, RANGES, SUFFIX

_NAME = LazyPattern(r"[A-Za-z0-9_-]{1,80}|[A-Za-z0-9_-]{1,75}\.fifo")
_NAME_RULE = "must be 1 to 80 letters, digits, - and _; that of a FIFO queue ends in .fifo"


def _number(key: str) -> Field:
    return Field(written(integer(*RANGES[key])))


def _allow_policy(node: Node) -> str:
    check_keys(node, names("redrivePermission sourceQueueArns"))
    policy: dict[str, Any] = {"redrivePermission": node.need("redrivePermission", one_of(*PERMISSIONS))}
    if (sources := node.read("sourceQueueArns", each(text))) is not None:
        policy["sourceQueueArns"] = list(sources)
    return _json(policy)


def _json(policy: Mapping[str, Any]) -> str:
    return json.dumps(policy, sort_keys=True)


QUEUE: Shape = {
    "QueueName": None,
    "DelaySeconds": _number("DelaySeconds"),
    "MaximumMessageSize": _number("MaximumMessageSize"),
    "MessageRetentionPeriod": _number("MessageRetentionPeriod"),
    "ReceiveMessageWaitTimeSeconds": _number("ReceiveMessageWaitTimeSeconds"),
    "VisibilityTimeout": _number("VisibilityTimeout"),
    "RedrivePolicy": None,
    "RedriveAllowPolicy": Field(_allow_policy),
    "FifoQueue": Field(written(flag)),
    "ContentBasedDeduplication": Field(written(flag)),
    "DeduplicationScope": Field(one_of("messageGroup", "queue")),
    "FifoThroughputLimit": Field(one_of("perQueue", "perMessageGroupId")),
    "KmsMasterKeyId": Field(text),
    "KmsDataKeyReusePeriodSeconds": _number("KmsDataKeyReusePeriodSeconds"),
    "SqsManagedSseEnabled": Field(written(flag)),
    "Tags": None,
}


def fifo_suffix(text_of: PropertyText) -> str:
    """CloudFormation gives a FIFO queue without a name one that ends in .fifo."""
    return SUFFIX if text_of("FifoQueue") == "true" else ""


def queue(stack: Stack, resource: Resource) -> Mapping[str, Any]:
    name, properties = stack.name(resource), resource.properties
    if not _NAME.fullmatch(name):
        fix = stack.rename_hint(name, "give another QueueName")
        resource.problem(f"the queue name {name!r} {_NAME_RULE}; {fix}")
    redrive = Field(lambda node: _redrive_policy(stack, node))
    attributes = read_shape(properties, {**QUEUE, "RedrivePolicy": redrive})
    found = properties.read("Tags", tags)
    return {
        "QueueName": name,
        **({"Attributes": attributes} if attributes else {}),
        **({"tags": {tag["Key"]: tag["Value"] for tag in found}} if found else {}),
    }


def _redrive_policy(stack: Stack, node: Node) -> str | None:
    """The policy as JSON text; None if its dead-letter queue is not in this template, which is reported."""
    check_keys(node, names("deadLetterTargetArn maxReceiveCount"))
    arn, count = node.need("deadLetterTargetArn", text), node.need("maxReceiveCount", integer(1, MAX_RECEIVES))
    if arn is None or count is None:
        return None
    if queue_with_arn(stack, arn) is None:
        node.notice(
            f"{node.path}: {arn} is not a queue of this template; messages are received again until their "
            "retention period ends. Add the queue to the template"
        )
        return None
    return _json({"deadLetterTargetArn": arn, "maxReceiveCount": count})
