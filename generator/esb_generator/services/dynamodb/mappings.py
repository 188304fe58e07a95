"""DynamoDB events and event source mappings of tables' streams become event sources of functions.

Properties: SAM specification, "DynamoDB"; CloudFormation template reference, "AWS::Lambda::EventSourceMapping". Rules:
Lambda developer guide, "Process DynamoDB records with Lambda".
"""

from __future__ import annotations

from esb_generator.resources.event_source_mappings import Link, Polled, links, read_mapping
from esb_generator.resources.filters import filters_of
from esb_generator.resources.nodes import Dropped, Field, Node, Shape, check_keys, flag, integer, names, one_of, text
from esb_generator.resources.service import Parts
from esb_generator.resources.stack import Stack
from esb_generator.resources.targets import check_standard, delivered_arn, service_of
from esb_schemas.event_sources.dynamodb import CHECKS, StreamMapping

TABLE = "table"  # the kind of its row
POLLED = Polled(TABLE, "DynamoDB", "Stream", "AWS::Lambda::EventSourceMapping", verb="reads")
_RECORD = ("awsRegion", "dynamodb", "eventID", "eventName", "eventSource", "eventVersion", "userIdentity")
_OWN: Shape = {
    "ParallelizationFactor": Field(integer(1, 10), "parallelization_factor"),
    "MaximumRetryAttempts": Field(integer(-1, 10000), "maximum_retry_attempts"),
    "MaximumRecordAgeInSeconds": Field(integer(-1, 604800), "maximum_record_age"),
    "BisectBatchOnFunctionError": Field(flag, "bisect_batch_on_function_error"),
    "FilterCriteria": Field(filters_of(_RECORD, "a record of a table has no such key"), "filters"),
    "StartingPosition": Field(one_of("TRIM_HORIZON", "LATEST"), "starting_position", required=True),
    "TumblingWindowInSeconds": Dropped("tumbling windows are unsupported; the function gets no window and no state"),
    "ProvisionedPollerConfig": Dropped("pollers are not provisioned; records are read as they come"),
}


def mappings(stack: Stack) -> Parts:
    """The mappings of tables' streams, each with its function."""
    found = links(stack, POLLED)
    return Parts(event_sources=tuple((link.owner.logical_id, _mapping(stack, link)) for link in found))


def _mapping(stack: Stack, link: Link) -> StreamMapping:
    if not link.source.properties.has("StreamSpecification"):
        table = link.source.logical_id
        link.node.problem(f"{table} has no stream; give the table a StreamSpecification with a StreamViewType")
    own = {**_OWN, "DestinationConfig": Field(lambda node: _on_failure(stack, node), "on_failure")}
    return read_mapping(StreamMapping, link, own, CHECKS, {"type": "dynamodb", "table": stack.name(link.source)})


def _on_failure(stack: Stack, node: Node) -> str | None:
    """A queue or a topic of the template; None for another one, which is reported."""
    check_keys(node, names("OnFailure"))
    target = node.child("OnFailure")
    check_keys(target, names("Destination Type"))
    arn = target.need("Destination", text)
    if arn is None:
        return None
    if service_of(arn) not in ("sqs", "sns") or delivered_arn(stack, arn) is None:
        target.notice(f"{target.path}: the stack cannot deliver to {arn}; what is given up is only logged")
        return None
    check_standard(target, arn, "Lambda does not send to")
    return arn
