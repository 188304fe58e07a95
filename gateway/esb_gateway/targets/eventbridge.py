"""Buses as targets: a message becomes the detail of an event."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from esb_gateway.aws_client.client import AwsClient
from esb_gateway.aws_client.protocols import AwsCallError
from esb_gateway.invocation import Function, Invocation
from esb_gateway.targets.target import Message
from esb_gateway.tracing.identifiers import Identifiers
from esb_schemas.contract import Destination
from esb_wire.trace_hops import without_hops

MAX_TRACE: Final = 500  # characters; EventBridge API reference, "PutEventsRequestEntry", TraceHeader
MAX_ENTRY: Final = 1024 * 1024  # bytes; EventBridge user guide, "Calculating PutEvents event entry size"


def put_on_bus(
    destination: Destination, message: Message, _find: Callable[[str], Function | None], identifiers: Identifiers
) -> Invocation | None:
    """The argument of `put_event`, to be queued as an event of its own; None if the bus does not take the message."""
    about = message.about
    if destination.arn is None or about is None:
        return None
    header = json.dumps({"Source": about.source, "DetailType": about.detail_type, "Resources": about.resources})
    if len(message.content) + len(header) > MAX_ENTRY:
        return None
    request_id = identifiers.request_id()
    return Invocation(destination.arn, message.content, request_id, message.trace_id, destination.arn, header)


async def put_event(client: AwsClient, invocation: Invocation) -> None:
    """Put the event that an invocation carries on the bus that it names. Raises AwsCallError."""
    entry: dict[str, Any] = {
        **json.loads(invocation.client_context or "{}"),
        "Detail": invocation.payload.decode("utf-8", "replace"),
        "EventBusName": invocation.function,
    }
    if invocation.trace_id:
        trace = invocation.trace_id
        entry["TraceHeader"] = trace if len(trace) <= MAX_TRACE else without_hops(trace)
    answer = await client.call("PutEvents", {"Entries": [entry]})
    if answer.get("FailedEntryCount"):
        (refused,) = answer["Entries"]
        raise AwsCallError(str(refused.get("ErrorCode")), str(refused.get("ErrorMessage")), 400)
