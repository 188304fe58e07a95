"""Reads the stream of a table and invokes the function with its records, as Lambda's pollers do.

    find the shards -> read each after its checkpoint, parents first -> gather a batch -> process -> checkpoint

How far a shard was processed is kept in the file of the events, by the stream: a table that is made anew has a new one.
A shard is read on only when what was read is processed, so a function that fails blocks its shard, and no other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Final

from esb_gateway.aws_client.protocols import AwsCallError
from esb_gateway.event_sources.dynamodb.mapping import TableMapping
from esb_gateway.event_sources.dynamodb.processing import LONGEST_BACKOFF
from esb_gateway.event_sources.dynamodb.shards import FINISHED, REPORTED, ShardReader
from esb_gateway.event_sources.dynamodb.stream import BEGINNING, Description, Shard, Stream, stream_of
from esb_gateway.event_sources.source import Deliver, SourceContext

DISCOVERY_PAUSE: Final = 10.0  # seconds between two looks for new shards, and for a new stream
YOUNG: Final = 60.0  # seconds: a stream that is no older was made together with the mapping


class StreamPoller:
    """See `source.EventSource`. Used on one loop."""

    def __init__(self, mapping: TableMapping, context: SourceContext) -> None:
        self._mapping = mapping
        self._context = context
        self._failures = 0  # to find the shards, in a row
        self._is_first = True  # stream of this process

    async def run(self, deliver: Deliver) -> None:
        mapping, invoking, checkpoints = self._mapping, self._context.invoking, self._context.checkpoints
        tables = None if invoking is None else invoking.aws("dynamodb")
        streams = None if invoking is None else invoking.aws("dynamodbstreams")
        if invoking is None or checkpoints is None or tables is None or streams is None:
            self._log("ERROR", f"DYNAMODB_ENDPOINT is not set: nothing reads the stream of {mapping.entry.table}")
        if invoking is None or checkpoints is None or tables is None or streams is None or not mapping.entry.enabled:
            await asyncio.Event().wait()
            return
        removals, table = self._context.ttl_removals, mapping.entry.table
        removals.follow(table)
        reader = ShardReader(mapping, self._context, invoking, checkpoints, deliver)
        while True:
            try:
                await self.follow(partial(stream_of, tables, streams, removals, table), reader)
            except AwsCallError as error:
                self._failed(error)
                await self._context.back_off(self._failures, LONGEST_BACKOFF)

    async def follow(self, find: Callable[[], Awaitable[Stream]], reader: ShardReader) -> None:
        """Read all shards, each in a task, until the table has another stream.

        Raises AwsCallError before the first one is read: later, those that are read go on without new ones.
        """
        stream = await find()
        await self._begin(stream, reader, await stream.describe())
        self._is_first = False
        tasks: dict[str, asyncio.Task[None]] = {}
        try:
            while (shards := await self._look(find, stream)) is not None:
                for shard in await self._ready(shards, reader, stream):
                    if shard.id not in tasks:
                        tasks[shard.id] = asyncio.create_task(reader.read(stream, shard.id))
                await self._until_next_look(tasks)
        finally:
            for task in tasks.values():
                task.cancel()
            await asyncio.gather(*tasks.values(), return_exceptions=True)

    async def _look(self, find: Callable[[], Awaitable[Stream]], stream: Stream) -> Sequence[Shard] | None:
        """The shards of the stream, none while the server does not answer; None if the table has another stream."""
        try:
            is_current = await stream.is_newest() or (await find()).label == stream.label
            shards = (await stream.describe()).shards if is_current else None
        except AwsCallError as error:
            self._failed(error)
            return ()
        self._succeeded()
        return shards

    async def _until_next_look(self, tasks: Mapping[str, asyncio.Task[None]]) -> None:
        """Wait; the end of a shard is the time to look for its children. Raises what a task has raised."""
        pause = asyncio.ensure_future(self._context.sleep(DISCOVERY_PAUSE))
        running = [task for task in tasks.values() if not task.done()]
        try:
            await asyncio.wait([pause, *running], return_when=asyncio.FIRST_COMPLETED)
        finally:
            pause.cancel()
        for task in tasks.values():
            if task.done():
                task.result()

    async def _begin(self, stream: Stream, reader: ShardReader, described: Description) -> None:
        """The positions in a stream that is new to the mapping.

        LATEST is after what there is, unless the stream is new as well. If the database makes its tables anew at each
        start, from its file, what a new stream has at the start is old.
        """
        known = await reader.known_stream(stream)
        if known == stream.label:
            return
        is_made_anew = self._context.remakes_tables and self._is_first and known is not None
        is_old = described.created < self._context.telemetry.clock() - YOUNG
        ends = {}
        if is_made_anew or (self._mapping.entry.starting_position == "LATEST" and is_old):
            ends = {
                shard.id: await reader.position(stream, shard.id) or await _end_of(stream, shard.id, self._mapping)
                for shard in described.shards
            }
        await reader.begin(stream, ends)

    async def _ready(self, shards: Sequence[Shard], reader: ShardReader, stream: Stream) -> list[Shard]:
        """Those that are not finished, and whose parent is, or is gone."""
        positions = {shard.id: await reader.position(stream, shard.id) for shard in shards}
        return [
            shard
            for shard in shards
            if positions[shard.id] != FINISHED
            and (shard.parent not in positions or positions[shard.parent] == FINISHED)
        ]

    def _failed(self, error: AwsCallError) -> None:
        self._failures += 1
        if self._failures == REPORTED:
            self._log("ERROR", f"the stream of {self._mapping.entry.table} cannot be read: {error}")

    def _succeeded(self) -> None:
        if self._failures >= REPORTED:
            self._log("INFO", f"the stream of {self._mapping.entry.table} is read again")
        self._failures = 0

    def _log(self, level: str, message: str) -> None:
        fields = {"message": f"{self._mapping.key}: {message}", "function": self._mapping.function}
        self._context.telemetry.log("gateway", level, fields)


async def _end_of(stream: Stream, shard: str, mapping: TableMapping) -> str:
    """The position after all records that a shard has now. Raises AwsCallError."""
    position, iterator = BEGINNING, await stream.iterator(shard, BEGINNING)
    while True:
        page = await stream.read(iterator, mapping.view(stream.label))
        if page.records:
            position = page.records[-1].sequence
        if page.iterator is None:
            return FINISHED
        if not page.records:
            return position
        iterator = page.iterator
