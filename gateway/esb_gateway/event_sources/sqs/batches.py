"""Messages as Lambda's events, and what a function's response says of them. Pure.

Sources: Lambda developer guide, "Using Lambda with Amazon SQS" (the event, payload size), "Handling errors for an SQS
event source" (ReportBatchItemFailures), "Using event filtering with an Amazon SQS event source"; answers that were
recorded from AWS. What takes long with large or many messages is done in other processes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, Final, TypeAlias

from esb_gateway.event_sources.invoking import read_failures
from esb_gateway.event_sources.sqs.mapping import QueueMapping
from esb_gateway.event_sources.sqs.queue import Message
from esb_gateway.invocation import MAX_SYNC_PAYLOAD
from esb_gateway.tracing import lineage
from esb_wire.offload import LARGE, Offload, is_costly
from esb_wire.patterns import EVENT_SOURCE_MAPPING, Matcher, compile_pattern, prepare

Part: TypeAlias = tuple[Sequence[Message], bytes]

_ENCODER: Final = json.JSONEncoder(separators=(",", ":"))
_MANY: Final = 100  # messages; to match or encode so many small ones takes 2 ms at most


async def wanted(mapping: QueueMapping, messages: Sequence[Message], offload: Offload | None) -> list[bool]:
    """Whether the function gets each of the messages; see `matches`."""
    bodies = [message["Body"] for message in messages]
    is_large = len(bodies) > _MANY or any(map(is_costly, bodies))
    if mapping.matchers and is_large and offload is not None:
        return await offload.run(_matched, mapping.patterns, bodies)
    return [matches(mapping, message) for message in messages]


def matches(mapping: QueueMapping, message: Message) -> bool:
    """Whether one of the mapping's patterns matches; only the body is looked at, a JSON object or a text."""
    return not mapping.matchers or _matches(mapping.matchers, message["Body"])


async def pack(mapping: QueueMapping, messages: Sequence[Message], offload: Offload | None) -> list[Part]:
    """The messages in order, in parts whose payloads Lambda accepts, each with its payload."""
    is_large = len(messages) > _MANY or sum(map(_size, messages)) > LARGE
    if not is_large or offload is None:
        return list(packed(mapping, messages))
    payloads = await offload.run(_payloads, replace(mapping, matchers=()), messages)
    rest = iter(messages)
    return [(list(islice(rest, count)), payload) for count, payload in payloads]


def packed(mapping: QueueMapping, messages: Iterable[Message]) -> Iterator[Part]:
    """As `pack`, at once."""
    part: list[Message] = []
    records: list[bytes] = []
    size = 0
    for message in messages:
        record = _ENCODER.encode(_record(mapping, message)).encode()
        if part and size + len(record) + _FRAME > MAX_SYNC_PAYLOAD:
            yield part, _payload(records)
            part, records, size = [], [], 0
        part.append(message)
        records.append(record)
        size += len(record) + 1
    if part:
        yield part, _payload(records)


def is_loop(mapping: QueueMapping, message: Message) -> bool:
    """Whether the chain that a message belongs to has invoked the function too often."""
    trace = message.get("Attributes", {}).get("AWSTraceHeader")
    return trace is not None and not mapping.may_loop and lineage.is_loop(trace, mapping.function)


def trace_of(mapping: QueueMapping, messages: Iterable[Message]) -> str | None:
    """The X-Ray header that a batch goes on with: the first of those whose chain has invoked the function least.

    One function call cannot have more than one chain. With a longer one, what the function sends for the other messages
    would be stopped as a loop that it is not in.
    """
    headers = (message.get("Attributes", {}).get("AWSTraceHeader") or "" for message in messages)
    return min(headers, key=lambda trace: (lineage.invocations(trace, mapping.function), not trace)) or None


async def failed_messages(
    mapping: QueueMapping, messages: Sequence[Message], response: bytes, offload: Offload | None = None
) -> Sequence[Message]:
    """Those that a function did not process, by its response; all of them if the response cannot be read."""
    if not mapping.reports_failures:
        return ()
    failed = await read_failures(response, {message["MessageId"] for message in messages}, offload)
    return messages if failed is None else [message for message in messages if message["MessageId"] in failed]


def _matched(patterns: Iterable[str], bodies: Iterable[str]) -> list[bool]:
    matchers = [compile_pattern(pattern, EVENT_SOURCE_MAPPING) for pattern in patterns]
    return [_matches(matchers, body) for body in bodies]


def _matches(matchers: Iterable[Matcher], body: str) -> bool:
    event = prepare({"body": _body(body)})
    return any(matcher.match(event) for matcher in matchers)


def _payloads(mapping: QueueMapping, messages: Sequence[Message]) -> list[tuple[int, bytes]]:
    """The number of messages of each part, and its payload."""
    return [(len(part), payload) for part, payload in packed(mapping, messages)]


def _size(message: Message) -> int:
    """The characters of its body and of its attributes' texts."""
    attributes = (message.get("MessageAttributes") or {}).values()
    return len(message["Body"]) + sum(len(attribute.get("StringValue") or "") for attribute in attributes)


def _payload(records: Sequence[bytes]) -> bytes:
    return b'{"Records":[' + b",".join(records) + b"]}"


_FRAME = len(_payload(()))


def _record(mapping: QueueMapping, message: Message) -> dict[str, Any]:
    md5 = message.get("MD5OfMessageAttributes")
    # AWS gives null, not nothing, for a mapping that gathers or filters.
    known = {"md5OfMessageAttributes": md5} if md5 is not None or mapping.window or mapping.patterns else {}
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes") or {},
        "messageAttributes": {
            name: _attribute(value) for name, value in (message.get("MessageAttributes") or {}).items()
        },
        **known,
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": mapping.queue_arn,
        "awsRegion": mapping.region,
    }


def _attribute(value: dict[str, Any]) -> dict[str, Any]:
    names = (("StringValue", "stringValue"), ("BinaryValue", "binaryValue"))
    given = {ours: value[theirs] for theirs, ours in names if value.get(theirs) is not None}
    return {**given, "stringListValues": [], "binaryListValues": [], "dataType": value["DataType"]}


def _body(text: str) -> Any:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, dict) else text
