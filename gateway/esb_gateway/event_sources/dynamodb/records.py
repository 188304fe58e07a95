"""Records of a stream as Lambda's events: read from a server's answer, compared with filters, and encoded. Pure.

All that takes time in proportion to the items is done here, so that another process can do it for a large answer. The
gateway's loop then has the encoded events alone.

Sources: Lambda developer guide, "Using AWS Lambda with Amazon DynamoDB" (the event); answers that were recorded from
AWS (lambda/test_lambda_integration_dynamodbstreams).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias

from esb_gateway.expiry.ttl_removals import IDENTITY, key_text
from esb_wire.patterns import EVENT_SOURCE_MAPPING, Matcher, compile_pattern, prepare

_ENCODER: Final = json.JSONEncoder(separators=(",", ":"))

Document: TypeAlias = Mapping[str, Any]


class RecordView(NamedTuple):
    """A mapping's view of a stream: what the events of its function say of it, and its filters."""

    region: str
    stream_arn: str
    patterns: tuple[str, ...]


class Record(NamedTuple):
    """A record. `created` is about when the item was written, in seconds since 1970; `key` is the item's, as text.

    `event` is None if the function does not get the record. `event_if_expired` is what it gets instead if the sweep of
    expired items made the record; only for a delete it differs.
    """

    sequence: str
    created: float
    key: str
    event: bytes | None
    event_if_expired: bytes | None


class RecordPage(NamedTuple):
    """Records in order; `iterator` reads on, and is None at the end of a shard that is closed."""

    records: list[Record]
    iterator: str | None


def read_page(view: RecordView, answer: Document) -> RecordPage:
    """The page of an answer to GetRecords."""
    records = [read_record(view, record) for record in answer.get("Records") or ()]
    return RecordPage(records, answer.get("NextShardIterator") or None)


def read_record(view: RecordView, record: Document) -> Record:
    """A record of DynamoDB Streams."""
    change = record["dynamodb"]
    event = _event(view, record)
    may_be_expired = record["eventName"] == "REMOVE" and not record.get("userIdentity")
    return Record(
        sequence=str(change["SequenceNumber"]),
        created=float(change.get("ApproximateCreationDateTime") or 0),
        key=key_text(change.get("Keys") or {}),
        event=event,
        event_if_expired=_event(view, {**record, "userIdentity": IDENTITY}) if may_be_expired else event,
    )


def _event(view: RecordView, record: Document) -> bytes | None:
    """The encoded event, None if a filter leaves it out. A write that changes nothing is no record on AWS."""
    change = record["dynamodb"]
    if record["eventName"] == "MODIFY" and "OldImage" in change and change["OldImage"] == change.get("NewImage"):
        return None
    document = _document(view, record)
    if view.patterns:
        event = prepare(document)
        if not any(_matcher(pattern).match(event) for pattern in view.patterns):
            return None
    return _ENCODER.encode(document).encode()


def _document(view: RecordView, record: Document) -> dict[str, Any]:
    """A record as Lambda has it."""
    identity = record.get("userIdentity")
    by = {"userIdentity": {name[0].lower() + name[1:]: value for name, value in identity.items()}} if identity else {}
    return {
        "eventID": record["eventID"],
        "eventName": record["eventName"],
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": view.region,
        "dynamodb": record["dynamodb"],
        **by,
        "eventSourceARN": view.stream_arn,
    }


@lru_cache(4096)
def _matcher(pattern: str) -> Matcher:
    return compile_pattern(pattern, EVENT_SOURCE_MAPPING)
