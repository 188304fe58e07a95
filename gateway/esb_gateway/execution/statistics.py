"""The numbers of a function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from esb_gateway.execution.pools.pool import Pool
from esb_gateway.execution.pools.slots import State
from esb_gateway.telemetry.counts import FunctionCounts


@dataclass(frozen=True, slots=True)
class Statistics:
    """Its slots by state, its invocations now, and what was counted since the start.

    `oldest_age` is how many seconds the first invocation of the queue has waited; 0 if none waits.
    """

    slots: Mapping[State, int]
    queued: int
    running: int
    oldest_age: float
    counts: FunctionCounts


def statistics_of(pool: Pool, counts: FunctionCounts, now: float) -> Statistics:
    """The numbers of the pool's function; `now` by the pool's clock."""
    return Statistics(
        slots=pool.slots.counts(),
        queued=len(pool.works.waiting),
        running=pool.works.running,
        oldest_age=pool.works.age(now),
        counts=counts,
    )
