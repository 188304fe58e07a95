"""When the events of a function are read, and how many."""

from __future__ import annotations

from collections.abc import Callable

from esb_gateway.async_invoke.due_reader import DueReader
from esb_gateway.async_invoke.ready_events import MAX_EVENTS, ReadyEvents
from tests.gateway.async_invoke.fakes import NOW, QueueFixture

MakeQueue = Callable[..., QueueFixture]


class ReaderFixture:
    """A reader of a file whose disk answers when the test settles."""

    def __init__(self, parts: QueueFixture) -> None:
        self.parts = parts
        self.ready = ReadyEvents()
        self.turns = 0
        self.reader = DueReader("work", self.parts.new_context(lambda _: None), self.ready.add, self._turn)

    def put(self, due: float = NOW) -> int:
        return self.parts.put(due).id

    def read(self, *held: int) -> list[int]:
        """The ids of the events that a read takes."""
        self.reader.read(self.ready, held)
        self.parts.settle()
        return [self.ready.next().id for _ in range(len(self.ready))]

    def _turn(self) -> None:
        self.turns += 1


def test_what_is_held_is_not_read_again_and_nothing_is_read_twice(make_queue: MakeQueue) -> None:
    fixture = ReaderFixture(make_queue())
    first, second = fixture.put(), fixture.put()
    assert fixture.read() == [], "nobody has said that there is something"
    fixture.reader.behind = True
    assert not fixture.reader.is_ahead
    assert fixture.read(first) == [second]
    assert (fixture.reader.is_ahead, fixture.turns) == (True, 1)
    assert fixture.read() == []


def test_more_than_there_is_room_for_is_left_in_the_file(make_queue: MakeQueue) -> None:
    fixture = ReaderFixture(make_queue())
    for _ in range(MAX_EVENTS + 1):
        fixture.put()
    fixture.reader.behind = True
    assert len(fixture.read()) == MAX_EVENTS
    assert fixture.reader.behind


def test_a_disk_that_refuses_is_asked_again(make_queue: MakeQueue) -> None:
    fixture = ReaderFixture(make_queue())
    id_ = fixture.put()
    fixture.reader.behind = fixture.parts.store.broken = True
    assert fixture.read() == []
    assert (fixture.reader.behind, fixture.turns) == (True, 0)
    fixture.parts.store.broken = False
    fixture.parts.wait(1)
    assert fixture.turns == 1
    assert fixture.read() == [id_]


def test_the_nearest_due_time_counts(make_queue: MakeQueue) -> None:
    fixture = ReaderFixture(make_queue())
    id_ = fixture.put(due=NOW + 5)
    fixture.reader.wake_at(NOW + 10)
    fixture.reader.wake_at(NOW + 5)
    fixture.reader.wake_at(NOW + 20)
    fixture.parts.wait(4.9)
    assert fixture.turns == 0
    fixture.parts.wait(0.1)
    assert fixture.turns == 1
    assert fixture.read() == [id_]


def test_a_clock_that_is_put_back_does_not_hide_what_was_due(make_queue: MakeQueue) -> None:
    fixture = ReaderFixture(make_queue())
    id_ = fixture.put(due=NOW + 5)
    fixture.reader.wake_at(NOW + 5)
    fixture.parts.wait(5)
    fixture.parts.now -= 3600
    assert fixture.read() == [id_]
