"""The bounds of a function's slots and invocations."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from esb_gateway.execution.pools.capacity import Capacity, capacity_of, slots_to_start
from esb_gateway.invocation import Function
from tests.gateway.functions import ORDERS


def function(minimum: int = 0, maximum: int = 4, reserved: int | None = None) -> Function:
    return replace(
        ORDERS,
        name="f",
        handler="app.f",
        min_capacity=minimum,
        max_capacity=maximum,
        reserved_concurrency=reserved,
    )


@pytest.mark.parametrize(("containers", "slots", "running"), [(0, 0, 4), (1, 4, 4), (3, 12, 12)])
def test_each_container_brings_slots_and_without_any_work_is_accepted(
    containers: int, slots: int, running: int
) -> None:
    capacity = capacity_of(function(), containers)
    assert (capacity.slots, capacity.running) == (slots, running)


def test_reserved_concurrency_bounds_everything() -> None:
    assert capacity_of(function(maximum=4, reserved=5), 2) == Capacity(slots=5, running=5, in_flight=5, minimum=0)
    assert capacity_of(function(minimum=2, reserved=0), 1) == Capacity(slots=0, running=0, in_flight=0, minimum=0)


def test_a_function_that_drains_has_no_minimum() -> None:
    assert capacity_of(function(minimum=2), 1).minimum == 2
    assert capacity_of(function(minimum=2), 1, draining=True).minimum == 0


@pytest.mark.parametrize(
    ("active", "starting", "waiting", "missing"),
    [
        (0, 0, 0, 2),  # the minimum
        (2, 0, 1, 1),
        (3, 1, 1, 0),  # the one that starts will take it
        (3, 1, 5, 1),  # no more than four
        (4, 0, 9, 0),
    ],
)
def test_slots_start_for_the_minimum_and_for_what_waits(active: int, starting: int, waiting: int, missing: int) -> None:
    capacity = capacity_of(function(minimum=2, maximum=4), 1)
    assert max(0, slots_to_start(capacity, active=active, starting=starting, waiting=waiting)) == missing


def test_slots_of_containers_that_stop_come_on_top() -> None:
    assert capacity_of(function(minimum=1, maximum=4), 2, withdrawn=3) == Capacity(11, 11, inf, 4)
    assert capacity_of(function(maximum=4), 1, one_each=True, withdrawn=1).slots == 2
    assert capacity_of(function(maximum=4, reserved=5), 1, withdrawn=3) == Capacity(5, 5, 5, 3)
    assert capacity_of(function(minimum=1), 1, draining=True, withdrawn=1).minimum == 0


def test_a_container_with_extensions_takes_one_slot() -> None:
    assert capacity_of(function(minimum=2, maximum=4), 1, one_each=True) == Capacity(1, 1, inf, 1)
    assert capacity_of(function(maximum=4), 3, one_each=True).slots == 3
    assert capacity_of(function(maximum=0), 3, one_each=True).slots == 0
