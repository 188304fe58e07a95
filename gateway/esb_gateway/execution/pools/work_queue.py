"""The invocations that a function has accepted and not answered yet: their order, their number, their patience."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from math import inf

from esb_gateway.execution import failures
from esb_gateway.execution.pools.capacity import Capacity
from esb_gateway.execution.pools.slots import Failure, Result, Work
from esb_gateway.invocation import Done, Ending, Invocation, Throttled

RESERVED_REASON = "ReservedFunctionConcurrentInvocationLimitExceeded"
QUEUE_REASON = "ConcurrentInvocationLimitExceeded"


class WorkQueue:
    """`accepted` has all by request id, `waiting` those without a slot, the next one first.

    Each is reported to `finished` once. One that has waited for `patience` seconds is given up. Times are seconds of
    the pool's clock.
    """

    def __init__(self, finished: Callable[[Work, Result], None], patience: float) -> None:
        self.waiting: deque[Work] = deque()
        self.accepted: dict[str, Work] = {}
        self._finished = finished
        self._patience = patience

    @property
    def running(self) -> int:
        """The number of works that have a slot."""
        return len(self.accepted) - len(self.waiting)

    @property
    def deadline(self) -> float:
        """When `give_up` has something to do; infinite if nothing waits."""
        return self.waiting[0].accepted + self._patience if self.waiting else inf

    def age(self, now: float) -> float:
        """Seconds that the first of those that wait has waited; 0 if none waits."""
        return now - self.waiting[0].accepted if self.waiting else 0.0

    def add(self, invocation: Invocation, done: Done, now: float, capacity: Capacity, queue_depth: int) -> Work:
        """Accept an invocation, as the last one. Up to `queue_depth` may wait that no slot of the capacity will run.

        Raises Throttled; ValueError if its request id is in flight.
        """
        accepted = self.accepted
        in_flight = len(accepted)
        if in_flight >= capacity.in_flight:
            raise Throttled(RESERVED_REASON)
        if capacity.running == 0 or in_flight >= capacity.running + queue_depth:
            raise Throttled(QUEUE_REASON)
        request_id = invocation.request_id
        if request_id in accepted:
            raise ValueError(f"request id {request_id} is in flight already; each invocation needs its own")
        work = accepted[request_id] = Work(invocation, done, now)
        self.waiting.append(work)
        return work

    def put_back(self, work: Work) -> None:
        """It was not handed over: it is the first of those that wait, for as long as it would have waited."""
        if work.slot is not None:
            work.slot.work = None
        work.slot = None
        work.deadline = inf
        self.waiting.appendleft(work)

    def finish(self, work: Work, result: Result) -> None:
        """End a work that does not wait. Its slot has none then."""
        if work.slot is not None:
            work.slot.work = None
        del self.accepted[work.invocation.request_id]
        self._finished(work, result)

    def fail_waiting(self, ending: Ending, failure: Failure) -> None:
        """End everything that waits."""
        waiting = list(self.waiting)
        self.waiting.clear()
        for work in waiting:  # all of them first: a caller may submit again from its callback
            del self.accepted[work.invocation.request_id]
        for work in waiting:
            self._finished(work, Result(ending, failure(work.invocation.request_id)))

    def give_up(self, now: float) -> None:
        """End what has waited for too long."""
        while self.deadline <= now:
            self.finish(self.waiting.popleft(), Result(Ending.NOT_RUN, failures.never_ran("Rate Exceeded.")))
