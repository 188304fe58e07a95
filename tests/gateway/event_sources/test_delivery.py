"""An event of a source becomes one durable event of the queue, however often it is handed over."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable

import pytest

from esb_gateway.event_sources.delivery import Delivery
from esb_gateway.event_sources.source import SourceEvent, Undeliverable
from esb_gateway.invocation import NotAccepted
from esb_gateway.tracing.identifiers import Identifiers
from esb_wire.trace_hops import hops
from tests.gateway.async_invoke.fakes import ARN, QueueFixture

NOW = 1_700_000_000
MakeQueue = Callable[..., QueueFixture]


def deliver(fixture: QueueFixture, due: int = NOW, event: SourceEvent | None = None) -> None:
    given = event or SourceEvent("work", f"{ARN}work", b'{"n":1}', "work/Nightly", due)

    async def main() -> None:
        delivering = asyncio.create_task(delivery(given))
        await asyncio.sleep(0)
        fixture.settle()
        await delivering

    delivery = Delivery(fixture.queue, Identifiers(os.urandom), fixture.telemetry)
    asyncio.run(main())


def test_an_event_runs_its_function(make_queue: MakeQueue) -> None:
    fixture = make_queue()
    deliver(fixture)
    (invocation,) = fixture.invoker.submitted
    assert (invocation.function, invocation.arn, invocation.payload) == ("work", f"{ARN}work", b'{"n":1}')


def test_its_trace_begins_with_where_it_comes_from(make_queue: MakeQueue) -> None:
    fixture = make_queue()
    deliver(fixture, event=SourceEvent("work", f"{ARN}work", b"{}", "s3", None, origin="bucket:uploads"))
    (invocation,) = fixture.invoker.submitted
    assert hops(invocation.trace_id) == ("bucket:uploads",)


def test_the_same_event_runs_once_also_after_it_has_ended_and_after_a_restart(make_queue: MakeQueue) -> None:
    fixture = make_queue()
    deliver(fixture)
    deliver(fixture)
    fixture.end(fixture.invoker.submitted[0].request_id)
    deliver(fixture)
    assert len(fixture.invoker.submitted) == 1
    fixture.restart()
    deliver(fixture)
    assert fixture.invoker.submitted == []
    deliver(fixture, NOW + 86400)
    assert len(fixture.invoker.submitted) == 1


def test_a_message_for_another_target_is_an_event_of_its_own(make_queue: MakeQueue) -> None:
    fixture, queue = make_queue(), "arn:aws:sqs:us-east-1:123456789012:reports.fifo"
    deliver(fixture, event=SourceEvent(queue, queue, b'{"n":1}', "Nightly", NOW, group="g"))
    (invocation,) = fixture.invoker.submitted
    assert (invocation.function, invocation.payload) == (queue, b'{"n":1}')
    assert json.loads(invocation.client_context or "") == {"MessageGroupId": "g"}


def test_a_message_that_the_target_cannot_take_is_not_accepted(make_queue: MakeQueue) -> None:
    fixture, topic = make_queue(), "arn:aws:sns:us-east-1:123456789012:alarms"
    with pytest.raises(Undeliverable, match="cannot take a message of 300000 bytes"):
        deliver(fixture, event=SourceEvent(topic, topic, b"x" * 300_000, "Nightly", NOW))


def test_an_event_that_finds_no_room_is_logged_and_may_come_again(make_queue: MakeQueue) -> None:
    fixture = make_queue()
    fixture.store.broken = True
    with pytest.raises(NotAccepted):
        deliver(fixture)
    assert fixture.lines == ["work/Nightly: the event could not be delivered: The disk is broken."]
    fixture.store.broken = False
    deliver(fixture)
    assert len(fixture.invoker.submitted) == 1
