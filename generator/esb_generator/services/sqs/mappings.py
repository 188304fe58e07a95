"""SQS events and event source mappings of queues become event sources of functions.

Properties: SAM specification, "SQS"; CloudFormation template reference, "AWS::Lambda::EventSourceMapping". Rules:
Lambda developer guide, "Creating and configuring an Amazon SQS event source mapping".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from esb_generator.resources.filters import filters_of
from esb_generator.resources.nodes import (
    SILENT,
    Dropped,
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
)
from esb_generator.resources.queues import check_timeouts, queue_with_arn
from esb_generator.resources.service import Parts
from esb_generator.resources.stack import Resource, Stack
from esb_schemas.contract import given
from esb_schemas.event_sources.sqs import CHECKS, SqsMapping
from esb_schemas.records import plain

MAPPING_TYPE = "AWS::Lambda::EventSourceMapping"
# Lambda developer guide, "Using event filtering with an Amazon SQS event source"
_filters = filters_of(("body",), "of a queue's message only body is filtered")


def _concurrency(node: Node) -> int | None:
    check_keys(node, names("MaximumConcurrency"))
    return node.read("MaximumConcurrency", integer(2, 1000))


_MAPPING: Shape = {
    "BatchSize": Field(integer(1, 10000), "batch_size"),
    "MaximumBatchingWindowInSeconds": Field(integer(0, 300), "maximum_batching_window"),
    "ScalingConfig": Field(_concurrency, "maximum_concurrency"),
    "FunctionResponseTypes": Field(each(one_of("ReportBatchItemFailures")), "report_batch_item_failures"),
    "FilterCriteria": Field(_filters, "filters"),
    "Enabled": Field(flag, "enabled"),
    "KmsKeyArn": SILENT,
    "LoggingConfig": SILENT,
    "MetricsConfig": SILENT,
    "ProvisionedPollerConfig": Dropped("pollers are not provisioned; messages are received as they come"),
}
_EVENT: Shape = {**_MAPPING, "Queue": None}
_RESOURCE: Shape = {**_MAPPING, "EventSourceArn": None, "FunctionName": None, "Tags": SILENT}


class _Link(NamedTuple):
    """A queue and the function that receives from it; `node` has the properties of the mapping."""

    name: str
    queue: Resource
    owner: Resource
    node: Node
    shape: Shape


_KEYS = {field.name: key for key, field in _MAPPING.items() if isinstance(field, Field)}


def mappings(stack: Stack) -> Parts:
    """The mappings of SQS events, then those of resources; each with its function."""
    return Parts(event_sources=(*_of_events(stack), *_of_resources(stack)))


def _of_events(stack: Stack) -> Iterator[tuple[str, SqsMapping]]:
    for event in stack.events("SQS"):
        node = event.properties
        arn = node.need("Queue", text)
        queue = queue_with_arn(stack, arn)
        if queue is not None:
            yield event.owner.logical_id, _mapping(stack, _Link(event.name, queue, event.owner, node, _EVENT))
        elif arn is not None:
            reason = f"{arn} is not a queue of this template; {event.owner.logical_id} is never triggered by it"
            node.notice(f"event {event.name} (SQS): {reason}")


def _of_resources(stack: Stack) -> Iterator[tuple[str, SqsMapping]]:
    for resource in stack.of_type(MAPPING_TYPE):
        queue = queue_with_arn(stack, resource.properties.read("EventSourceArn", text))
        if queue is None:
            continue
        reference = resource.properties.need("FunctionName", text)
        owner = stack.function(reference)
        if owner is not None:
            link = _Link(resource.logical_id, queue, owner, resource.properties, _RESOURCE)
            yield owner.logical_id, _mapping(stack, link)
        elif reference is not None:
            resource.notice(f"{reference} is not a function of this template: nothing receives from {queue.logical_id}")


def _mapping(stack: Stack, link: _Link) -> SqsMapping:
    node = link.node
    said = read_shape(node, link.shape)
    reports = bool(said.pop("report_batch_item_failures", ()))
    mapping = given(
        SqsMapping,
        type="sqs",
        name=link.name,
        queue=stack.attribute(link.queue, "Arn"),
        report_batch_item_failures=reports,
        **said,
    )
    for problem in (problem for check in CHECKS for problem in check(plain(mapping))):
        key = _KEYS[f"{problem.path[0]}"]
        node._replace(mark=node.value_mark(key)).problem(f"{key}: {problem.text}")
    check_timeouts(link.queue, link.owner)
    return mapping
