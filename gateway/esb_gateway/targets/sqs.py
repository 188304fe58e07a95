"""Queues as targets: a message is sent as the text that it is, with the trace of what caused it.

AWS: Lambda developer guide, "Capturing records of Lambda asynchronous invocations", "Adding a dead-letter queue".
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from esb_gateway.aws_client.client import AwsClient
from esb_gateway.invocation import Function, Invocation
from esb_gateway.targets.target import Message
from esb_gateway.tracing.identifiers import Identifiers
from esb_schemas.contract import Destination

MAX_MESSAGE: Final = 1024 * 1024  # bytes, attributes included


def send_to_queue(
    destination: Destination, message: Message, _find: Callable[[str], Function | None], identifiers: Identifiers
) -> Invocation | None:
    """The argument of `send`, to be queued as an event of its own; None if the message is too large for a queue."""
    attributes = {name: {"DataType": each.type, "StringValue": each.value} for name, each in message.attributes.items()}
    given = {"MessageAttributes": attributes, "MessageGroupId": message.group}
    text = json.dumps({name: value for name, value in given.items() if value})
    if destination.arn is None or len(message.content) + len(text) > MAX_MESSAGE:
        return None
    request_id = identifiers.request_id()
    return Invocation(destination.arn, message.content, request_id, message.trace_id, destination.arn, text)


async def send(client: AwsClient, invocation: Invocation) -> None:
    """Send the message that an invocation carries to the queue that it names. Raises AwsCallError."""
    name = invocation.function.rpartition(":")[2]
    url = (await client.call("GetQueueUrl", {"QueueName": name}))["QueueUrl"]
    trace = {"AWSTraceHeader": {"DataType": "String", "StringValue": invocation.trace_id}}
    parameters: dict[str, Any] = {
        "QueueUrl": url,
        "MessageBody": invocation.payload.decode("utf-8", "replace"),
        "MessageSystemAttributes": trace if invocation.trace_id else {},
        **json.loads(invocation.client_context or "{}"),
    }
    await client.call("SendMessage", {name: value for name, value in parameters.items() if value})
