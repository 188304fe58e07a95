"""DynamoDB events and event source mappings of tables' streams become event sources of functions.

Properties: SAM specification, "DynamoDB"; CloudFormation template reference, "AWS::Lambda::EventSourceMapping". Rules:
Lambda developer guide, "Process DynamoDB records with Lambda".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

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
from esb_generator.resources.service import Parts
from esb_generator.resources.stack import Resource, Stack
from esb_generator.resources.targets import delivered_arn, service_of
from esb_schemas.contract import given
from esb_schemas.event_sources.dynamodb import CHECKS, StreamMapping
from esb_schemas.records import plain

MAPPING_TYPE = "AWS::Lambda::EventSourceMapping"
TABLE = "table"  # the kind of its row
_RECORD = ("awsRegion", "dynamodb", "eventID", "eventName", "eventSource", "eventVersion", "userIdentity")
_TOLD = {"sqs": "queue", "sns": "topic"}


class _StreamLink(NamedTuple):
    """A table and the function that gets its records; `node` has the properties of the mapping."""

    name: str
    table: Resource
    owner: Resource
    node: Node
    shape: Shape


_MAPPING: Shape = {
    "BatchSize": Field(integer(1, 10000), "batch_size"),
    "MaximumBatchingWindowInSeconds": Field(integer(0, 300), "maximum_batching_window"),
    "ParallelizationFactor": Field(integer(1, 10), "parallelization_factor"),
    "MaximumRetryAttempts": Field(integer(-1, 10000), "maximum_retry_attempts"),
    "MaximumRecordAgeInSeconds": Field(integer(-1, 604800), "maximum_record_age"),
    "BisectBatchOnFunctionError": Field(flag, "bisect_batch_on_function_error"),
    "FunctionResponseTypes": Field(each(one_of("ReportBatchItemFailures")), "report_batch_item_failures"),
    "FilterCriteria": Field(filters_of(_RECORD, "a record of a table has no such key"), "filters"),
    "StartingPosition": Field(one_of("TRIM_HORIZON", "LATEST"), "starting_position", required=True),
    "Enabled": Field(flag, "enabled"),
    "DestinationConfig": None,
    "KmsKeyArn": SILENT,
    "LoggingConfig": SILENT,
    "MetricsConfig": SILENT,
    "TumblingWindowInSeconds": Dropped("tumbling windows are unsupported; the function gets no window and no state"),
    "ProvisionedPollerConfig": Dropped("pollers are not provisioned; records are read as they come"),
}
_EVENT: Shape = {**_MAPPING, "Stream": None}
_RESOURCE: Shape = {**_MAPPING, "EventSourceArn": None, "FunctionName": None, "Tags": SILENT}
_KEYS = {field.name: key for key, field in _MAPPING.items() if isinstance(field, Field)}


def mappings(stack: Stack) -> Parts:
    """The mappings of DynamoDB events, then those of resources; each with its function."""
    links = (*_of_events(stack), *_of_resources(stack))
    return Parts(event_sources=tuple((link.owner.logical_id, _mapping(stack, link)) for link in links))


def _of_events(stack: Stack) -> Iterator[_StreamLink]:
    for event in stack.events("DynamoDB"):
        node = event.properties
        arn = node.need("Stream", text)
        table = _table(stack, arn)
        if table is not None:
            yield _StreamLink(event.name, table, event.owner, node, _EVENT)
        elif arn is not None:
            reason = f"{arn} is not a table of this template; {event.owner.logical_id} is never triggered by it"
            node.notice(f"event {event.name} (DynamoDB): {reason}")


def _of_resources(stack: Stack) -> Iterator[_StreamLink]:
    for resource in stack.of_type(MAPPING_TYPE):
        table = _table(stack, resource.properties.read("EventSourceArn", text))
        if table is None:
            continue
        reference = resource.properties.need("FunctionName", text)
        owner = stack.function(reference)
        if owner is not None:
            yield _StreamLink(resource.logical_id, table, owner, resource.properties, _RESOURCE)
        elif reference is not None:
            resource.notice(f"{reference} is not a function of this template: nothing reads {table.logical_id}")


def _table(stack: Stack, arn: str | None) -> Resource | None:
    """The table with a stream of this ARN."""
    found = None if arn is None else stack.event_source(arn)
    return found if found is not None and found in stack.of_kind(TABLE) else None


def _mapping(stack: Stack, link: _StreamLink) -> StreamMapping:
    node = link.node
    if not link.table.properties.has("StreamSpecification"):
        node.problem(
            f"{link.table.logical_id} has no stream; give the table a StreamSpecification with a StreamViewType"
        )
    destination = Field(lambda node: _on_failure(stack, node), "on_failure")
    said: dict[str, Any] = read_shape(node, {**link.shape, "DestinationConfig": destination})
    reports = bool(said.pop("report_batch_item_failures", ()))
    mapping = given(
        StreamMapping,
        type="dynamodb",
        name=link.name,
        table=stack.name(link.table),
        report_batch_item_failures=reports,
        **said,
    )
    for problem in (problem for check in CHECKS for problem in check(plain(mapping))):
        key = _KEYS[f"{problem.path[0]}"]
        node._replace(mark=node.value_mark(key)).problem(f"{key}: {problem.text}")
    return mapping


def _on_failure(stack: Stack, node: Node) -> str | None:
    """A queue or a topic of the template; None for another one, which is reported."""
    check_keys(node, names("OnFailure"))
    target = node.child("OnFailure")
    check_keys(target, names("Destination Type"))
    arn = target.need("Destination", text)
    if arn is None:
        return None
    service = service_of(arn)
    if service not in _TOLD or delivered_arn(stack, arn) is None:
        target.notice(f"{target.path}: nothing here delivers to {arn}; what is given up is only logged")
        return None
    if arn.endswith(".fifo"):
        what = _TOLD[service]
        target.problem(f"names a FIFO {what}, which Lambda does not send to; name a standard {what}")
    return arn
