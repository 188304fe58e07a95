"""The pool of one function: what its callers and its owner ask for, and the parts that do it.

`PoolState` has the works and the slots. `SlotStarts` decides which slots start and `MissingSlots` starts them,
`HandOver` brings works and slots together, `SlotEvents` reacts to what slots do, `SlotEnds` ends them, and `Closing`
ends the pool. Time comes from a clock, the pool asks for its next `tick` through an alarm, and everything else that
happens in the world goes through `Slot.runner` and the callbacks. The rules follow AWS Lambda's behaviour:

- An invocation is handed over once.
- The deadline counts from the hand-over, not from the queue. At the deadline the caller is answered and the slot dies.
- Slots whose init fails or takes too long: see missing_slots.py.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import inf

from esb_gateway.execution import failures
from esb_gateway.execution.pools.closing import Closing
from esb_gateway.execution.pools.hand_over import HandOver
from esb_gateway.execution.pools.missing_slots import MissingSlots
from esb_gateway.execution.pools.pool_state import PoolState
from esb_gateway.execution.pools.slot_ends import SlotEnds
from esb_gateway.execution.pools.slot_events import SlotEvents
from esb_gateway.execution.pools.slot_starts import SlotStarts
from esb_gateway.execution.pools.slots import Limits, PoolCallbacks, Slot, State, Work
from esb_gateway.execution.pools.work_queue import QUEUE_REASON
from esb_gateway.invocation import Done, Ending, Function, Invocation, Throttled

DEFAULT_LIMITS = Limits()
TELL_INTERVAL = 1.0  # seconds


class Pool:
    """The works and slots of one function. Everything is called on one thread. Runners report to `events`."""

    def __init__(self, function: Function, callbacks: PoolCallbacks, limits: Limits = DEFAULT_LIMITS) -> None:
        state = PoolState(callbacks, limits)
        self.limits = limits
        self._clock = callbacks.clock
        self._tell = callbacks.waits
        self._next_told = -inf
        self._wakeup = state.wakeup
        self._wake_at = state.wakeup.at
        self.works = state.works
        self._waiting = state.works.waiting
        self.slots = state.slots
        self._idle = state.slots.idle
        self.starts = SlotStarts(function, state)
        self.ends = SlotEnds(state, withdrawn_left=self.starts.resize)
        self._closing = Closing(state, self.starts, self.ends)
        self._hand_over = HandOver(state, self.starts)
        self._missing = MissingSlots(state, self.starts, self._hand_over, self._closing)
        self.events = SlotEvents(
            state,
            starts=self.starts,
            ends=self.ends,
            hand_over=self._hand_over,
            missing=self._missing,
            closing=self._closing,
        )

    @property
    def function(self) -> Function:
        """The function as it is configured now."""
        return self.starts.function

    def submit(self, invocation: Invocation, done: Done) -> None:
        """Run it once, now or when a slot is free. Raises `Throttled`; ValueError if its request id is in flight."""
        if self._closing.closed:
            raise Throttled(QUEUE_REASON)
        starts = self.starts
        work = self.works.add(invocation, done, self._clock(), starts.capacity, starts.function.queue_depth)
        if self._idle:
            self._hand_over.serve()
        if self._waiting:
            self._wake_at(work.accepted + self.limits.queue_wait)
            self._missing.start()
            self._tell_of_waiting(work)

    def start(self) -> None:
        """Start the slots that are always there."""
        self._missing.start()

    def set_containers(self, containers: int, *, one_each: bool = False) -> None:
        """Set how many containers take slots, `max_capacity` each; one, if this is never called.

        Without any, work waits for a container as long as it would wait for a slot. With `one_each`, a container takes
        one slot, and the next one after the end of that: what runs there uses ports that are its container's.
        """
        self.starts.set_containers(containers, one_each=one_each)
        self._hand_over.serve()
        self._missing.start()

    def adjust(self, function: Function) -> None:
        """Apply the function's changed limits; what runs keeps its deadline. A draining pool takes work again."""
        self.starts.use(function)
        self._closing.reopen()
        for slot in self.slots.surplus(self.starts.capacity.slots):
            self.ends.retire(slot)
        self._hand_over.serve()
        self._missing.start()
        self._wake_at(self._next_event(self._clock()))

    def restart_slots(self) -> None:
        """Replace every slot, because what it runs has changed; a busy one ends after its response."""
        self.starts.reset()
        for slot in self.slots:
            self.ends.retire(slot)
        self._missing.start()

    def drain(self, drained: Callable[[], None]) -> None:
        """Run what was accepted, then end every slot, then call `drained`. Nothing may be submitted meanwhile."""
        self._closing.drain(drained)

    def close(self) -> None:
        """Take no more work, give up what waits, and stop every slot that is not busy."""
        self._closing.close()

    def abort(self) -> None:
        """After `close`: end what still runs."""
        for slot in self.slots:
            self.ends.kill(slot, Ending.STOPPED, partial(failures.exited, reason="The gateway stopped"))

    def tick(self) -> None:
        """Do what is due. May be called at any time, besides the one that `alarm` was given last."""
        self._wakeup.rung()
        now = self._clock()
        for slot in self.slots:
            if slot.deadline <= now:
                self._end_overdue(slot)
        self.ends.stop_idle(self.starts.capacity.minimum, self.function.idle_timeout, now)
        self.works.give_up(now)
        self._missing.fail_waiting(now)
        self._missing.start()
        self._wake_at(self._next_event(now))

    def _tell_of_waiting(self, work: Work) -> None:
        """Not of each one: under overload a line for each invocation would be most of the log."""
        running = self.starts.capacity.running
        if min(len(self.works.accepted) - 1, self.slots.active) >= running and work.accepted >= self._next_told:
            self._next_told = work.accepted + TELL_INTERVAL
            self._tell(work.invocation)

    def _end_overdue(self, slot: Slot) -> None:
        if slot.state is State.STARTING:
            self.starts.init_took(inf)
        self.ends.kill_overdue(slot, self.function.timeout)

    def _next_event(self, now: float) -> float:
        events = [slot.deadline for slot in self.slots]
        events += [self.works.deadline, self.starts.retry_at(now)]
        if self.slots.active > self.starts.capacity.minimum:
            events += [slot.since + self.function.idle_timeout for slot in self.slots.managed_idle()[:1]]
        return min(events)
