"""What happens to slots, as their runners report it: they poll, respond, fail and end."""

from __future__ import annotations

from functools import partial

from esb_gateway.execution import failures
from esb_gateway.execution.pools.closing import Closing
from esb_gateway.execution.pools.hand_over import HandOver
from esb_gateway.execution.pools.missing_slots import MissingSlots
from esb_gateway.execution.pools.pool_state import PoolState
from esb_gateway.execution.pools.slot_ends import SlotEnds
from esb_gateway.execution.pools.slot_starts import SlotStarts
from esb_gateway.execution.pools.slots import Failure, Result, Runner, Slot, State
from esb_gateway.invocation import Ending, StreamSink


class SlotEvents:
    """Each method is an event. Hot: the parts that a poll and a response concern are at most one step away."""

    def __init__(  # noqa: PLR0913 - all parts of the pool
        self,
        state: PoolState,
        *,
        starts: SlotStarts,
        ends: SlotEnds,
        hand_over: HandOver,
        missing: MissingSlots,
        closing: Closing,
    ) -> None:
        self._slots = state.slots
        self._works = state.works
        self._waiting = state.works.waiting
        self._idle = state.slots.idle
        self._clock = state.callbacks.clock
        self._slot_started = state.callbacks.slot_started
        self._backoff = state.backoff
        self._wake_at = state.wakeup.at
        self._starts = starts
        self._ends = ends
        self._hand_over = hand_over
        self._missing = missing
        self._closing = closing

    def attach(self, runner: Runner) -> Slot:
        """A slot that the gateway did not start."""
        slot = self._slots.add(State.RETURNING, self._clock())
        slot.runner = runner
        return slot

    def poll(self, slot: Slot) -> bool:
        """The slot asks for work. False: it may not, because it has not responded yet or is leaving."""
        if slot.state in (State.BUSY, State.LEAVING):
            return False
        if slot.state is State.IDLE:  # it asked again, on another connection
            return True
        now = self._clock()
        self._backoff.started()
        if slot.state is State.STARTING:
            slot.init_seconds = now - slot.since
            self._starts.init_took(slot.init_seconds)
            self._slot_started(slot.init_seconds)
        if slot.work is not None:
            self._hand_over.deliver(slot, slot.work)
        elif self._closing.closed or slot.retiring:
            self._ends.stop(slot)
        else:
            self._hand_over.rest(slot, now)
        if self._closing.drained is not None:
            self._closing.go_on()
        return True

    def respond(self, slot: Slot | None, request_id: str, result: Result) -> bool:
        """End an invocation of the slot; None: of any slot of the function. False: it does not run there."""
        work = self._hand_over.running(slot, request_id)
        if work is None or work.slot is None:
            return False
        work.slot.state = State.RETURNING  # its deadline holds until it polls again
        self._backoff.worked()
        self._works.finish(work, result)
        if self._waiting and self._idle:
            self._hand_over.serve()
        if self._closing.drained is not None:
            self._closing.go_on()
        return True

    def stream(self, slot: Slot | None, request_id: str) -> StreamSink | None:
        """The sink of a streamed response, see `respond`; None: its caller wants it whole, or it does not run there."""
        work = self._hand_over.running(slot, request_id)
        return None if work is None else work.invocation.stream

    def withdraw(self, slot: Slot) -> None:
        """Its container is stopping: it ends after its response, and the other containers need not wait for that."""
        slot.withdrawn = True
        self._ends.retire(slot)
        self._starts.resize()
        self._missing.start()

    def fail_init(self, slot: Slot | None, failure: Failure) -> bool:
        """The runtime could not start. False: it had already started."""
        if slot is not None:
            if slot.state is not State.STARTING:
                return False
            self._ends.leave(slot)
            self._ends.fail_work(slot, Ending.INIT_ERROR, failure)
        self._missing.failed(failure)
        self._missing.start()
        return True

    def exit(self, slot: Slot, reason: str) -> None:
        """The slot has ended, by itself or because it was told to; `reason` comes from `failures.exit_reason`."""
        state = slot.state
        self._ends.remove(slot)
        self._after_end(slot, state, partial(failures.exited, reason=reason))

    def fail(self, slot: Slot, failure: Failure) -> None:
        """A process of the slot has ended, others have not: it gets no more work, and `exit` follows."""
        state = slot.state
        if state is not State.LEAVING:
            self._ends.leave(slot)
            self._after_end(slot, state, failure)

    def lose(self, slot: Slot, reason: str) -> None:
        """The slot has ended with the machine that it was on, which says nothing of the function: there is no backoff,
        and what the slot was not handed over waits for another one.
        """
        is_starting, work = slot.state is State.STARTING, slot.work
        self._ends.remove(slot)
        if work is not None and is_starting:
            self._works.put_back(work)
            self._wake_at(self._works.deadline)
        else:
            self._ends.fail_work(slot, Ending.EXITED, partial(failures.exited, reason=reason))
        self._missing.start()

    def _after_end(self, slot: Slot, state: State, failure: Failure) -> None:
        self._ends.fail_work(slot, Ending.INIT_ERROR if state is State.STARTING else Ending.EXITED, failure)
        if state is State.STARTING:
            self._missing.failed(failure)
        elif state is State.IDLE:
            self._backoff.failed(self._clock(), None)
        self._missing.start()
