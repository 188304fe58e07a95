"""The unfinished work of a stack, and the deletion of its data: the gateway, ESB's own server, the embedded stores."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from esb_gateway.async_invoke.answer import answer
from esb_gateway.async_invoke.event_queue import EventQueue
from esb_gateway.aws_client.client import AwsClient
from esb_gateway.aws_client.protocols import STORAGE_EVENTS
from esb_gateway.event_sources.s3.watcher import CHECKPOINT
from esb_gateway.event_sources.source import Checkpoints
from esb_gateway.event_sources.source import Mapping as SourceMapping
from esb_gateway.event_sources.sqs.mapping import QueueMapping
from esb_gateway.inspection.recorder import Recorder
from esb_gateway.invocation import NotAccepted
from esb_gateway.storage_events.object_event import PATH as FEED_PATH
from esb_gateway.storage_events.object_event import read_page

STREAMS: Final = ("dynamodb",)  # types of mappings that look for records at intervals
STREAM_INTERVAL: Final = 2.5  # seconds: longer than the longest interval, which is one
CLOUD_PATH: Final = "/_esb/testing"
RESET_PATH: Final = "/_esb/testing/reset"


class Sources(Protocol):
    """The event sources; see `RunningSources`."""

    @property
    def mappings(self) -> Sequence[SourceMapping]:
        """Those that run."""


class Background(Protocol):
    """Work of event sources that goes on by itself; see `Invoking`."""

    @property
    def tasks(self) -> set[asyncio.Task[None]]:
        """Batches that were received and are not finished."""


@dataclass(frozen=True, slots=True)
class StackState:
    """`aws` gives the client of a service by boto3's name; None if the stack has no such server. `checkpoints` has what
    the event sources have read.
    """

    recorder: Recorder
    events: EventQueue
    sources: Sources
    background: Background
    aws: Callable[[str], AwsClient | None]
    checkpoints: Checkpoints

    async def waiting(self) -> list[str]:
        """The work that is accepted and not delivered, a sentence for each; empty if there is none.

        The gateway is looked at before and after ESB's own server: if it was idle both times and began nothing between,
        then everything was idle at once. Raises AwsCallError.
        """
        begun = self.recorder.begun
        here = [*self._here()]
        if here:
            return here
        cloud = self.aws("sqs")
        there = [] if cloud is None else [*_in_cloud(await cloud.get(CLOUD_PATH, ""), self._polled())]
        there += await self.unread()
        return there or [*self._here(began=self.recorder.begun - begun)]

    @property
    def settle_time(self) -> float:
        """Seconds in which a source that looks at intervals has looked; 0 if there is none."""
        return STREAM_INTERVAL if any(each.type in STREAMS for each in self.sources.mappings) else 0.0

    async def unread(self) -> list[str]:
        """Changes of objects that the notifications of buckets have not read. Raises AwsCallError."""
        feed = self.aws(STORAGE_EVENTS)
        if feed is None or not any(each.type == "s3" for each in self.sources.mappings):
            return []
        cursor = await self.checkpoints.load(CHECKPOINT)
        if cursor is None:
            return ["changes of objects: not read yet"]
        events = read_page(await feed.get(FEED_PATH, f"after={cursor}&seconds=0")).events
        return [f"changes of objects: {len(events)} not read"] if events else []

    async def drop(self) -> None:
        """Delete what waits to be delivered. Raises AwsCallError and NotAccepted."""

        def clear(done: Callable[[None], None], failed: Callable[[NotAccepted], None]) -> None:
            self.events.clear(lambda: done(None), failed)

        await answer(clear)
        cloud = self.aws("sqs")
        if cloud is not None:
            await cloud.post(RESET_PATH)

    async def delete_data(self) -> dict[str, Any]:
        """Delete all items and objects; returns how many there were. Raises AwsCallError."""
        stores = self.aws("dynamodb")
        return {} if stores is None else await stores.post(RESET_PATH)

    def busy(self) -> list[str]:
        """The functions that run, or are about to."""
        running = {record.invocation.function for record in self.recorder.running}
        return sorted(running) or (["a batch of messages"] if self.background.tasks else [])

    def _here(self, began: int = 0) -> Iterator[str]:
        running = Counter(record.invocation.function for record in self.recorder.running)
        for function, count in sorted(running.items()):
            yield f"function {function}: {count} running"
        if queued := self.events.numbers().queued:
            yield f"asynchronous invocations: {queued} queued or running"
        if self.background.tasks:
            yield f"batches of messages: {len(self.background.tasks)} in progress"
        if began:
            yield f"{began} invocations have just begun"

    def _polled(self) -> set[str]:
        mappings = self.sources.mappings
        return {each.queue for each in mappings if isinstance(each, QueueMapping) and each.enabled}


def _in_cloud(found: Mapping[str, Any], polled: set[str]) -> Iterator[str]:
    for target, count in found["deliveries"].items():
        yield f"deliveries to {target}: {count}"
    for queue, depth in found["queues"].items():
        if queue in polled:  # what nothing receives is delivered when it is in the queue
            yield f"queue {queue}: " + ", ".join(f"{count} {state}" for state, count in depth.items() if count)
