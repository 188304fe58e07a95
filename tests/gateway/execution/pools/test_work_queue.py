"""Order, bounds and patience of what a function has accepted."""

from __future__ import annotations

import json
from dataclasses import replace
from math import inf

import pytest

from esb_gateway.execution.pools.capacity import Capacity
from esb_gateway.execution.pools.slots import Result, Slot, State, Work
from esb_gateway.execution.pools.work_queue import QUEUE_REASON, RESERVED_REASON, WorkQueue
from esb_gateway.invocation import Ending, Invocation, Throttled

CAPACITY = Capacity(slots=2, running=2, in_flight=inf, minimum=0)
DEPTH = 1


class QueueFixture:
    """A queue whose works end in a list."""

    def __init__(self) -> None:
        self.ended: list[tuple[str, Ending]] = []
        self.works = WorkQueue(self._finished, patience=60)

    def add(self, *names: str, now: float = 0.0, capacity: Capacity = CAPACITY) -> list[Work]:
        return [
            self.works.add(Invocation("f", b"", name, "", "arn"), lambda _: None, now, capacity, DEPTH)
            for name in names
        ]

    def run_next(self) -> Work:
        work = self.works.waiting.popleft()
        work.slot = Slot(0, State.BUSY, since=0.0)
        work.slot.work = work
        work.deadline = 3.0
        return work

    def waiting(self) -> list[str]:
        return [work.invocation.request_id for work in self.works.waiting]

    def _finished(self, work: Work, result: Result) -> None:
        self.ended.append((work.invocation.request_id, result.ending))


def test_the_first_that_came_is_the_first_that_runs() -> None:
    fixture = QueueFixture()
    fixture.add("a", "b")
    assert fixture.waiting() == ["a", "b"]
    assert fixture.run_next().invocation.request_id == "a"
    assert (fixture.works.running, fixture.waiting()) == (1, ["b"])


def test_what_was_not_handed_over_is_the_next_again() -> None:
    fixture = QueueFixture()
    fixture.add("a", "b")
    work = fixture.run_next()
    slot = work.slot
    fixture.works.put_back(work)
    assert fixture.waiting() == ["a", "b"]
    assert (work.slot, work.deadline, slot is not None and slot.work) == (None, inf, None)


@pytest.mark.parametrize(
    ("capacity", "accepted", "reason"),
    [
        (CAPACITY, 3, QUEUE_REASON),
        (replace(CAPACITY, in_flight=2), 2, RESERVED_REASON),
        (replace(CAPACITY, running=0), 0, QUEUE_REASON),
        (replace(CAPACITY, in_flight=0, running=0), 0, RESERVED_REASON),
    ],
)
def test_more_than_the_bounds_allow_is_refused(capacity: Capacity, accepted: int, reason: str) -> None:
    fixture = QueueFixture()
    fixture.add(*map(str, range(accepted)), capacity=capacity)
    with pytest.raises(Throttled) as refused:
        fixture.add("more", capacity=capacity)
    assert refused.value.reason == reason
    assert len(fixture.works.accepted) == accepted


def test_a_request_id_is_in_flight_once() -> None:
    fixture = QueueFixture()
    (work,) = fixture.add("a")
    with pytest.raises(ValueError, match="in flight already"):
        fixture.add("a")
    fixture.works.waiting.clear()
    fixture.works.finish(work, Result(Ending.DONE, b""))
    fixture.add("a")
    assert fixture.ended == [("a", Ending.DONE)]


def test_patience_ends_and_the_next_has_its_own() -> None:
    fixture = QueueFixture()
    assert (fixture.works.deadline, fixture.works.age(9.0)) == (inf, 0.0)
    fixture.add("a")
    fixture.add("b", now=5.0)
    assert (fixture.works.deadline, fixture.works.age(9.0)) == (60.0, 9.0)
    fixture.works.give_up(59.9)
    assert fixture.ended == []
    fixture.works.give_up(60.0)
    assert (fixture.ended, fixture.works.deadline) == ([("a", Ending.NOT_RUN)], 65.0)


def test_all_that_waits_ends_and_what_runs_goes_on() -> None:
    fixture = QueueFixture()
    fixture.add("a", "b", "c")
    running = fixture.run_next()
    fixture.works.fail_waiting(Ending.INIT_ERROR, lambda name: json.dumps(name).encode())
    assert fixture.ended == [("b", Ending.INIT_ERROR), ("c", Ending.INIT_ERROR)]
    assert [*fixture.works.accepted.values()] == [running]
