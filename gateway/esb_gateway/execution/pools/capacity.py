"""The bounds of a function: of its slots, and of its invocations that run or wait. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from esb_gateway.invocation import Function


@dataclass(frozen=True, slots=True)
class Capacity:
    """`slots` bounds the slots that the gateway starts, `running` the invocations that run at once, `in_flight` those
    that run or wait. `minimum` slots are kept although they are idle.
    """

    slots: int
    running: int
    in_flight: float
    minimum: int


def capacity_of(
    function: Function, containers: int, *, one_each: bool = False, draining: bool = False, withdrawn: int = 0
) -> Capacity:
    """The capacity of a function with so many containers, each of which brings `max_capacity` slots, or one.

    Without a container no slot can start, but `running` stays that of one container: work is accepted and waits for
    the container as it would wait for a slot. Reserved concurrency is AWS's limit of the whole function, so it holds
    over all containers, and for what waits as well: on AWS nothing waits beyond it. A function that drains needs no
    minimum, or its slots would be started again while they leave.

    `withdrawn` slots run their last invocation in a container that is stopping. They come on top, so that they keep no
    slot of the other containers: in a rolling update, the new container serves while the old one ends.
    """
    limit = inf if function.reserved_concurrency is None else function.reserved_concurrency
    of_container = min(function.max_capacity, 1) if one_each else function.max_capacity
    running = int(min(limit, of_container * max(containers, 1) + withdrawn))
    return Capacity(
        slots=int(min(limit, of_container * containers + withdrawn)),
        running=running,
        in_flight=limit,
        minimum=0 if draining else min(function.min_capacity + withdrawn, running),
    )


def slots_to_start(capacity: Capacity, *, active: int, starting: int, waiting: int) -> int:
    """The number of missing slots: for the minimum, and for each invocation that waits.

    `active` are the slots that are not leaving. `starting` are those of them that will poll soon and have no work
    yet: each will take one of the `waiting` invocations, so none is started a second time for the same one.
    """
    return max(capacity.minimum - active, min(waiting - starting, capacity.slots - active))
