"""The start of missing slots; while none can start, what waits is answered with the reason.

Init may take 10 s. Init that takes longer is killed and tried again as a part of the invocation that waits for it; the
function's timeout then covers both (AWS: "suppressed init"). A failed init fails what waits, unless a working slot is
left. The failure is kept for the time of the backoff and answers what comes meanwhile, so that no caller waits for the
next attempt.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from esb_gateway.execution.pools.closing import Closing
from esb_gateway.execution.pools.hand_over import HandOver
from esb_gateway.execution.pools.pool_state import PoolState
from esb_gateway.execution.pools.slot_starts import SlotStarts
from esb_gateway.execution.pools.slots import Failure, Runner, Slot, State
from esb_gateway.invocation import Ending


class MissingSlots:
    """Starts the slots that `SlotStarts` says are missing."""

    def __init__(self, state: PoolState, starts: SlotStarts, hand_over: HandOver, closing: Closing) -> None:
        self._slots = state.slots
        self._works = state.works
        self._waiting = state.works.waiting
        self._clock = state.callbacks.clock
        self._new_runner = state.callbacks.new_runner
        self._backoff = state.backoff
        self._wake_at = state.wakeup.at
        self._starts = starts
        self._hand_over = hand_over
        self._closing = closing

    def start(self) -> None:
        """Start those that may start now; else wake the pool when they may."""
        if self._closing.drained is not None:
            self._closing.go_on()
        if self._closing.closed or self._slots.active >= self._starts.capacity.running:
            return
        now = self._clock()
        retry_at = self._starts.retry_at(now)
        if retry_at < inf:
            # Never answer inside `submit`: what has come meanwhile is failed by the next tick, which is at once.
            fail_now = bool(self._waiting) and self._starts.failure(now) is not None
            self._wake_at(now if fail_now else retry_at)
        elif self._new_runner is not None:
            for _ in range(self._starts.missing(len(self._waiting))):
                self._start_slot(self._new_runner, now)

    def failed(self, failure: Failure) -> None:
        """A slot could not start."""
        now = self._clock()
        self._backoff.failed(now, failure)
        self.fail_waiting(now)

    def fail_waiting(self, now: float) -> None:
        """Answer what waits, if nothing can run it before the next attempt."""
        failure = self._starts.failure(now)
        if failure is not None:
            self._works.fail_waiting(Ending.INIT_ERROR, failure)

    def _start_slot(self, new_runner: Callable[[Slot], Runner], now: float) -> None:
        slot = self._slots.add(State.STARTING, now)
        slot.managed = True
        slot.runner = new_runner(slot)
        if self._starts.suppresses_init and self._waiting:  # the invocation's own time runs from here
            self._hand_over.assign(slot, self._waiting.popleft(), now)
        else:
            slot.deadline = now + self._starts.init_limit(waited_for=bool(self._waiting))
            self._wake_at(slot.deadline)
        slot.runner.start()
