"""The hand-over of works to slots: an invocation is handed over once, and its deadline counts from then.

It goes back to the head of the queue only if not one byte of it was sent.
"""

from __future__ import annotations

from math import inf

from esb_gateway.execution.pools.pool_state import PoolState
from esb_gateway.execution.pools.slot_starts import SlotStarts
from esb_gateway.execution.pools.slots import Slot, State, Work


class HandOver:
    """Gives what waits to idle slots, the youngest first, so that others can leave; knows what runs where."""

    def __init__(self, state: PoolState, starts: SlotStarts) -> None:
        self._works = state.works
        self._waiting = state.works.waiting
        self._idle = state.slots.idle
        self._starts = starts
        self._clock = state.callbacks.clock
        self._wake_at = state.wakeup.at

    def serve(self) -> None:
        """Hand over as much as slots and capacity allow."""
        waiting, idle, accepted, running = (
            self._waiting,
            self._idle,
            self._works.accepted,
            self._starts.capacity.running,
        )
        while waiting and idle and len(accepted) - len(waiting) < running:
            slot, work = idle.pop(), waiting.popleft()
            self.assign(slot, work, self._clock())
            self.deliver(slot, work)

    def assign(self, slot: Slot, work: Work, now: float) -> None:
        """The slot runs the work from now on; its time begins."""
        work.started = now
        work.deadline = slot.deadline = now + self._starts.function.timeout
        work.slot = slot
        slot.work = work
        self._wake_at(slot.deadline)

    def deliver(self, slot: Slot, work: Work) -> None:
        """Answer the slot's poll with the work that it was assigned."""
        slot.state = State.BUSY
        if not slot.runner.deliver(work):
            slot.state = State.RETURNING
            self._works.put_back(work)

    def rest(self, slot: Slot, now: float) -> None:
        """The slot waits for work."""
        slot.state = State.IDLE
        slot.since = now
        slot.deadline = inf
        self._idle.append(slot)
        if self._waiting:
            self.serve()
        elif slot.managed:
            self._wake_at(now + self._starts.function.idle_timeout)

    def running(self, slot: Slot | None, request_id: str) -> Work | None:
        """The work, if the slot runs it now; None in its place: any slot of the function."""
        work = self._works.accepted.get(request_id)
        if work is None or work.slot is None or work.slot.state is not State.BUSY:
            return None
        return work if slot is None or work.slot is slot else None
