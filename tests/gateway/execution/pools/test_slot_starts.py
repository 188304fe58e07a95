"""Whether slots are missing, and may start."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from esb_gateway.execution.pools.pool_state import PoolState
from esb_gateway.execution.pools.slot_starts import SlotStarts
from esb_gateway.execution.pools.slots import Limits, PoolCallbacks, State
from esb_gateway.invocation import Function
from tests.gateway.functions import ORDERS

FUNCTION = replace(ORDERS, name="f", handler="app.f", min_capacity=1, max_capacity=3)
LIMITS = Limits()


def failure(_: str) -> bytes:
    return b"no"


class StartsFixture:
    def __init__(self, function: Function = FUNCTION) -> None:
        state = PoolState(PoolCallbacks(lambda: 0.0, lambda _: None, lambda *_: None, new_runner=None), LIMITS)
        self.slots = state.slots
        self.backoff = state.backoff
        self.starts = SlotStarts(function, state)

    def place(self, containers: int, *, one_each: bool = False, draining: bool = False) -> None:
        self.starts.set_draining(draining)
        self.starts.set_containers(containers, one_each=one_each)


def test_the_minimum_and_a_slot_for_each_that_waits() -> None:
    fixture = StartsFixture()
    assert [fixture.starts.missing(waiting) for waiting in (0, 1, 2, 9)] == [1, 1, 2, 3]
    fixture.slots.add(State.STARTING, 0.0)
    assert [fixture.starts.missing(waiting) for waiting in (0, 1, 2, 9)] == [0, 0, 1, 2]
    fixture.place(0)
    assert fixture.starts.missing(9) == 0


def test_a_slot_that_leaves_keeps_the_ports_of_its_container() -> None:
    fixture = StartsFixture()
    fixture.place(1, one_each=True)
    old = fixture.slots.add(State.IDLE, 0.0)
    fixture.slots.idle.append(old)
    fixture.slots.leave(old, 1.0)
    assert fixture.starts.missing(1) == 0
    old.withdrawn = True  # the container is stopping, and another one counts
    assert fixture.starts.missing(1) == 1
    fixture.place(1)
    assert fixture.starts.missing(2) == 2


def test_a_failed_start_stands_for_those_that_come_until_the_next() -> None:
    fixture = StartsFixture()
    assert (fixture.starts.retry_at(0.0), fixture.starts.failure(0.0)) == (inf, None)
    fixture.backoff.failed(0.0, failure)
    retry_at = fixture.starts.retry_at(0.0)
    assert retry_at == LIMITS.first_backoff
    assert fixture.starts.failure(0.0) is failure
    fixture.slots.add(State.BUSY, 0.0)
    assert fixture.starts.failure(0.0) is None, "a slot works"
    assert fixture.starts.retry_at(retry_at) == inf


def test_new_code_starts_without_the_history_of_the_old_one() -> None:
    fixture = StartsFixture()
    fixture.backoff.failed(0.0, failure)
    fixture.starts.init_took(inf)
    fixture.starts.reset()
    assert (fixture.starts.retry_at(0.0), fixture.starts.failure(0.0)) == (inf, None)
    assert not fixture.starts.suppresses_init
    fixture.backoff.failed(1.0, failure)
    assert fixture.starts.retry_at(1.0) == 1.0 + LIMITS.first_backoff


@pytest.mark.parametrize(("seconds", "suppressed"), [(9.0, False), (10.0, False), (10.1, True), (inf, True)])
def test_after_an_init_that_takes_too_long_the_next_is_part_of_its_invocation(seconds: float, suppressed: bool) -> None:
    """Lambda developer guide, "Lambda runtime environment lifecycle": the init phase is limited to 10 seconds."""
    fixture = StartsFixture()
    fixture.starts.init_took(seconds)
    assert fixture.starts.suppresses_init is suppressed


def test_an_init_that_nobody_waits_for_has_the_time_of_provisioned_concurrency() -> None:
    fixture = StartsFixture(replace(FUNCTION, min_capacity=2))
    assert [fixture.starts.init_limit(waited_for=waited_for) for waited_for in (True, False)] == [10.0, 900.0]
    fixture.place(1, draining=True)
    assert fixture.starts.missing(0) <= 0
