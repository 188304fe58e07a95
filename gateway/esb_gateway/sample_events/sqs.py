"""A batch of one message, as the poller of queues delivers it."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from esb_gateway.errors import ConfigurationError
from esb_gateway.event_sources.source import Owner
from esb_gateway.event_sources.sqs.batches import packed
from esb_gateway.event_sources.sqs.mapping import read_mapping
from esb_gateway.event_sources.sqs.queue import Message
from esb_gateway.sample_events.sample import Given
from esb_schemas.contract import Stack
from esb_schemas.event_sources.sqs import SqsMapping


def receive_message(given: Given) -> bytes:
    queue = given.arn("sqs", given["queue"])
    owner = Owner("my-function", given.arn("lambda", "function:my-function"), "MyFunction", Stack(region=given.region))
    mapping = read_mapping(SqsMapping(type="sqs", name="MyQueue", queue=queue), owner)
    _, payload = next(packed(mapping, [_message(given, is_fifo=mapping.fifo)]))
    return payload


def _message(given: Given, *, is_fifo: bool) -> Message:
    """A message as ReceiveMessage gives it."""
    body, now = given["body"], str(int(given.now * 1000))
    fifo = {"SequenceNumber": "18849496460467696128", "MessageGroupId": "1", "MessageDeduplicationId": "1"}
    return {
        "MessageId": given.identifiers.request_id(),
        "ReceiptHandle": base64.b64encode(given.identifiers.request_id().encode()).decode(),
        "Body": body,
        "MD5OfBody": hashlib.md5(body.encode(), usedforsecurity=False).hexdigest(),
        "Attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": now,
            "SenderId": given.account,
            "ApproximateFirstReceiveTimestamp": now,
            **(fifo if is_fifo else {}),
        },
        "MessageAttributes": dict(map(_attribute, given["attribute"])),
    }


def _attribute(text: str) -> tuple[str, dict[str, Any]]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise ConfigurationError(f"--attribute {text}: not an attribute; write it as name=value.")
    return name, {"DataType": "String", "StringValue": value}
