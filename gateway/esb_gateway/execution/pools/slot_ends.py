"""The ends of slots: they are asked to, and killed if they do not. What a slot ran then is answered with the reason."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import inf
from typing import assert_never

from esb_gateway.execution import failures
from esb_gateway.execution.pools.pool_state import PoolState
from esb_gateway.execution.pools.slots import Failure, Result, Slot, State
from esb_gateway.invocation import Ending


class SlotEnds:
    """Ends slots of a pool. `withdrawn_left` is called when a slot leaves whose container is stopping."""

    def __init__(self, state: PoolState, withdrawn_left: Callable[[], None]) -> None:
        self._slots = state.slots
        self._works = state.works
        self._limits = state.limits
        self._clock = state.callbacks.clock
        self._wakeup = state.wakeup
        self._withdrawn_left = withdrawn_left

    def retire(self, slot: Slot) -> None:
        """Give the slot no more work and stop it; a busy one is stopped after its response."""
        slot.retiring = True
        if slot.work is None:
            self.stop(slot)

    def stop(self, slot: Slot) -> None:
        """Ask the slot to end."""
        if slot.state is not State.LEAVING:
            self.leave(slot)
            slot.runner.stop()

    def stop_without_work(self) -> None:
        """Ask every slot to end that has no work."""
        for slot in self._slots:
            if slot.work is None:
                self.stop(slot)

    def stop_idle(self, minimum: int, timeout: float, now: float) -> None:
        """Stop managed slots that have been idle for `timeout` seconds, but keep `minimum` slots."""
        for slot in self._slots.managed_idle():
            if self._slots.active <= minimum or slot.since + timeout > now:
                return
            self.stop(slot)

    def kill(self, slot: Slot, ending: Ending, failure: Failure) -> None:
        """End the slot now."""
        self.leave(slot)
        slot.deadline = inf
        slot.runner.kill()
        self.fail_work(slot, ending, failure)

    def kill_overdue(self, slot: Slot, timeout: float) -> None:
        """Kill a slot at its deadline. `timeout` is the function's, in seconds."""
        match slot.state:
            case State.BUSY | State.STARTING:
                if slot.work is not None:  # the timeout that it started under, though it may have changed since
                    timeout = slot.work.deadline - slot.work.started
                self.kill(slot, Ending.TIMED_OUT, partial(failures.timed_out, timeout=timeout))
            case State.RETURNING | State.LEAVING:
                self.kill(slot, Ending.EXITED, partial(failures.exited, reason=failures.NO_REASON))
            case State.IDLE:
                raise AssertionError("an idle slot has no deadline")
            case _:
                assert_never(slot.state)

    def leave(self, slot: Slot) -> None:
        """Give the slot no more work, and kill it if its end is not seen in time."""
        self._slots.leave(slot, self._clock() + max(self._limits.stop_grace, slot.runner.stop_grace))
        if slot.withdrawn:
            self._withdrawn_left()
        self._wakeup.at(slot.deadline)

    def remove(self, slot: Slot) -> None:
        """The slot's end was seen."""
        if slot.state is not State.LEAVING:
            self.leave(slot)
        self._slots.remove(slot)

    def fail_work(self, slot: Slot, ending: Ending, failure: Failure) -> None:
        """Answer what the slot ran, if it ran something."""
        if slot.work is not None:
            work = slot.work
            self._works.finish(work, Result(ending, failure(work.invocation.request_id)))
