"""SQS events and event source mappings of queues become event sources of functions.

Properties: SAM specification, "SQS"; CloudFormation template reference, "AWS::Lambda::EventSourceMapping". Rules:
Lambda developer guide, "Creating and configuring an Amazon SQS event source mapping".
"""

from __future__ import annotations

from esb_generator.resources.event_source_mappings import Polled, links, read_mapping
from esb_generator.resources.filters import filters_of
from esb_generator.resources.nodes import Dropped, Field, Node, Shape, check_keys, integer, names
from esb_generator.resources.queues import QUEUE, check_timeouts
from esb_generator.resources.service import Parts
from esb_generator.resources.stack import Stack
from esb_schemas.event_sources.sqs import CHECKS, SqsMapping

POLLED = Polled(QUEUE, "SQS", "Queue", "AWS::Lambda::EventSourceMapping", verb="receives from")
# Lambda developer guide, "Using event filtering with an Amazon SQS event source"
_filters = filters_of(("body",), "of a queue's message only body is filtered")


def _concurrency(node: Node) -> int | None:
    check_keys(node, names("MaximumConcurrency"))
    return node.read("MaximumConcurrency", integer(2, 1000))


_OWN: Shape = {
    "ScalingConfig": Field(_concurrency, "maximum_concurrency"),
    "FilterCriteria": Field(_filters, "filters"),
    "ProvisionedPollerConfig": Dropped("pollers are not provisioned; messages are received as they come"),
}


def mappings(stack: Stack) -> Parts:
    """The mappings of queues, each with its function."""
    found = []
    for link in links(stack, POLLED):
        fields = {"type": "sqs", "queue": stack.attribute(link.source, "Arn")}
        found.append((link.owner.logical_id, read_mapping(SqsMapping, link, _OWN, CHECKS, fields)))
        check_timeouts(link.source, link.owner)
    return Parts(event_sources=tuple(found))
