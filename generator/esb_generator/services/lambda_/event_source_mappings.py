"""AWS::Lambda::EventSourceMapping: the event sources that the gateway polls."""

from __future__ import annotations

from esb_generator.resources.nodes import text
from esb_generator.resources.stack import Resource, Stack
from esb_generator.resources.targets import service_of

# By the service of the event source's ARN.
_UNSUPPORTED = {
    "docdb": "nothing polls change streams of DocumentDB",
    "kafka": "nothing polls Kafka topics",
    "kinesis": "nothing polls Kinesis streams",
    "mq": "nothing polls queues of Amazon MQ",
}


def mapping_support(stack: Stack, mapping: Resource) -> str:
    """Why a mapping is unsupported; empty if its source is polled."""
    arn = mapping.properties.read("EventSourceArn", text)
    if arn is None:
        return "nothing polls self-managed event sources"
    if stack.event_source(arn) is not None:
        return ""
    return _UNSUPPORTED.get(service_of(arn), f"{arn} is neither a queue nor a table of this template")
