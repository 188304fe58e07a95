"""Topics as targets: a message is published as the text that it is.

AWS: Lambda developer guide, "Capturing records of Lambda asynchronous invocations", "Adding a dead-letter queue".
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

from esb_gateway.aws_client.client import AwsClient
from esb_gateway.invocation import Function, Invocation
from esb_gateway.targets.target import Message
from esb_gateway.tracing.identifiers import Identifiers
from esb_schemas.contract import Destination

MAX_TOPIC_MESSAGE: Final = 256 * 1024  # bytes, attributes included


def publish_to_topic(
    destination: Destination, message: Message, _find: Callable[[str], Function | None], identifiers: Identifiers
) -> Invocation | None:
    """The argument of `publish`, to be queued as an event of its own; None if the message is too large for a topic."""
    attributes = json.dumps({name: [each.type, each.value] for name, each in message.attributes.items()})
    if destination.arn is None or len(message.content) + len(attributes) > MAX_TOPIC_MESSAGE:
        return None
    request_id = identifiers.request_id()
    return Invocation(destination.arn, message.content, request_id, message.trace_id, destination.arn, attributes)


async def publish(client: AwsClient, invocation: Invocation) -> None:
    """Publish the message that an invocation carries to the topic that it names. Raises AwsCallError."""
    parameters = {"TopicArn": invocation.function, "Message": invocation.payload.decode("utf-8", "replace")}
    attributes = json.loads(invocation.client_context or "{}")
    for number, (name, (kind, value)) in enumerate(attributes.items(), 1):
        entry = f"MessageAttributes.entry.{number}"
        parameters |= {f"{entry}.Name": name, f"{entry}.Value.DataType": kind, f"{entry}.Value.StringValue": value}
    await client.call("Publish", parameters)
