"""A stream in memory, and what a poller works with."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Sequence
from typing import Any

from esb_gateway.aws_client.protocols import AwsCallError
from esb_gateway.event_sources.dynamodb.mapping import TableMapping, read_stream
from esb_gateway.event_sources.dynamodb.poller import StreamPoller
from esb_gateway.event_sources.dynamodb.processing import BatchRunner
from esb_gateway.event_sources.dynamodb.records import Document, RecordPage, RecordView, read_page, read_record
from esb_gateway.event_sources.dynamodb.shards import ShardReader
from esb_gateway.event_sources.dynamodb.stream import BEGINNING, Description, Shard
from esb_gateway.event_sources.invoking import Invoking, Reservations
from esb_gateway.event_sources.source import Owner, SourceContext, SourceEvent
from esb_gateway.invocation import Done, Ending, Invocation, NotAccepted, Outcome
from esb_gateway.telemetry.telemetry import Telemetry
from esb_gateway.tracing.identifiers import Identifiers
from esb_schemas.contract import Stack
from esb_schemas.event_sources.dynamodb import StreamMapping
from tests.fake_offload import FakeOffload

NOW = 1_700_000_000.0
FAILED = Outcome(Ending.FUNCTION_ERROR, b'{"errorMessage": "no"}')
SUCCEEDED = Outcome(Ending.DONE, b"null")
THROTTLED = Outcome(Ending.NOT_RUN, b"")


def mapping(**fields: Any) -> TableMapping:
    owner = Owner("work", "arn:aws:lambda:eu-central-1:123456789012:function:work", "work", Stack("s", "eu-central-1"))
    return read_stream(StreamMapping("dynamodb", "Changes", "orders", **fields), owner)


def record(number: int, key: str = "", created: float = NOW, **change: Any) -> dict[str, Any]:
    return {
        "eventID": f"id-{number}",
        "eventName": "INSERT",
        "awsRegion": "dynoxide",
        "dynamodb": {
            "ApproximateCreationDateTime": created,
            "Keys": {"id": {"S": key or str(number)}},
            "SequenceNumber": str(100 + number),
            **change,
        },
    }


class FakeStream:
    """Shards of records; those of `closed` end. Iterators are `shard/index`."""

    label = "2026"

    def __init__(self, *records: Document, created: float = NOW) -> None:
        self.content: dict[str, list[Document]] = {"one": list(records)}
        self.parents: dict[str, str] = {}
        self.closed: set[str] = set()
        self.created = created
        self.failure: AwsCallError | None = None
        self.not_described = 0  # times
        self.tells_newest = False  # whether `is_newest` does not leave it to others
        self.positions: list[str] = []

    async def is_newest(self) -> bool:
        return self.tells_newest

    async def describe(self) -> Description:
        if self.positions and self.not_described:
            self.not_described -= 1
            raise AwsCallError("", "does not answer")
        return Description([Shard(name, self.parents.get(name)) for name in self.content], self.created)

    async def iterator(self, shard: str, position: str) -> str:
        self.positions.append(position)
        numbers = [each["dynamodb"]["SequenceNumber"] for each in self.content[shard]]
        return f"{shard}/{0 if position == BEGINNING else numbers.index(position) + 1}"

    async def read(self, iterator: str, view: RecordView) -> RecordPage:
        if self.failure is not None:
            failure, self.failure = self.failure, None
            raise failure
        shard, _, at = iterator.partition("/")
        found = self.content[shard][int(at) :]
        end = None if shard in self.closed else f"{shard}/{len(self.content[shard])}"
        return read_page(view, {"Records": found, "NextShardIterator": end})


class FakeFunction:
    """Answers invocations by `answer`, and notes the sequence numbers of their records."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.answer: Callable[[list[str]], Outcome] = lambda _: SUCCEEDED

    def submit(self, invocation: Invocation, done: Done) -> None:
        numbers = [each["dynamodb"]["SequenceNumber"] for each in json.loads(invocation.payload)["Records"]]
        self.batches.append(numbers)
        asyncio.get_running_loop().call_soon(done, self.answer(numbers))


class Killed(Exception):
    """The process ends here."""


class FakeCheckpoints:
    """Checkpoints in memory."""

    def __init__(self) -> None:
        self.saved: dict[str, str] = {}
        self.saves: int | None = None  # how many succeed before the process is killed

    async def load(self, name: str) -> str | None:
        return self.saved.get(name)

    async def save(self, name: str, position: str) -> None:
        if self.saves is not None:
            if not self.saves:
                raise Killed
            self.saves -= 1
        self.saved[name] = position

    async def remove(self, prefix: str, kept: frozenset[str]) -> None:
        for name in [name for name in self.saved if name.startswith(prefix) and name not in kept]:
            del self.saved[name]


class StreamBench:
    """A poller with a fake stream, function and clock."""

    def __init__(self, polled: TableMapping, stream: FakeStream | None = None, *, remakes_tables: bool = False) -> None:
        self.stream = stream or FakeStream()
        self.offload = FakeOffload()
        self._polled = polled
        self.function = FakeFunction()
        self.checkpoints = FakeCheckpoints()
        self.now = NOW
        self.slept: list[float] = []
        self.told: list[SourceEvent] = []
        self.refusals: list[NotAccepted] = []
        self.logged: list[str] = []
        self.telemetry = Telemetry(
            lambda _type, _level, fields: self.logged.append(fields["message"]), lambda: self.now
        )
        invoking = Invoking(self.function, Reservations(lambda _: 1), lambda _: None, lambda: self.now)
        self.context = SourceContext(
            self.telemetry,
            Identifiers(os.urandom),
            self._sleep,
            invoking=invoking,
            checkpoints=self.checkpoints,
            remakes_tables=remakes_tables,
            offload=self.offload,
        )
        self.found = 0  # how often the stream was looked for
        self.runner = BatchRunner(polled, self.context, invoking, self._deliver, "2026", "one")
        self.reader = ShardReader(polled, self.context, invoking, self.checkpoints, self._deliver)
        self.poller = StreamPoller(polled, self.context)

    def run(self, records: Sequence[Document]) -> None:
        view = self._polled.view("2026")
        asyncio.run(self.runner.run([read_record(view, record) for record in records]))

    def position(self, shard: str = "one") -> str | None:
        return self.checkpoints.saved.get(f"dynamodb/work/Changes/orders/2026/{shard}")

    async def follow(self, until: Callable[[], bool]) -> None:
        """Poll until something holds."""

        async def find() -> FakeStream:
            self.found += 1
            return self.stream

        task = asyncio.create_task(self.poller.follow(find, self.reader))
        async with asyncio.timeout(30):
            while not until():
                assert not task.done(), task.exception()
                await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def _deliver(self, event: SourceEvent) -> None:
        if self.refusals:
            raise self.refusals.pop()
        self.told.append(event)

    async def _sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept.append(seconds)
        await asyncio.sleep(0)
