"""Targets of rules as entries of resources.yml, and which of them the stack supports.

Property names are those of "AWS::Events::Rule Target" in the CloudFormation template reference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from esb_generator.resources.nodes import (
    SILENT,
    Field,
    Node,
    Shape,
    check_keys,
    each,
    integer,
    names,
    read_shape,
    shaped,
    text,
    text_map,
)
from esb_generator.resources.queues import dead_letter_queue
from esb_generator.resources.stack import Resource, Stack
from esb_generator.resources.targets import OTHER_PARAMETERS, SQS_PARAMETERS, delivered_arn
from esb_generator.services.eventbridge.connections import is_api_destination

_TRANSFORMER: Shape = {"InputPathsMap": Field(text_map), "InputTemplate": Field(text, required=True)}
_RETRIES: Shape = {
    "MaximumRetryAttempts": Field(integer(0, 185)),
    "MaximumEventAgeInSeconds": Field(integer(60, 86400)),
}
INPUTS: Shape = {
    "Input": Field(text),
    "InputPath": Field(text),
    "InputTransformer": Field(shaped(_TRANSFORMER)),
    "RetryPolicy": Field(shaped(_RETRIES)),
}
_HTTP_PARAMETERS: Shape = {
    "PathParameterValues": Field(each(text)),
    "HeaderParameters": Field(text_map),
    "QueryStringParameters": Field(text_map),
}
_OTHERS = names(
    "AppSyncParameters BatchParameters EcsParameters KinesisParameters RedshiftDataParameters "
    "RunCommandParameters SageMakerPipelineParameters"
)
_TARGET: Shape = {
    "Id": Field(text, required=True),
    "Arn": None,
    **INPUTS,
    "SqsParameters": SQS_PARAMETERS,
    "HttpParameters": Field(shaped(_HTTP_PARAMETERS)),
    "DeadLetterConfig": None,
    "RoleArn": SILENT,
    **dict.fromkeys(_OTHERS, OTHER_PARAMETERS),
}


def targets_of(stack: Stack, rule: Resource) -> list[Mapping[str, Any]]:
    """The supported targets of a rule; the others are reported."""
    return list(_delivered(stack, rule))


def is_delivered(stack: Stack, target: Node) -> bool:
    """Whether the stack delivers events to a target."""
    return _delivered_arn(stack, target.read("Arn", text)) is not None


def dead_letter(stack: Stack, node: Node) -> Mapping[str, str] | None:
    """DeadLetterConfig with an Arn; None if its queue is not in the template, which is reported."""
    arn = dead_letter_queue(stack, node, "Arn")
    if arn is None:
        return None
    if arn.endswith(".fifo"):
        node.problem("names a FIFO queue; EventBridge takes a standard queue")
    return {"Arn": arn}


def _delivered(stack: Stack, rule: Resource) -> Iterator[Mapping[str, Any]]:
    for node in rule.properties.items_of("Targets"):
        arn = node.need("Arn", text)
        delivered = _delivered_arn(stack, arn)
        if delivered is not None:
            letters = Field(lambda node: dead_letter(stack, _only_arn(node)))
            values = read_shape(node, {**_TARGET, "DeadLetterConfig": letters})
            yield {"Id": values.pop("Id", ""), "Arn": delivered, **values}
        elif arn is not None:
            node.notice(f"{node.path}: the stack cannot deliver to {arn}; the target is left out")


def _delivered_arn(stack: Stack, arn: str | None) -> str | None:
    """As `delivered_arn`, but also API destinations."""
    return arn if arn is not None and is_api_destination(stack, arn) else delivered_arn(stack, arn)


def _only_arn(node: Node) -> Node:
    check_keys(node, names("Arn"))
    return node
