"""Batches of records, what a function's response says of them, and what a destination is told. Pure.

Sources: Lambda developer guide, "Configuring partial batch response with DynamoDB and Lambda", "Retain discarded
records for a DynamoDB event source"; answers that were recorded from AWS
(lambda/test_lambda_integration_dynamodbstreams). What takes long with large batches is done in slices, or elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Any, Final

from esb_gateway.event_sources.dynamodb.mapping import TableMapping
from esb_gateway.event_sources.dynamodb.records import Record
from esb_gateway.event_sources.invoking import read_failures
from esb_gateway.invocation import MAX_SYNC_PAYLOAD, Ending, Outcome
from esb_wire.offload import Offload
from esb_wire.utc_times import to_millisecond, to_second

_ENCODER = json.JSONEncoder(separators=(",", ":"))
_FRAME: Final = len(b'{"Records":[]}')


def lane_of(record: Record, lanes: int) -> int:
    """The number of the lane that a record is processed in: the same for all records of an item."""
    return int.from_bytes(sha256(record.key.encode()).digest()[:4], "big") % lanes


def batches_of(mapping: TableMapping, records: Iterable[Record]) -> Iterator[Sequence[Record]]:
    """The records that the function gets, in order, in batches that the mapping and Lambda allow."""
    batch: list[Record] = []
    size = _FRAME
    for record in records:
        if record.event is None:
            continue
        length = len(record.event) + 1
        if batch and (len(batch) >= mapping.entry.batch_size or size + length > MAX_SYNC_PAYLOAD):
            yield batch
            batch, size = [], _FRAME
        batch.append(record)
        size += length
    if batch:
        yield batch


def payload_parts(records: Iterable[Record]) -> list[bytes]:
    """The event of a batch, in parts: it may have 6 MB."""
    events = (record.event for record in records if record.event is not None)
    separated = [part for event in events for part in (b",", event)]
    return [b'{"Records":[', *separated[1:], b"]}"]


async def first_failure(
    mapping: TableMapping, records: Sequence[Record], outcome: Outcome, offload: Offload | None = None
) -> int | None:
    """The index from which a batch has to be tried again; None if all of it was processed."""
    if outcome.ending is not Ending.DONE:
        return 0
    if not mapping.entry.report_batch_item_failures:
        return None
    known = {record.sequence: index for index, record in enumerate(records)}
    failed = await read_failures(outcome.payload, known.keys(), offload)
    if failed is None:
        return 0
    return min((known[identifier] for identifier in failed), default=None)


def failure_record(  # noqa: PLR0913, PLR0917 - the parts of a document
    mapping: TableMapping,
    label: str,
    shard: str,
    records: Sequence[Record],
    condition: str,
    attempts: int,
    outcome: Outcome | None,
    request_id: str,
    now: float,
) -> bytes:
    """The record of a batch that is not tried any more: its place in the stream, not its contents."""
    moments = [to_second(record.created) for record in (records[0], records[-1])]
    failed = outcome is not None and outcome.ending is not Ending.DONE
    document: dict[str, Any] = {
        "requestContext": {
            "requestId": request_id,
            "functionArn": mapping.function_arn,
            "condition": condition,
            "approximateInvokeCount": attempts,
        },
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled" if failed else None,
        },
        "version": "1.0",
        "timestamp": to_millisecond(now),
        "DDBStreamBatchInfo": {
            "shardId": shard,
            "startSequenceNumber": records[0].sequence,
            "endSequenceNumber": records[-1].sequence,
            "approximateArrivalOfFirstRecord": moments[0],
            "approximateArrivalOfLastRecord": moments[1],
            "batchSize": len(records),
            "streamArn": mapping.stream_arn(label),
        },
    }
    if outcome is None:
        del document["responseContext"]  # the function has not run
    return _ENCODER.encode(document).encode()
