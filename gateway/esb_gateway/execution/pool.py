"""The queue and the slots of one function: who runs what, when a slot starts, and when one is stopped or killed.

Decisions only. Time comes from a clock, the pool asks for its next `tick` through an alarm, and everything else that
happens in the world goes through `Slot.runner` and the callbacks. The rules follow AWS Lambda's behaviour:

- An invocation is handed over once. It goes back to the head of the queue only if not one byte of it was sent.
- The deadline counts from the hand-over, not from the queue. At the deadline the caller is answered and the slot dies.
- Init may take 10 s. Init that takes longer is killed and tried again as a part of the invocation that waits for it;
  the function's timeout then covers both (AWS: "suppressed init").
- A failed init fails what waits, unless a working slot is left. The failure is kept for the time of the backoff and
  answers what comes meanwhile, so that no caller waits for the next attempt.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from math import inf
from typing import assert_never

from esb_gateway.execution import failures
from esb_gateway.execution.backoff import Backoff
from esb_gateway.execution.capacity import capacity_of, slots_to_start
from esb_gateway.execution.slot_set import SlotSet
from esb_gateway.execution.slots import Failure, Limits, PoolCallbacks, Result, Runner, Slot, State, Work
from esb_gateway.invocation import Done, Ending, Function, Invocation, StreamSink, Throttled

RESERVED_REASON = "ReservedFunctionConcurrentInvocationLimitExceeded"
QUEUE_REASON = "ConcurrentInvocationLimitExceeded"
DEFAULT_LIMITS = Limits()
TELL_INTERVAL = 1.0  # seconds


class Pool:
    """One function's slots and queue. Everything is called on one thread."""

    def __init__(self, function: Function, callbacks: PoolCallbacks, limits: Limits = DEFAULT_LIMITS) -> None:
        self.function = function
        self._callbacks = callbacks
        self._clock = callbacks.clock
        self._limits = limits
        self._backoff = Backoff(limits)
        self._drained: Callable[[], None] | None = None  # set while the pool drains
        self._containers = 1
        self._one_each = False
        self._slots = SlotSet()
        self._set_capacity()
        self._idle = self._slots.idle  # work goes to the youngest, so that the others can leave
        self._queue: deque[Work] = deque()
        self._accepted: dict[str, Work] = {}  # queued and running, by request id
        self._alarm_at = inf
        self._next_told = -inf
        self._init_overran = False
        self._closed = False

    # Called for the callers of the function

    def submit(self, invocation: Invocation, done: Done) -> None:
        """Run it once, now or when a slot is free. Raises `Throttled`; ValueError if its request id is in flight."""
        self._check_admission(invocation.request_id)
        work = Work(invocation, done, self._clock())
        self._accepted[invocation.request_id] = work
        self._queue.append(work)
        if self._idle:
            self._serve()
        if self._queue:
            self._wake_at(work.accepted + self._limits.queue_wait)
            self._start_missing_slots()
            self._tell_of_waiting(work)

    def start(self) -> None:
        """Start the slots that are always there."""
        self._start_missing_slots()

    def set_containers(self, containers: int, *, one_each: bool = False) -> None:
        """Set how many containers take slots, `max_capacity` each; one, if this is never called.

        Without any, work waits for a container as long as it would wait for a slot. With `one_each`, a container takes
        one slot, and the next one after the end of that: what runs there uses ports that are its container's.
        """
        self._containers = containers
        self._one_each = one_each
        self._set_capacity()
        if self._queue:
            self._serve()
        self._start_missing_slots()

    def adjust(self, function: Function) -> None:
        """Apply the function's changed limits; what runs keeps its deadline. A draining pool takes work again."""
        self.function = function
        self._drained = None
        self._closed = False
        self._set_capacity()
        for slot in self._slots.surplus(self._capacity.slots):
            self.retire(slot)
        if self._queue:
            self._serve()
        self._start_missing_slots()
        self._wake_at(self._next_event(self._clock()))

    def restart_slots(self) -> None:
        """Replace every slot, because what it runs has changed; a busy one ends after its response."""
        self._backoff = Backoff(self._limits)
        self._init_overran = False
        for slot in self._slots:
            self.retire(slot)
        self._start_missing_slots()

    def drain(self, drained: Callable[[], None]) -> None:
        """Run what was accepted, then end every slot, then call `drained`. Nothing may be submitted meanwhile."""
        self._drained = drained
        self._set_capacity()
        self._continue_draining()

    def close(self) -> None:
        """Take no more work, give up what waits, and stop every slot that is not busy."""
        self._closed = True
        self._fail_queue(Ending.NOT_RUN, lambda _: failures.never_ran("The gateway is stopping."))
        for slot in self._slots:
            if slot.work is None:
                self._stop(slot)

    def abort(self) -> None:
        """After `close`: end what still runs."""
        for slot in self._slots:
            self._kill(slot, Ending.STOPPED, partial(failures.exited, reason="The gateway stopped"))

    def retire(self, slot: Slot) -> None:
        """Give the slot no more work and stop it; a busy one is stopped after its response."""
        slot.retiring = True
        if slot.work is None:
            self._stop(slot)

    def withdraw(self, slot: Slot) -> None:
        """Retire a slot whose container is stopping; the other containers need not wait for its end."""
        slot.withdrawn = True
        self.retire(slot)
        self._set_capacity()
        self._start_missing_slots()

    # Called for the runtimes

    def attach(self, runner: Runner) -> Slot:
        """Add a slot that the gateway did not start."""
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
            self._init_overran = slot.init_seconds > self._limits.init
            self._callbacks.slot_started(slot.init_seconds)
        if slot.work is not None:
            self._deliver(slot, slot.work)
        elif self._closed or slot.retiring:
            self._stop(slot)
        else:
            self._rest(slot, now)
        self._continue_draining()
        return True

    def respond(self, slot: Slot | None, request_id: str, result: Result) -> bool:
        """End an invocation of the slot; None: of any slot of the function. False: it does not run there."""
        work = self._running_work(slot, request_id)
        if work is None or work.slot is None:
            return False
        work.slot.state = State.RETURNING  # its deadline holds until it polls again
        self._backoff.worked()
        self._finish(work, result)
        if self._queue and self._idle:
            self._serve()
        self._continue_draining()
        return True

    def stream(self, slot: Slot | None, request_id: str) -> StreamSink | None:
        """Where a streamed response goes, see `respond`; None: its caller wants it whole, or it does not run there."""
        work = self._running_work(slot, request_id)
        return None if work is None else work.invocation.stream

    def fail_init(self, slot: Slot | None, failure: Failure) -> bool:
        """The runtime could not start. False: it had already started."""
        if slot is not None:
            if slot.state is not State.STARTING:
                return False
            self._leave(slot)
            self._fail_work(slot, Ending.INIT_ERROR, failure)
        self._record_failed_init(failure)
        self._start_missing_slots()
        return True

    def exit(self, slot: Slot, reason: str) -> None:
        """The slot has ended, by itself or because it was told to; `reason` comes from `failures.exit_reason`."""
        state = slot.state
        if state is not State.LEAVING:
            self._leave(slot)
        self._slots.remove(slot)
        self._after_end(slot, state, partial(failures.exited, reason=reason))

    def fail(self, slot: Slot, failure: Failure) -> None:
        """A process of the slot has ended, others have not: it gets no more work, and `exit` follows."""
        state = slot.state
        if state is not State.LEAVING:
            self._leave(slot)
            self._after_end(slot, state, failure)

    def _after_end(self, slot: Slot, state: State, failure: Failure) -> None:
        self._fail_work(slot, Ending.INIT_ERROR if state is State.STARTING else Ending.EXITED, failure)
        if state is State.STARTING:
            self._record_failed_init(failure)
        elif state is State.IDLE:
            self._backoff.failed(self._clock(), None)
        self._start_missing_slots()

    def lose(self, slot: Slot, reason: str) -> None:
        """The slot has ended with the machine that it was on, which says nothing of the function: there is no backoff,
        and what the slot was not handed over waits for another one.
        """
        is_starting, work = slot.state is State.STARTING, slot.work
        if slot.state is not State.LEAVING:
            self._leave(slot)
        self._slots.remove(slot)
        if work is not None and is_starting:
            slot.work = work.slot = None
            work.deadline = inf
            self._queue.appendleft(work)
            self._wake_at(work.accepted + self._limits.queue_wait)
        else:
            self._fail_work(slot, Ending.EXITED, partial(failures.exited, reason=reason))
        self._start_missing_slots()

    # Called by the alarm

    def tick(self) -> None:
        """Do what is due. May be called at any time, besides the one that `alarm` was given last."""
        self._alarm_at = inf
        now = self._clock()
        for slot in self._slots:
            if slot.deadline <= now:
                self._end_overdue(slot)
        self._stop_idle(now)
        self._give_up_waiting(now)
        self._fail_queue_while_failing(now)
        self._start_missing_slots()
        self._wake_at(self._next_event(now))

    # Numbers

    def slot_counts(self) -> dict[State, int]:
        """The number of slots in each state."""
        return self._slots.counts()

    @property
    def empty(self) -> bool:
        """Whether no slot is left."""
        return len(self._slots) == 0

    @property
    def capacity(self) -> int:
        """How many invocations may run at once."""
        return self._capacity.running

    @property
    def shutdown_seconds(self) -> float:
        """The time that a runtime and its extensions have to end."""
        return self._limits.shutdown

    @property
    def one_each(self) -> bool:
        """Whether a container takes one slot, see `set_containers`."""
        return self._one_each

    @property
    def queued(self) -> int:
        """How many invocations wait for a slot."""
        return len(self._queue)

    @property
    def oldest_age(self) -> float:
        """How many seconds the first invocation of the queue has waited; 0 if none waits."""
        return self._clock() - self._queue[0].accepted if self._queue else 0.0

    @property
    def running(self) -> int:
        """How many invocations have a slot."""
        return len(self._accepted) - len(self._queue)

    # Admission and hand-over

    def _check_admission(self, request_id: str) -> None:
        in_flight, capacity = len(self._accepted), self._capacity
        if in_flight >= capacity.in_flight:
            raise Throttled(RESERVED_REASON)
        if self._closed or capacity.running == 0 or in_flight >= capacity.running + self.function.queue_depth:
            raise Throttled(QUEUE_REASON)
        if request_id in self._accepted:
            raise ValueError(f"request id {request_id} is in flight already; each invocation needs its own")

    def _tell_of_waiting(self, work: Work) -> None:
        """Not of each one: under overload a line for each invocation would be most of the log."""
        running = self._capacity.running
        if min(len(self._accepted) - 1, self._slots.active) >= running and work.accepted >= self._next_told:
            self._next_told = work.accepted + TELL_INTERVAL
            self._callbacks.waits(work.invocation)

    def _serve(self) -> None:
        while self._queue and self._idle and self.running < self._capacity.running:
            slot, work = self._idle.pop(), self._queue.popleft()
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
        if slot.runner.deliver(work):
            return
        slot.state = State.RETURNING
        slot.work = work.slot = None
        work.deadline = inf
        self._queue.appendleft(work)

    def _rest(self, slot: Slot, now: float) -> None:
        slot.state = State.IDLE
        slot.since = now
        slot.deadline = inf
        self._idle.append(slot)
        if self._queue:
            self._serve()
        elif slot.managed:
            self._wake_at(now + self.function.idle_timeout)

    def _running_work(self, slot: Slot | None, request_id: str) -> Work | None:
        work = self._accepted.get(request_id)
        if work is None or work.slot is None or work.slot.state is not State.BUSY:
            return None
        return work if slot is None or work.slot is slot else None

    def _finish(self, work: Work, result: Result) -> None:
        if work.slot is not None:
            work.slot.work = None
        del self._accepted[work.invocation.request_id]
        self._callbacks.finished(work, result)

    # Starting

    def _set_capacity(self) -> None:
        self._capacity = capacity_of(
            self.function,
            self._containers,
            one_each=self._one_each,
            draining=self._drained is not None,
            withdrawn=self._slots.withdrawn(),
        )

    def _start_missing_slots(self) -> None:
        self._continue_draining()
        slots = self._slots
        if self._closed or slots.active >= self._capacity.running:
            return
        now = self._clock()
        if now < self._backoff.retry_at:
            # Never answer inside `submit`: what has come meanwhile is failed by the next tick, which is at once.
            fail_now = bool(self._queue) and self._current_failure(now) is not None
            self._wake_at(now if fail_now else self._backoff.retry_at)
            return
        new_runner = self._callbacks.new_runner
        taken = slots.in_place() if self._one_each else slots.active
        if new_runner is None or taken >= self._capacity.slots:
            return
        starting, waiting = slots.starting_without_work(), len(self._queue)
        for _ in range(slots_to_start(self._capacity, active=taken, starting=starting, waiting=waiting)):
            self._start_slot(new_runner, now)

    def _start_slot(self, new_runner: Callable[[Slot], Runner], now: float) -> None:
        slot = self._slots.add(State.STARTING, now)
        slot.managed = True
        slot.runner = new_runner(slot)
        if self._init_overran and self._queue:  # suppressed init: the invocation's own time runs from here
            self._assign(slot, self._queue.popleft(), now)
        else:
            slot.deadline = now + (self._limits.init if self._queue else self._limits.provisioned_init)
            self._wake_at(slot.deadline)
        slot.runner.start()

    def _record_failed_init(self, failure: Failure) -> None:
        now = self._clock()
        self._backoff.failed(now, failure)
        self._fail_queue_while_failing(now)

    def _current_failure(self, now: float) -> Failure | None:
        """Why nothing runs before the next attempt to start; None: something may."""
        return None if self._slots.can_serve() else self._backoff.failure(now)

    def _fail_queue_while_failing(self, now: float) -> None:
        failure = self._current_failure(now)
        if failure is not None:
            self._fail_queue(Ending.INIT_ERROR, failure)

    # Ending

    def _end_overdue(self, slot: Slot) -> None:
        match slot.state:
            case State.BUSY:
                self._kill(slot, Ending.TIMED_OUT, self._timed_out(slot))
            case State.STARTING:
                self._init_overran = True
                self._kill(slot, Ending.TIMED_OUT, self._timed_out(slot))
            case State.RETURNING | State.LEAVING:
                self._kill(slot, Ending.EXITED, partial(failures.exited, reason=failures.NO_REASON))
            case State.IDLE:
                raise AssertionError("an idle slot has no deadline")
            case _:
                assert_never(slot.state)

    def _timed_out(self, slot: Slot) -> Failure:
        """With the timeout that the work started under; the configured one may have changed since."""
        timeout = self.function.timeout if slot.work is None else slot.work.deadline - slot.work.started
        return partial(failures.timed_out, timeout=timeout)

    def _kill(self, slot: Slot, ending: Ending, failure: Failure) -> None:
        self._leave(slot)
        slot.deadline = inf
        slot.runner.kill()
        self._fail_work(slot, ending, failure)

    def _stop(self, slot: Slot) -> None:
        if slot.state is not State.LEAVING:
            self._leave(slot)
            slot.runner.stop()

    def _leave(self, slot: Slot) -> None:
        self._slots.leave(slot, self._clock() + max(self._limits.stop_grace, slot.stop_grace))
        if slot.withdrawn:
            self._set_capacity()
        self._wake_at(slot.deadline)

    def _continue_draining(self) -> None:
        """`drain` has two steps: slots may leave when nothing waits, and the pool has drained when they have left."""
        if self._drained is None or self._queue:
            return
        if not self._closed:
            self.close()
        if self.empty:
            drained, self._drained = self._drained, None
            drained()

    def _stop_idle(self, now: float) -> None:
        for slot in self._slots.managed_idle():
            if self._slots.active <= self._capacity.minimum or slot.since + self.function.idle_timeout > now:
                return
            self._stop(slot)

    def _fail_work(self, slot: Slot, ending: Ending, failure: Failure) -> None:
        if slot.work is not None:
            work = slot.work
            self._finish(work, Result(ending, failure(work.invocation.request_id)))

    def _fail_queue(self, ending: Ending, failure: Failure) -> None:
        waiting = list(self._queue)
        self._queue.clear()
        for work in waiting:  # all of them first: a caller may submit again from its callback
            del self._accepted[work.invocation.request_id]
        for work in waiting:
            self._callbacks.finished(work, Result(ending, failure(work.invocation.request_id)))

    def _give_up_waiting(self, now: float) -> None:
        while self._queue and self._queue[0].accepted + self._limits.queue_wait <= now:
            work = self._queue.popleft()
            self._finish(work, Result(Ending.NOT_RUN, failures.never_ran("Rate Exceeded.")))

    # Time

    def _wake_at(self, at: float) -> None:
        if at < self._alarm_at:
            self._alarm_at = at
            self._callbacks.alarm(at)

    def _next_event(self, now: float) -> float:
        events = [slot.deadline for slot in self._slots]
        if self._queue:
            events.append(self._queue[0].accepted + self._limits.queue_wait)
        if self._slots.active > self._capacity.minimum:
            events += [slot.since + self.function.idle_timeout for slot in self._slots.managed_idle()[:1]]
        if now < self._backoff.retry_at:
            events.append(self._backoff.retry_at)
        return min(events, default=inf)
