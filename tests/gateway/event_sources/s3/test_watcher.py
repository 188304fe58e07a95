"""The feed of the storage is read on only when what it said is durable."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from typing import Any, cast

from esb_gateway.aws_client.client import AwsClient
from esb_gateway.aws_client.protocols import AwsCallError
from esb_gateway.event_sources.invoking import Invoking, Reservations
from esb_gateway.event_sources.s3.notifications import BucketNotifications, Notification
from esb_gateway.event_sources.s3.watcher import SLICE, BucketWatcher
from esb_gateway.event_sources.source import SourceContext, SourceEvent, Undeliverable
from esb_gateway.invocation import Invoker, NotAccepted
from esb_gateway.storage_events.object_event import ObjectEvent, Page, page_document
from esb_gateway.telemetry.telemetry import Telemetry
from esb_gateway.tracing.identifiers import Identifiers
from tests.gateway.event_sources.dynamodb.fakes import FakeCheckpoints

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:resize"
BUS = "arn:aws:events:us-east-1:123456789012:event-bus/default"
NOTIFICATIONS = (
    Notification("files", "resize", FUNCTION, ("ObjectCreated:*",), function="resize"),
    Notification("files", "eventbridge", BUS, ("*",)),
)


class FakeFeed:
    """A storage to which objects are added; the cursor is the number of them."""

    def __init__(self) -> None:
        self.events: list[ObjectEvent] = []
        self.asked: list[str] = []
        self.failures = 0

    def add(self, *keys: str) -> None:
        self.events += [ObjectEvent("ObjectCreated:Put", "files", key, number) for number, key in enumerate(keys, 1)]

    async def get(self, _path: str, query: str, _wait: float) -> dict[str, Any]:
        await asyncio.sleep(0)
        if self.failures:
            self.failures -= 1
            raise AwsCallError("", "does not answer")
        self.asked.append(query)
        if not query:
            return page_document(Page("0"))
        after = int(query.removeprefix("after=").partition("&")[0])
        return page_document(Page(str(len(self.events)), self.events[after:]))


class WatcherFixture:
    """A watcher, what it delivers, and what it reads."""

    def __init__(self, *, has_bus: bool = False) -> None:
        self.feed = FakeFeed()
        self.checkpoints = FakeCheckpoints()
        self.delivered: list[SourceEvent] = []
        self.refusals: list[NotAccepted] = []
        self.slept: list[float] = []
        self.logged: list[str] = []
        telemetry = Telemetry(lambda _type, _level, fields: self.logged.append(fields["message"]), lambda: 0.0)
        served = {"storage-events", "events"} if has_bus else {"storage-events"}
        invoking = Invoking(
            cast(Invoker, None),
            Reservations(lambda _: 1),
            lambda service: cast(AwsClient, self.feed) if service in served else None,
            lambda: 0.0,
        )
        context = SourceContext(
            telemetry, Identifiers(os.urandom), self._sleep, invoking=invoking, checkpoints=self.checkpoints
        )
        self.watcher = BucketWatcher(BucketNotifications(NOTIFICATIONS, "us-east-1", "123456789012"), context)

    def run(self, until: Callable[[], bool]) -> None:
        async def main() -> None:
            task = asyncio.create_task(self.watcher.run(self._deliver))
            async with asyncio.timeout(60):
                while not until():
                    assert not task.done(), task.exception()
                    await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        asyncio.run(main())

    def cursor(self) -> str | None:
        return self.checkpoints.saved.get("s3")

    def keys(self) -> list[str]:
        return [json.loads(event.payload)["Records"][0]["s3"]["object"]["key"] for event in self.delivered]

    async def _deliver(self, event: SourceEvent) -> None:
        if self.refusals:
            raise self.refusals.pop()
        self.delivered.append(event)

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)


def test_events_are_delivered_in_order_and_once() -> None:
    fixture = WatcherFixture()
    fixture.feed.add("a", "b")
    fixture.run(lambda: fixture.cursor() == "2")
    fixture.feed.add("c")
    fixture.feed.asked.clear()
    fixture.run(lambda: fixture.cursor() == "3")
    assert fixture.keys() == ["a", "b", "c"]
    assert fixture.feed.asked[0] == "after=2&seconds=20", "it goes on after the cursor"


def test_the_cursor_waits_for_what_is_not_durable_yet() -> None:
    fixture = WatcherFixture()
    fixture.refusals = [NotAccepted("full", full=True), NotAccepted("The file of the events cannot be written.")]
    fixture.feed.add("a")
    fixture.run(lambda: fixture.cursor() == "1")
    assert (fixture.keys(), fixture.slept) == (["a"], [0.5, 1.0])


def test_what_no_target_takes_holds_up_nothing() -> None:
    fixture = WatcherFixture()
    fixture.refusals = [Undeliverable("too large")]
    fixture.feed.add("a", "b")
    fixture.run(lambda: fixture.cursor() == "2")
    assert fixture.keys() == ["b"]


def test_what_is_told_belongs_to_the_trace_of_who_wrote_the_object() -> None:
    fixture = WatcherFixture()
    fixture.feed.events.append(ObjectEvent("ObjectCreated:Put", "files", "a", 1, trace_id="Root=1"))
    fixture.run(lambda: fixture.cursor() == "1")
    (event,) = fixture.delivered
    assert (event.trace_id, event.origin) == ("Root=1", "bucket:files")


def test_buses_are_told_if_there_are_any() -> None:
    fixture = WatcherFixture(has_bus=True)
    fixture.feed.add("a")
    fixture.run(lambda: fixture.cursor() == "1")
    assert [event.function for event in fixture.delivered] == ["resize", BUS]


def test_a_feed_that_fails_is_reported_once_until_it_can_be_read_again() -> None:
    fixture = WatcherFixture()
    fixture.feed.failures = 5
    fixture.feed.add("a")
    fixture.run(lambda: fixture.cursor() == "1")
    assert fixture.logged == [
        "the changes of objects cannot be read: does not answer",
        "the changes of objects are read again",
    ]


def test_a_turn_of_the_loop_makes_the_messages_of_some_events_in_their_order() -> None:
    fixture, turns = WatcherFixture(), list[int]()
    names = [f"{number:03}" for number in range(5 * SLICE + 1)]
    fixture.feed.add("first")

    def is_done() -> bool:
        if len(fixture.feed.events) == 1 and fixture.delivered:
            fixture.feed.add(*names)
        turns.append(len(fixture.delivered) - sum(turns))
        return len(fixture.delivered) == len(names) + 1

    fixture.run(is_done)
    assert fixture.keys() == ["first", *names]
    assert max(turns) <= SLICE
