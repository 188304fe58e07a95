"""The events in flight: the gateway's own, those of streams, and those that esb-cloud lists."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from esb_gateway.admin.in_flight import MAX_EVENTS, InFlight
from esb_gateway.async_invoke.queries import details
from esb_gateway.event_sources.invoking import RunningBatch
from esb_gateway.event_sources.sqs.mapping import QueueMapping
from esb_gateway.invocation import Ending, Invocation, NotAccepted, Outcome
from tests.gateway.async_invoke.fakes import ARN, NOW, QueueFixture, function
from tests.gateway.event_sources.sqs.fakes import mapping

TRACE = "Root=1-67a1b2c3-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=0"
NOTHING: dict[str, Any] = {"events": [], "more": False}


def listed(
    fixture: QueueFixture,
    elsewhere: dict[str, Any] = NOTHING,
    mappings: tuple[QueueMapping, ...] = (),
    batches: tuple[RunningBatch, ...] = (),
) -> dict[str, Any]:
    async def main() -> dict[str, Any]:
        listing = asyncio.create_task(
            InFlight(fixture.queue, lambda: mappings, batches, lambda: fixture.now).collect(elsewhere)
        )
        await asyncio.sleep(0)
        fixture.settle()
        return await listing

    return asyncio.run(main())


def accept(fixture: QueueFixture, name: str, number: int, hops: str = "") -> None:
    trace = f"{TRACE};Hops={hops}" if hops else TRACE
    fixture.queue.accept(Invocation(name, b"{}", f"id-{number}", trace, ARN + name), lambda _: None)
    fixture.settle()


def test_an_event_that_runs_and_one_that_waits_for_its_retry() -> None:
    fixture = QueueFixture({"work": function("work")})
    accept(fixture, "work", 1, "bucket:uploads")
    assert listed(fixture)["events"] == [
        {
            "id": "id-1",
            "source": "bucket:uploads",
            "target": "function:work",
            "state": "running",
            "age": 0.0,
            "attempt": 1,
            "due": None,
            "chain": ["bucket:uploads"],
        }
    ]
    fixture.invoker.running.pop("id-1")(Outcome(Ending.FUNCTION_ERROR, b"{}"))
    fixture.wait(20)
    (event,) = listed(fixture)["events"]
    assert (event["state"], event["age"], event["attempt"], event["due"]) == ("waiting", 20.0, 2, 40.0)


def test_one_event_is_shown_with_its_chain() -> None:
    fixture = QueueFixture({"work": function("work")})
    accept(fixture, "work", 1, "bucket:uploads")
    shown = details(fixture.store.file, "id-1")
    assert shown is not None
    assert shown["chain"] == ["bucket:uploads"]


def test_a_message_for_a_topic_waits_too() -> None:
    fixture = QueueFixture({})
    accept(fixture, "arn:aws:sns:us-east-1:123456789012:paid", 1, "queue:orders,function:work")
    (event,) = listed(fixture)["events"]
    assert (event["source"], event["target"]) == ("function:work", "topic:paid")


def test_no_more_than_can_be_read_are_listed() -> None:
    fixture = QueueFixture({"work": function("work")})
    for number in range(MAX_EVENTS + 1):
        accept(fixture, "work", number)
    found = listed(fixture)
    assert (len(found["events"]), found["more"]) == (MAX_EVENTS, True)


def test_a_message_of_a_queue_is_for_the_function_of_its_mapping() -> None:
    message = {
        "id": "m",
        "source": "queue:orders",
        "target": None,
        "state": "received",
        "age": 3.0,
        "attempt": 1,
        "due": 27.0,
        "chain": ["queue:orders"],
    }
    elsewhere = {"events": [message, {**message, "source": "queue:other"}], "more": False}
    found = listed(QueueFixture({}), elsewhere, (mapping(),))["events"]
    assert [event["target"] for event in found] == [f"function:{mapping().function}", None]


def test_a_batch_of_a_stream() -> None:
    batch = RunningBatch("id", "work", f"{TRACE};Hops=table:orders", NOW - 5, 3)
    (event,) = listed(QueueFixture({}), batches=(batch,))["events"]
    assert (event["source"], event["age"], event["attempt"]) == ("table:orders", 5.0, 3)


@pytest.mark.parametrize("broken", [False, True])
def test_a_client_that_leaves_while_the_file_is_read(broken: bool) -> None:
    """The file's answer then has nowhere to go, and raises nothing in the loop."""

    async def main() -> None:
        fixture = QueueFixture({})
        fixture.store.broken = broken
        listing = asyncio.create_task(InFlight(fixture.queue, tuple, (), lambda: NOW).collect(NOTHING))
        await asyncio.sleep(0)
        listing.cancel()
        await asyncio.wait([listing])
        fixture.settle()

    asyncio.run(main())


def test_a_file_that_cannot_be_read() -> None:
    fixture = QueueFixture({})
    fixture.store.broken = True
    with pytest.raises(NotAccepted):
        listed(fixture)
