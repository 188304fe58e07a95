"""A record of a table's stream, as the poller of streams delivers it."""

from __future__ import annotations

import json
from typing import Any

from esb_gateway.errors import ConfigurationError
from esb_gateway.event_sources.dynamodb.batches import payload_parts
from esb_gateway.event_sources.dynamodb.mapping import read_stream
from esb_gateway.event_sources.dynamodb.records import read_record
from esb_gateway.event_sources.source import Owner
from esb_gateway.sample_events.sample import Given
from esb_schemas.contract import Stack
from esb_schemas.event_sources.dynamodb import StreamMapping

_LABEL = "2026-01-01T00:00:00.000"
_SEQUENCE = "111000000000000000000"


def update(given: Given) -> bytes:
    """A batch of one record; an INSERT has no old image."""
    owner = Owner("my-function", given.arn("lambda", "function:my-function"), "MyFunction", Stack(region=given.region))
    entry = StreamMapping(type="dynamodb", name="MyTable", table=given["table"])
    record = {
        "eventID": given.identifiers.request_id().replace("-", ""),
        "eventName": given["operation"],
        "dynamodb": {
            "ApproximateCreationDateTime": int(given.now),
            "Keys": _attributes(given, "keys"),
            "NewImage": _attributes(given, "body"),
            "SequenceNumber": _SEQUENCE,
            "SizeBytes": len(given["body"].encode()),
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    }
    if given["operation"] != "INSERT":
        record["dynamodb"]["OldImage"] = _attributes(given, "keys")
    if given["operation"] == "REMOVE":
        record["dynamodb"]["OldImage"] = record["dynamodb"].pop("NewImage")
    return b"".join(payload_parts([read_record(read_stream(entry, owner).view(_LABEL), record)]))


def _attributes(given: Given, name: str) -> dict[str, Any]:
    """An option with attributes of DynamoDB. Raises ConfigurationError."""
    try:
        found = json.loads(given[name])
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ConfigurationError(f'--{name}: not an item of DynamoDB; write it as {{"id": {{"S": "1"}}}}.')
    return found
