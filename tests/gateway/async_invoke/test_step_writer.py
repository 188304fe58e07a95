"""What follows an attempt is written once, and again while the disk refuses."""

from __future__ import annotations

from collections.abc import Callable

from esb_gateway.async_invoke.rules import Condition, Ended, Event, Retry
from esb_gateway.async_invoke.step_writer import StepWriter
from esb_schemas.contract import Destination, EventInvoke
from tests.gateway.async_invoke.fakes import NOW, QueueFixture

MakeQueue = Callable[..., QueueFixture]
AUDITED = {"work": EventInvoke(on_failure=Destination("audit")), "audit": EventInvoke()}


class WriterFixture:
    def __init__(self, parts: QueueFixture) -> None:
        self.parts = parts
        self.arrived: list[Event] = []
        self.written: list[Event] = []
        self.postponed: list[float] = []
        context = self.parts.new_context(self.arrived.append)
        self.writer = StepWriter(context, self.written.append, self.postponed.append)

    def numbers(self) -> tuple[int, int]:
        file = self.parts.store.file
        return file.queued, file.kept


def test_a_retry_is_due_when_it_is_written(make_queue: MakeQueue) -> None:
    fixture = WriterFixture(make_queue())
    event = fixture.parts.put()
    fixture.writer.write(event, Retry(NOW + 60, 1))
    assert fixture.written == []
    fixture.parts.settle()
    assert (fixture.written, fixture.postponed, fixture.numbers()) == ([event], [NOW + 60], (1, 0))


def test_an_event_ends_together_with_the_begin_of_those_that_follow(make_queue: MakeQueue) -> None:
    fixture = WriterFixture(make_queue(**AUDITED))
    event = fixture.parts.put()
    fixture.writer.write(event, Ended(Condition.RETRIES_EXHAUSTED, 3))
    fixture.parts.settle()
    assert ([each.invocation.function for each in fixture.arrived], fixture.written) == (["audit"], [event])
    assert fixture.numbers() == (1, 0)


def test_nothing_follows_an_event_that_was_dropped_while_it_ran(make_queue: MakeQueue) -> None:
    fixture = WriterFixture(make_queue(**AUDITED))
    event = fixture.parts.put()
    fixture.parts.store.file.remove(event.id)
    fixture.writer.write(event, Ended(Condition.RETRIES_EXHAUSTED, 3))
    fixture.parts.settle()
    assert (fixture.arrived, fixture.written, fixture.numbers()) == ([], [event], (0, 0))


def test_while_the_disk_refuses_it_is_asked_again_and_one_line_says_so(make_queue: MakeQueue) -> None:
    fixture = WriterFixture(make_queue())
    first, second = fixture.parts.put(), fixture.parts.put()
    fixture.parts.store.broken = True
    fixture.writer.write(first, Retry(NOW + 60, 1))
    fixture.writer.write(second, Ended(Condition.RETRIES_EXHAUSTED, 3))
    fixture.parts.wait(3)
    assert fixture.written == []
    assert fixture.parts.lines == ["The disk is broken. The end of the event is written as soon as possible."]
    fixture.parts.store.broken = False
    fixture.parts.wait(1)
    assert fixture.written == [first, second]
