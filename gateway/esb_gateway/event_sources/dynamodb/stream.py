"""The stream of a table, through the API of DynamoDB Streams."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final, NamedTuple, Protocol

from esb_gateway.aws_client.client import AwsClient
from esb_gateway.aws_client.protocols import AwsCallError
from esb_gateway.event_sources.dynamodb.records import Record, RecordPage, RecordView, read_page
from esb_gateway.expiry.ttl_removals import TtlRemovals

LIMIT: Final = 1000  # records in a call
BEGINNING: Final = "TRIM_HORIZON"  # a position: before the oldest record


class Shard(NamedTuple):
    """A part of a stream; its records come after those of its parent."""

    id: str
    parent: str | None = None


class Description(NamedTuple):
    """A stream's shards, and when it was made, in seconds since 1970."""

    shards: Sequence[Shard]
    created: float


class Stream(Protocol):
    """A stream of a table. All methods raise AwsCallError."""

    @property
    def label(self) -> str:
        """The label that distinguishes it from earlier streams of the table."""

    async def is_newest(self) -> bool:
        """Whether its table has it still; False if the server cannot tell in a cheap way."""

    async def describe(self) -> Description:
        """All shards of the stream."""

    async def iterator(self, shard: str, position: str) -> str:
        """An iterator after a position: a sequence number, or BEGINNING."""

    async def read(self, iterator: str, view: RecordView) -> RecordPage:
        """The next records, as a mapping sees them."""


class TableStream:
    """A `Stream` of a server."""

    def __init__(self, client: AwsClient, arn: str, table: str, removals: TtlRemovals) -> None:
        self._client = client
        self._arn = arn
        self._table = table
        self._removals = removals

    @property
    def label(self) -> str:
        return self._arn.rpartition("/stream/")[2]

    async def is_newest(self) -> bool:
        """By ListStreams: dynoxide holds everybody for a second if it describes a table of a million items."""
        try:
            answer = await self._client.call("ListStreams", {"TableName": self._table})
        except AwsCallError:
            return False
        return max((str(each["StreamLabel"]) for each in answer.get("Streams") or ()), default="") == self.label

    async def describe(self) -> Description:
        found: list[Shard] = []
        more: dict[str, str] = {}
        while True:
            answer = await self._client.call("DescribeStream", {"StreamArn": self._arn, **more})
            description = answer["StreamDescription"]
            found += [Shard(each["ShardId"], each.get("ParentShardId")) for each in description.get("Shards") or ()]
            last = description.get("LastEvaluatedShardId")
            if not last:
                return Description(found, float(description.get("CreationRequestDateTime") or 0))
            more = {"ExclusiveStartShardId": last}

    async def iterator(self, shard: str, position: str) -> str:
        where = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": position}
        if position == BEGINNING:
            where = {"ShardIteratorType": BEGINNING}
        answer = await self._client.call("GetShardIterator", {"StreamArn": self._arn, "ShardId": shard, **where})
        return str(answer["ShardIterator"])

    async def read(self, iterator: str, view: RecordView) -> RecordPage:
        wanted = {"ShardIterator": iterator, "Limit": LIMIT}
        page = await self._client.read("GetRecords", wanted, partial(read_page, view))
        return page._replace(records=[self._marked(record) for record in page.records])

    def _marked(self, record: Record) -> Record:
        """The record as one of the sweep of expired items, if it is."""
        is_expired = self._removals.have(self._table, record.key, record.created)
        return record._replace(event=record.event_if_expired) if is_expired else record


async def stream_of(tables: AwsClient, streams: AwsClient, removals: TtlRemovals, table: str) -> TableStream:
    """The newest stream of a table. Raises AwsCallError, also for a table without one."""
    described = (await tables.call("DescribeTable", {"TableName": table}))["Table"]
    arn = described.get("LatestStreamArn")
    if not arn or not (described.get("StreamSpecification") or {}).get("StreamEnabled", True):
        raise AwsCallError("NoStream", f"the table {table} has no stream", 400)
    return TableStream(streams, str(arn), table, removals)
