"""The pool of one function: it hands what its queue has to its slots, and reacts to what they do.

`WorkQueue` has the works, `SlotSet` the slots; `SlotStarts` decides which slots start, `SlotEnds` ends them. Time
comes from a clock, the pool asks for its next `tick` through an alarm, and everything else that happens in the world
goes through `Slot.runner` and the callbacks. The rules follow AWS Lambda's behaviour:

- An invocation is handed over once. It goes back to the head of the queue only if not one byte of it was sent.
- The deadline counts from the hand-over, not from the queue. At the deadline the caller is answered and the slot dies.
- Init may take 10 s. Init that takes longer is killed and tried again as a part of the invocation that waits for it;
  the function's timeout then covers both (AWS: "suppressed init").
- A failed init fails what waits, unless a working slot is left. The failure is kept for the time of the backoff and
  answers what comes meanwhile, so that no caller waits for the next attempt.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import inf

from esb_gateway.execution import failures
from esb_gateway.execution.pools.backoff import Backoff
from esb_gateway.execution.pools.slot_ends import SlotEnds
from esb_gateway.execution.pools.slot_set import SlotSet
from esb_gateway.execution.pools.slot_starts import SlotStarts
from esb_gateway.execution.pools.slots import Failure, Limits, PoolCallbacks, Result, Runner, Slot, State, Work
from esb_gateway.execution.pools.wakeup import Wakeup
from esb_gateway.execution.pools.work_queue import QUEUE_REASON, WorkQueue
from esb_gateway.invocation import Done, Ending, Function, Invocation, StreamSink, Throttled

DEFAULT_LIMITS = Limits()
TELL_INTERVAL = 1.0  # seconds


class Pool:
    """Brings one function's works and slots together. Everything is called on one thread."""

    def __init__(self, function: Function, callbacks: PoolCallbacks, limits: Limits = DEFAULT_LIMITS) -> None:
        self.function = function
        self.works = WorkQueue(callbacks.finished, limits.queue_wait)
        self.slots = SlotSet()
        self._limits = limits
        self._callbacks = callbacks
        self._clock = callbacks.clock
        self._wakeup = Wakeup(callbacks.alarm)
        self._backoff = Backoff(limits)
        self._wake_at = self._wakeup.at
        self._starts = SlotStarts(limits, self.slots, self._backoff)
        self._ends = SlotEnds(
            self.slots, self.works, limits, clock=self._clock, wakeup=self._wakeup, withdrawn_left=self._resize
        )
        self._waiting = self.works.waiting
        self._idle = self.slots.idle  # work goes to the youngest, so that the others can leave
        self._drained: Callable[[], None] | None = None  # set while the pool drains
        self._closed = False
        self._next_told = -inf
        self._resize()

    @property
    def capacity(self) -> int:
        """The bound of the invocations that run at once."""
        return self._starts.capacity.running

    @property
    def empty(self) -> bool:
        """Whether no slot is left."""
        return len(self.slots) == 0

    @property
    def one_each(self) -> bool:
        """Whether a container takes one slot, see `set_containers`."""
        return self._starts.one_each

    @property
    def shutdown_seconds(self) -> float:
        """The time that a runtime and its extensions have to end."""
        return self._limits.shutdown

    # Called for the callers of the function

    def submit(self, invocation: Invocation, done: Done) -> None:
        """Run it once, now or when a slot is free. Raises `Throttled`; ValueError if its request id is in flight."""
        if self._closed:
            raise Throttled(QUEUE_REASON)
        work = self.works.add(invocation, done, self._clock(), self._starts.capacity, self.function.queue_depth)
        if self._idle:
            self._serve()
        if self._waiting:
            self._wake_at(work.accepted + self._limits.queue_wait)
            self._start_missing_slots()
            self._tell_of_waiting(work)

    # Called by the owner of the pool

    def start(self) -> None:
        """Start the slots that are always there."""
        self._start_missing_slots()

    def set_containers(self, containers: int, *, one_each: bool = False) -> None:
        """Set how many containers take slots, `max_capacity` each; one, if this is never called.

        Without any, work waits for a container as long as it would wait for a slot. With `one_each`, a container takes
        one slot, and the next one after the end of that: what runs there uses ports that are its container's.
        """
        self._starts.containers = containers
        self._starts.one_each = one_each
        self._resize()
        self._serve()
        self._start_missing_slots()

    def adjust(self, function: Function) -> None:
        """Apply the function's changed limits; what runs keeps its deadline. A draining pool takes work again."""
        self.function = function
        self._drained = None
        self._closed = False
        self._resize()
        for slot in self.slots.surplus(self._starts.capacity.slots):
            self._ends.retire(slot)
        self._serve()
        self._start_missing_slots()
        self._wake_at(self._next_event(self._clock()))

    def restart_slots(self) -> None:
        """Replace every slot, because what it runs has changed; a busy one ends after its response."""
        self._starts.reset()
        for slot in self.slots:
            self._ends.retire(slot)
        self._start_missing_slots()

    def drain(self, drained: Callable[[], None]) -> None:
        """Run what was accepted, then end every slot, then call `drained`. Nothing may be submitted meanwhile."""
        self._drained = drained
        self._resize()
        self._continue_draining()

    def close(self) -> None:
        """Take no more work, give up what waits, and stop every slot that is not busy."""
        self._closed = True
        self.works.fail_waiting(Ending.NOT_RUN, lambda _: failures.never_ran("The gateway is stopping."))
        self._ends.stop_without_work()

    def abort(self) -> None:
        """After `close`: end what still runs."""
        for slot in self.slots:
            self._ends.kill(slot, Ending.STOPPED, partial(failures.exited, reason="The gateway stopped"))

    def tick(self) -> None:
        """Do what is due. May be called at any time, besides the one that `alarm` was given last."""
        self._wakeup.rung()
        now = self._clock()
        for slot in self.slots:
            if slot.deadline <= now:
                self._end_overdue(slot)
        self._ends.stop_idle(self._starts.capacity.minimum, self.function.idle_timeout, now)
        self.works.give_up(now)
        self._fail_waiting_while_failing(now)
        self._start_missing_slots()
        self._wake_at(self._next_event(now))

    # Called for the runtimes

    def attach(self, runner: Runner) -> Slot:
        """Add a slot that the gateway did not start."""
        slot = self.slots.add(State.RETURNING, self._clock())
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
            self._callbacks.slot_started(slot.init_seconds)
        if slot.work is not None:
            self._deliver(slot, slot.work)
        elif self._closed or slot.retiring:
            self._ends.stop(slot)
        else:
            self._rest(slot, now)
        if self._drained is not None:
            self._continue_draining()
        return True

    def respond(self, slot: Slot | None, request_id: str, result: Result) -> bool:
        """End an invocation of the slot; None: of any slot of the function. False: it does not run there."""
        work = self._running_work(slot, request_id)
        if work is None or work.slot is None:
            return False
        work.slot.state = State.RETURNING  # its deadline holds until it polls again
        self._backoff.worked()
        self.works.finish(work, result)
        if self._waiting and self._idle:
            self._serve()
        if self._drained is not None:
            self._continue_draining()
        return True

    def stream(self, slot: Slot | None, request_id: str) -> StreamSink | None:
        """The sink of a streamed response, see `respond`; None: its caller wants it whole, or it does not run there."""
        work = self._running_work(slot, request_id)
        return None if work is None else work.invocation.stream

    def retire(self, slot: Slot) -> None:
        """Give the slot no more work and stop it; a busy one is stopped after its response."""
        self._ends.retire(slot)

    def withdraw(self, slot: Slot) -> None:
        """Retire a slot whose container is stopping; the other containers need not wait for its end."""
        slot.withdrawn = True
        self._ends.retire(slot)
        self._resize()
        self._start_missing_slots()

    def fail_init(self, slot: Slot | None, failure: Failure) -> bool:
        """The runtime could not start. False: it had already started."""
        if slot is not None:
            if slot.state is not State.STARTING:
                return False
            self._ends.leave(slot)
            self._ends.fail_work(slot, Ending.INIT_ERROR, failure)
        self._record_failed_init(failure)
        self._start_missing_slots()
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
            self.works.put_back(work)
            self._wake_at(work.accepted + self._limits.queue_wait)
        else:
            self._ends.fail_work(slot, Ending.EXITED, partial(failures.exited, reason=reason))
        self._start_missing_slots()

    # Hand-over

    def _serve(self) -> None:
        waiting, idle, accepted, running = self._waiting, self._idle, self.works.accepted, self._starts.capacity.running
        while waiting and idle and len(accepted) - len(waiting) < running:
            slot, work = idle.pop(), waiting.popleft()
            self._assign(slot, work, self._clock())
            self._deliver(slot, work)

    def _assign(self, slot: Slot, work: Work, now: float) -> None:
        work.started = now
        work.deadline = slot.deadline = now + self.function.timeout
        work.slot = slot
        slot.work = work
        self._wake_at(slot.deadline)

    def _deliver(self, slot: Slot, work: Work) -> None:
        slot.state = State.BUSY
        if not slot.runner.deliver(work):
            slot.state = State.RETURNING
            self.works.put_back(work)

    def _rest(self, slot: Slot, now: float) -> None:
        slot.state = State.IDLE
        slot.since = now
        slot.deadline = inf
        self._idle.append(slot)
        if self._waiting:
            self._serve()
        elif slot.managed:
            self._wake_at(now + self.function.idle_timeout)

    def _running_work(self, slot: Slot | None, request_id: str) -> Work | None:
        work = self.works.accepted.get(request_id)
        if work is None or work.slot is None or work.slot.state is not State.BUSY:
            return None
        return work if slot is None or work.slot is slot else None

    def _tell_of_waiting(self, work: Work) -> None:
        """Not of each one: under overload a line for each invocation would be most of the log."""
        running = self._starts.capacity.running
        if min(len(self.works.accepted) - 1, self.slots.active) >= running and work.accepted >= self._next_told:
            self._next_told = work.accepted + TELL_INTERVAL
            self._callbacks.waits(work.invocation)

    # Starts

    def _resize(self) -> None:
        self._starts.resize(self.function, draining=self._drained is not None)

    def _start_missing_slots(self) -> None:
        if self._drained is not None:
            self._continue_draining()
        if self._closed or self.slots.active >= self._starts.capacity.running:
            return
        now = self._clock()
        retry_at = self._starts.retry_at(now)
        if retry_at < inf:
            # Never answer inside `submit`: what has come meanwhile is failed by the next tick, which is at once.
            fail_now = bool(self._waiting) and self._starts.failure(now) is not None
            self._wake_at(now if fail_now else retry_at)
        elif self._callbacks.new_runner is not None:
            for _ in range(self._starts.missing(len(self._waiting))):
                self._start_slot(self._callbacks.new_runner, now)

    def _start_slot(self, new_runner: Callable[[Slot], Runner], now: float) -> None:
        slot = self.slots.add(State.STARTING, now)
        slot.managed = True
        slot.runner = new_runner(slot)
        if self._starts.suppresses_init and self._waiting:  # the invocation's own time runs from here
            self._assign(slot, self._waiting.popleft(), now)
        else:
            slot.deadline = now + self._starts.init_limit(waited_for=bool(self._waiting))
            self._wake_at(slot.deadline)
        slot.runner.start()

    def _record_failed_init(self, failure: Failure) -> None:
        now = self._clock()
        self._backoff.failed(now, failure)
        self._fail_waiting_while_failing(now)

    def _fail_waiting_while_failing(self, now: float) -> None:
        failure = self._starts.failure(now)
        if failure is not None:
            self.works.fail_waiting(Ending.INIT_ERROR, failure)

    # Ends

    def _end_overdue(self, slot: Slot) -> None:
        if slot.state is State.STARTING:
            self._starts.init_took(inf)
        self._ends.kill_overdue(slot, self.function.timeout)

    def _after_end(self, slot: Slot, state: State, failure: Failure) -> None:
        self._ends.fail_work(slot, Ending.INIT_ERROR if state is State.STARTING else Ending.EXITED, failure)
        if state is State.STARTING:
            self._record_failed_init(failure)
        elif state is State.IDLE:
            self._backoff.failed(self._clock(), None)
        self._start_missing_slots()

    def _continue_draining(self) -> None:
        """`drain` has two steps: slots may leave when nothing waits, and the pool has drained when they have left."""
        drained = self._drained
        if drained is None or self._waiting:
            return
        if not self._closed:
            self.close()
        if self.empty:
            self._drained = None
            drained()

    def _next_event(self, now: float) -> float:
        events = [slot.deadline for slot in self.slots]
        events += [self.works.deadline, self._starts.retry_at(now)]
        if self.slots.active > self._starts.capacity.minimum:
            events += [slot.since + self.function.idle_timeout for slot in self.slots.managed_idle()[:1]]
        return min(events)
