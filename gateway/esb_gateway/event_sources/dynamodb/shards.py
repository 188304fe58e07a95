"""Reads one shard of a stream from its checkpoint on: gathers, processes, and keeps the new checkpoint."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from esb_gateway.aws_client.protocols import AwsCallError
from esb_gateway.event_sources.dynamodb.batches import batches_of, lane_of
from esb_gateway.event_sources.dynamodb.mapping import TableMapping
from esb_gateway.event_sources.dynamodb.processing import LONGEST_BACKOFF, BatchRunner
from esb_gateway.event_sources.dynamodb.records import Record, RecordPage
from esb_gateway.event_sources.dynamodb.stream import BEGINNING, Stream
from esb_gateway.event_sources.invoking import Invoking
from esb_gateway.event_sources.source import Checkpoints, Deliver, SourceContext

ACTIVE_PAUSE, IDLE_PAUSE = 0.25, 1.0  # seconds between two looks at a shard: four a second while it is busy, as on AWS
FINISHED: Final = "FINISHED"  # a position: the shard is closed, and all of it processed
REPORTED: Final = 3  # failures in a row
_TRIMMED: Final = "TrimmedDataAccessException"  # the record at the position is gone
_OLD_MARK: Final = "READ"  # of a table of which a stream was read


class ShardReader:
    """Reads the shards of a mapping. Used on one loop."""

    def __init__(
        self,
        mapping: TableMapping,
        context: SourceContext,
        invoking: Invoking,
        checkpoints: Checkpoints,
        deliver: Deliver,
    ) -> None:
        self._mapping = mapping
        self._context = context
        self._invoking = invoking
        self._checkpoints = checkpoints
        self._deliver = deliver

    async def known_stream(self, stream: Stream) -> str | None:
        """The label of the stream whose positions count; None if the mapping has not read the table yet.

        Files of older versions have a mark for each stream instead.
        """
        known = await self._checkpoints.load(self._prefix)
        if known == _OLD_MARK and await self.position(stream, "") is not None:
            return stream.label
        return known

    async def begin(self, stream: Stream, positions: Mapping[str, str]) -> None:
        """Begin with another stream, at these positions.

        The label is saved last: a start after a crash before that begins again, at the positions that were saved.
        """
        kept = {self._name(stream, shard) for shard in positions}
        await self._checkpoints.remove(self._prefix, frozenset({self._prefix, *kept}))
        for shard, position in positions.items():
            await self._save(stream, shard, position)
        await self._checkpoints.save(self._prefix, stream.label)

    async def position(self, stream: Stream, shard: str) -> str | None:
        """The last processed position of a shard; None if there is none yet."""
        return await self._checkpoints.load(self._name(stream, shard))

    async def read(self, stream: Stream, shard: str) -> None:
        """Process the shard; return when it is closed and all of it is processed."""
        runner = BatchRunner(self._mapping, self._context, self._invoking, self._deliver, stream.label, shard)
        position = await self.position(stream, shard) or BEGINNING
        iterator: str | None = None
        pause, failures = ACTIVE_PAUSE, 0
        while True:
            try:
                if iterator is None:
                    iterator = await stream.iterator(shard, position)
                page = await self._gather(stream, await self._read(stream, iterator))
            except AwsCallError as error:
                # An iterator has expired, or the server is away: begin again after the last checkpoint.
                iterator, failures = None, failures + 1
                position = BEGINNING if error.code == _TRIMMED else position
                if failures == REPORTED:
                    self._log("ERROR", f"the shard {shard} cannot be read: {error}")
                await self._context.back_off(failures, LONGEST_BACKOFF)
                continue
            if failures >= REPORTED:
                self._log("INFO", f"the shard {shard} is read again")
            failures = 0
            if page.records:
                await self._process(stream, shard, runner, page.records)
                position, pause = page.records[-1].sequence, ACTIVE_PAUSE
            if page.iterator is None:
                await self._save(stream, shard, FINISHED)
                return
            iterator = page.iterator
            if not page.records:
                await self._context.sleep(pause)
                pause = min(IDLE_PAUSE, pause * 1.5)

    async def _read(self, stream: Stream, iterator: str) -> RecordPage:
        return await stream.read(iterator, self._mapping.view(stream.label))

    async def _save(self, stream: Stream, shard: str, position: str) -> None:
        await self._checkpoints.save(self._name(stream, shard), position)

    async def _gather(self, stream: Stream, page: RecordPage) -> RecordPage:
        """More pages, until a batch is full or the window is over. Raises AwsCallError."""
        entry, records = self._mapping.entry, list(page.records)
        if not entry.maximum_batching_window:
            return page
        end = self._invoking.steady() + entry.maximum_batching_window
        wanted = sum(record.event is not None for record in records)
        iterator = page.iterator
        while 0 < wanted < entry.batch_size and iterator is not None and (left := end - self._invoking.steady()) > 0:
            await self._context.sleep(min(ACTIVE_PAUSE, left))
            page = await self._read(stream, iterator)
            records += page.records
            wanted += sum(record.event is not None for record in page.records)
            iterator = page.iterator
        return RecordPage(records, iterator)

    async def _process(self, stream: Stream, shard: str, runner: BatchRunner, records: Sequence[Record]) -> None:
        """Process what the function is to get, and keep the position after all of it."""
        mapping = self._mapping
        wanted = [record for record in records if record.event is not None]
        if passed := len(records) - len(wanted):
            self._context.telemetry.counts.messages[mapping.function, mapping.name, "filtered"] += passed
        lanes = mapping.entry.parallelization_factor
        if lanes == 1:
            for batch in batches_of(mapping, wanted):
                await runner.run(batch)
                await self._save(stream, shard, batch[-1].sequence)
        else:
            parts = [[record for record in wanted if lane_of(record, lanes) == lane] for lane in range(lanes)]
            async with asyncio.TaskGroup() as running:
                for part in parts:
                    running.create_task(self._run_lane(runner, part))
        await self._save(stream, shard, records[-1].sequence)

    async def _run_lane(self, runner: BatchRunner, records: Sequence[Record]) -> None:
        for batch in batches_of(self._mapping, records):
            await runner.run(batch)

    def _log(self, level: str, text: str) -> None:
        message = f"{self._mapping.key}: {self._mapping.entry.table}: {text}"
        self._context.telemetry.log("gateway", level, {"message": message, "function": self._mapping.function})

    def _name(self, stream: Stream, shard: str) -> str:
        return f"{self._prefix}{stream.label}/{shard}"

    @property
    def _prefix(self) -> str:
        return f"dynamodb/{self._mapping.key}/{self._mapping.entry.table}/"
