"""An event of a source becomes one durable event of the queue, however often it is handed over."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

import pytest

from esb_gateway.event_sources.delivery import Delivery
from esb_gateway.event_sources.source import SourceEvent
from esb_gateway.identifiers import Identifiers
from esb_gateway.invocation import NotAccepted
from tests.gateway.async_invoke.fakes import ARN, QueueFixture

NOW = 1_700_000_000
MakeQueue = Callable[..., QueueFixture]


def deliver(fixture: QueueFixture, due: int = NOW) -> None:
    async def main() -> None:
        event = SourceEvent("work", f"{ARN}work", b'{"n":1}', "work/Nightly", due)
        delivering = asyncio.create_task(delivery(event))
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


def test_an_event_that_finds_no_room_is_logged_and_may_come_again(make_queue: MakeQueue) -> None:
    fixture = make_queue()
    fixture.store.broken = True
    with pytest.raises(NotAccepted):
        deliver(fixture)
    assert fixture.lines == ["work/Nightly: the event could not be delivered: The disk is broken."]
    fixture.store.broken = False
    deliver(fixture)
    assert len(fixture.invoker.submitted) == 1
