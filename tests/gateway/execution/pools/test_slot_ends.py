"""How slots end, and what becomes of their work."""

from __future__ import annotations

import json

import pytest

from esb_gateway.execution.pools.capacity import Capacity
from esb_gateway.execution.pools.pool_state import PoolState
from esb_gateway.execution.pools.slot_ends import SlotEnds
from esb_gateway.execution.pools.slots import Limits, PoolCallbacks, Result, Slot, State
from esb_gateway.invocation import Ending, Invocation
from tests.gateway.execution.fakes import RecordingRunner

CAPACITY = Capacity(slots=9, running=9, in_flight=9, minimum=0)


class EndsFixture:
    """Slots with runners that only note what is asked of them, at a time of 100 s."""

    def __init__(self) -> None:
        self.alarms: list[float] = []
        self.results: list[Result] = []
        self.withdrawn = 0
        self.runner = RecordingRunner()
        callbacks = PoolCallbacks(
            lambda: 100.0, self.alarms.append, lambda _, result: self.results.append(result), new_runner=None
        )
        state = PoolState(callbacks, Limits(stop_grace=1.0))
        self.slots = state.slots
        self.works = state.works
        self.ends = SlotEnds(state, self._withdrawn_left)

    def slot(self, state: State, since: float = 0.0) -> Slot:
        slot = self.slots.add(state, since)
        slot.runner = self.runner
        slot.managed = True
        if state is State.IDLE:
            self.slots.idle.append(slot)
        if state is State.BUSY:
            work = self.works.add(Invocation("f", b"", "id", "", "arn"), lambda _: None, 90.0, CAPACITY, 0)
            self.works.waiting.clear()
            work.slot, slot.work, work.started, work.deadline = slot, work, 90.0, 92.5
        return slot

    def _withdrawn_left(self) -> None:
        self.withdrawn += 1


def test_a_slot_is_asked_once_and_has_its_time() -> None:
    fixture = EndsFixture()
    slot = fixture.slot(State.IDLE)
    fixture.runner.stop_grace = 2.0
    for _ in range(2):
        fixture.ends.stop(slot)
    assert (fixture.runner.calls, slot.state, slot.deadline) == (["stop"], State.LEAVING, 102.0)
    assert (fixture.alarms, fixture.slots.idle) == ([102.0], [])


def test_a_busy_slot_retires_after_its_work() -> None:
    fixture = EndsFixture()
    slot = fixture.slot(State.BUSY)
    fixture.ends.retire(slot)
    assert (slot.retiring, slot.state, fixture.runner.calls) == (True, State.BUSY, [])
    fixture.ends.stop_without_work()
    assert fixture.runner.calls == []


@pytest.mark.parametrize(
    ("state", "error"),
    [
        (State.BUSY, "Sandbox.Timedout"),
        (State.STARTING, None),
        (State.RETURNING, None),
        (State.LEAVING, None),
    ],
)
def test_an_overdue_slot_is_killed_and_its_caller_is_told_the_timeout(state: State, error: str | None) -> None:
    """The timeout is that under which the work began: 2.5 s; the function's is another one by now."""
    fixture = EndsFixture()
    slot = fixture.slot(state)
    fixture.ends.kill_overdue(slot, timeout=9.0)
    assert (fixture.runner.calls, slot.state) == (["kill"], State.LEAVING)
    documents = [json.loads(result.payload) for result in fixture.results]
    assert [document["errorType"] for document in documents] == ([] if error is None else [error])
    assert all(document["errorMessage"].endswith("after 2.50 seconds") for document in documents)


def test_the_longest_idle_ones_are_stopped_down_to_a_minimum() -> None:
    fixture = EndsFixture()
    slots = [fixture.slot(State.IDLE, since) for since in (10.0, 20.0, 30.0, 99.0)]
    fixture.ends.stop_idle(3, timeout=50.0, now=100.0)
    assert [slot.state is State.LEAVING for slot in slots] == [True, False, False, False]
    fixture.ends.stop_idle(0, timeout=50.0, now=100.0)
    assert [slot.state is State.LEAVING for slot in slots] == [True, True, True, False]


def test_an_idle_slot_is_stopped_at_the_time_for_which_the_pool_asked() -> None:
    """The sum is rounded: less the timeout, it is before the time since which the slot is idle."""
    fixture = EndsFixture()
    since, timeout = 566.4580621901406, 600.0
    assert since > (since + timeout) - timeout
    slot = fixture.slot(State.IDLE, since)
    fixture.ends.stop_idle(0, timeout, since + timeout)
    assert slot.state is State.LEAVING


def test_the_end_of_a_withdrawn_slot_changes_the_capacity() -> None:
    fixture = EndsFixture()
    slot = fixture.slot(State.BUSY)
    slot.withdrawn = True
    fixture.ends.remove(slot)
    assert (fixture.withdrawn, len(fixture.slots)) == (1, 0)
    fixture.ends.fail_work(slot, Ending.EXITED, lambda name: name.encode())
    assert (fixture.results, slot.work) == ([Result(Ending.EXITED, b"id")], None)
