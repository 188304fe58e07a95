"""How a pool comes to its end: at once, or when everything that it has accepted has ended."""

from __future__ import annotations

from collections.abc import Callable

from esb_gateway.execution import failures
from esb_gateway.execution.pools.pool_state import PoolState
from esb_gateway.execution.pools.slot_ends import SlotEnds
from esb_gateway.execution.pools.slot_starts import SlotStarts
from esb_gateway.invocation import Ending


class Closing:
    """`closed`: no more work is taken. `drained` is what to call when the last slot has left, while the pool drains."""

    def __init__(self, state: PoolState, starts: SlotStarts, ends: SlotEnds) -> None:
        self._works = state.works
        self._slots = state.slots
        self._starts = starts
        self._ends = ends
        self.closed = False
        self.drained: Callable[[], None] | None = None

    def reopen(self) -> None:
        """Take work again."""
        self.drained = None
        self.closed = False
        self._starts.set_draining(False)

    def drain(self, drained: Callable[[], None]) -> None:
        """Run what was accepted, then end every slot, then call `drained`. Nothing may be submitted meanwhile."""
        self.drained = drained
        self._starts.set_draining(True)
        self.go_on()

    def close(self) -> None:
        """Take no more work, give up what waits, and stop every slot that is not busy."""
        self.closed = True
        self._works.fail_waiting(Ending.NOT_RUN, lambda _: failures.never_ran("The gateway is stopping."))
        self._ends.stop_without_work()

    def go_on(self) -> None:
        """Draining has two steps: slots may leave when nothing waits, and the pool has drained when they have left."""
        drained = self.drained
        if drained is None or self._works.waiting:
            return
        if not self.closed:
            self.close()
        if not self._slots:
            self.drained = None
            drained()
