"""The slots and the queue of one function: who runs what, when a slot starts, and when one is stopped or killed.

Decisions only. Time comes from a clock, the pool asks for its next `tick` through an alarm, and everything else that
happens in the world goes through `Slot.runner` and `settle`. The rules, with AWS Lambda's behaviour as the measure:

- An invocation is handed over once. It goes back to the head of the queue only if not one byte of it was written.
- The deadline counts from the hand-over, not from the queue. At the deadline the caller is answered and the slot dies.
- Init may take 10 s. Init that takes longer is killed and tried again as a part of the invocation that waits for it;
  the function's timeout then covers both (AWS: "suppressed init").
- A failed init fails what waits, unless a slot that works is left. The failure is kept for the time of the backoff and
  answers what comes meanwhile, so that nobody waits for the next attempt.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from itertools import count
from math import inf
from typing import assert_never

from esb_gateway.execution import failures
from esb_gateway.execution.backoff import Backoff
from esb_gateway.execution.slots import Answer, Failure, Limits, Outside, Runner, Slot, State, Work
from esb_gateway.invocation import Done, Ending, Function, Invocation, StreamSink, Throttled

RESERVED_REASON = "ReservedFunctionConcurrentInvocationLimitExceeded"
QUEUE_REASON = "ConcurrentInvocationLimitExceeded"
DEFAULT_LIMITS = Limits()


class Pool:
    """One function's slots and queue. Everything is called on one thread."""

    def __init__(self, function: Function, outside: Outside, limits: Limits = DEFAULT_LIMITS) -> None:
        self.function = function
        self._outside = outside
        self._clock = outside.clock
        self._limits = limits
        self._backoff = Backoff(limits)
        self._drained: Callable[[], None] | None = None  # set while no more work is taken in and the rest is run
        self._containers = 1
        self._set_room()
        self._slots: dict[int, Slot] = {}
        self._living = 0  # slots that are not LEAVING
        self._idle: list[Slot] = []  # oldest first; work goes to the youngest, so that the others can leave
        self._queue: deque[Work] = deque()
        self._accepted: dict[str, Work] = {}  # queued and running, by request id
        self._alarm_at = inf
        self._init_overran = False
        self._closed = False

    # What callers do

    def submit(self, invocation: Invocation, done: Done) -> None:
        """Run it once, now or when a slot is free. Raises `Throttled`; ValueError if its request id is in flight."""
        self._admit(invocation.request_id)
        work = Work(invocation, done, self._clock())
        self._accepted[invocation.request_id] = work
        self._queue.append(work)
        if self._idle:
            self._serve()
        if self._queue:
            self._wake_at(work.accepted + self._limits.queue_wait)
            self._grow()

    def start(self) -> None:
        """Start the slots that are always there."""
        self._grow()

    def resize(self, containers: int) -> None:
        """So many containers take slots of ours, `max_capacity` each; one, if this is never called.

        With none, work waits for one, as long as it waits for a slot.
        """
        self._containers = containers
        self._set_room()
        if self._queue:
            self._serve()
        self._grow()

    def adjust(self, function: Function) -> None:
        """Hold to the function's changed limits from now on; what runs keeps the deadline that it has.

        A pool that was to `drain` takes work again.
        """
        self.function = function
        self._drained = None
        self._closed = False
        self._set_room()
        self._shed()
        if self._queue:
            self._serve()
        self._grow()
        self._wake_at(self._next_event(self._clock()))

    def renew(self) -> None:
        """What a slot runs has changed: each ends, after its answer if it is at work, and others take its place."""
        self._backoff = Backoff(self._limits)
        self._init_overran = False
        for slot in list(self._slots.values()):
            self.retire(slot)
        self._grow()

    def drain(self, drained: Callable[[], None]) -> None:
        """Run what was accepted, then end every slot, then call `drained`; nothing may be submitted meanwhile."""
        self._drained = drained
        self._set_room()
        self._part_when_done()

    def close(self) -> None:
        """Take no more work, give up what waits, and stop every slot that is not at work."""
        self._closed = True
        self._fail_queue(Ending.NOT_RUN, lambda _: failures.never_ran("The gateway is stopping."))
        for slot in list(self._slots.values()):
            if slot.work is None:
                self._stop(slot)

    def abort(self) -> None:
        """After `close`: end what still runs."""
        for slot in list(self._slots.values()):
            self._kill(slot, Ending.EXITED, partial(failures.exited, reason="The gateway stopped"))

    def retire(self, slot: Slot) -> None:
        """Give the slot no more work: it is stopped, after its answer if it is at work."""
        slot.retiring = True
        if slot.work is None:
            self._stop(slot)

    # What runtimes do

    def join(self, runner: Runner) -> Slot:
        """A slot that came by itself."""
        slot = self._new_slot(State.RETURNING)
        slot.runner = runner
        return slot

    def poll(self, slot: Slot) -> bool:
        """The slot asks for work. False: it may not, because it has not answered yet or is on its way out."""
        if slot.state in (State.BUSY, State.LEAVING):
            return False
        if slot.state is State.IDLE:  # asked again, on another connection
            return True
        now = self._clock()
        self._backoff.started()
        if slot.state is State.STARTING:
            slot.init_seconds = now - slot.since
            self._init_overran = slot.init_seconds > self._limits.init
            self._outside.started(slot.init_seconds)
        if slot.work is not None:
            self._deliver(slot, slot.work)
        elif self._closed or slot.retiring:
            self._stop(slot)
        else:
            self._rest(slot, now)
        self._part_when_done()
        return True

    def answer(self, slot: Slot | None, request_id: str, answer: Answer) -> bool:
        """The end of an invocation, from its slot; None: from any of the function's. False: it is not running there."""
        work = self._at_work(slot, request_id)
        if work is None or work.slot is None:
            return False
        work.slot.state = State.RETURNING  # its deadline stands until it asks again
        self._backoff.worked()
        self._finish(work, answer)
        if self._queue and self._idle:
            self._serve()
        self._part_when_done()
        return True

    def stream(self, slot: Slot | None, request_id: str) -> StreamSink | None:
        """Where the answer goes while it is made, as `answer`; None: it is wanted whole, or does not run there."""
        work = self._at_work(slot, request_id)
        return None if work is None else work.invocation.stream

    def fail_init(self, slot: Slot | None, failure: Failure) -> bool:
        """The runtime could not start. False: it had already."""
        if slot is not None:
            if slot.state is not State.STARTING:
                return False
            self._leave(slot)
            self._fail_work(slot, Ending.INIT_ERROR, failure)
        self._note_failed_init(failure)
        self._grow()
        return True

    def exit(self, slot: Slot, reason: str) -> None:
        """The slot is gone, by itself or because it was told to; `reason` is one of `failures.exit_reason`."""
        state = slot.state
        if state is not State.LEAVING:
            self._leave(slot)
        self._slots.pop(slot.number, None)
        failure = partial(failures.exited, reason=reason)
        self._fail_work(slot, Ending.INIT_ERROR if state is State.STARTING else Ending.EXITED, failure)
        if state is State.STARTING:
            self._note_failed_init(failure)
        elif state is State.IDLE:
            self._backoff.failed(self._clock(), None)
        self._grow()

    # What time does

    def tick(self) -> None:
        """Do what is due; called at the time that `alarm` was last given, or at any other time."""
        self._alarm_at = inf
        now = self._clock()
        for slot in [slot for slot in self._slots.values() if slot.deadline <= now]:
            self._end_overdue(slot)
        self._stop_idle(now)
        self._give_up_waiting(now)
        self._fail_queue_while_failing(now)
        self._grow()
        self._wake_at(self._next_event(now))

    def census(self) -> dict[State, int]:
        """How many slots are in each state."""
        states = [slot.state for slot in self._slots.values()]
        return {state: states.count(state) for state in State}

    @property
    def empty(self) -> bool:
        """No slot is left."""
        return not self._slots

    @property
    def most(self) -> int:
        """How many invocations may run at once."""
        return int(self._most)

    @property
    def queued(self) -> int:
        """How many invocations wait for a slot."""
        return len(self._queue)

    @property
    def oldest_age(self) -> float:
        """How long the first of them has waited, in seconds; 0 when none waits."""
        return self._clock() - self._queue[0].accepted if self._queue else 0.0

    @property
    def running(self) -> int:
        """How many invocations have a slot."""
        return len(self._accepted) - len(self._queue)

    # Admission and hand-over

    def _admit(self, request_id: str) -> None:
        in_flight = len(self._accepted)
        if in_flight >= self._reserved:
            raise Throttled(RESERVED_REASON)
        if self._closed or self._most == 0 or in_flight >= self._most + self.function.queue_depth:
            raise Throttled(QUEUE_REASON)
        if request_id in self._accepted:
            raise ValueError(f"request id {request_id} is in flight already; each invocation needs its own")

    def _serve(self) -> None:
        while self._queue and self._idle and self.running < self._most:
            self._assign(self._idle.pop(), self._queue.popleft())

    def _assign(self, slot: Slot, work: Work) -> None:
        now = self._clock()
        self._bind(slot, work, now)
        self._deliver(slot, work)

    def _bind(self, slot: Slot, work: Work, now: float) -> None:
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
        elif slot.hired:
            self._wake_at(now + self.function.idle_timeout)

    def _at_work(self, slot: Slot | None, request_id: str) -> Work | None:
        work = self._accepted.get(request_id)
        if work is None or work.slot is None or work.slot.state is not State.BUSY:
            return None
        return work if slot is None or work.slot is slot else None

    def _finish(self, work: Work, answer: Answer) -> None:
        if work.slot is not None:
            work.slot.work = None
        del self._accepted[work.invocation.request_id]
        self._outside.settle(work, answer)

    # Starting

    def _set_room(self) -> None:
        """`room` is how many slots there may be of those we start; `most`, how many invocations may run."""
        reserved = self.function.reserved_concurrency
        self._reserved = inf if reserved is None else reserved
        self._room = self.function.max_capacity * self._containers
        self._most = self.function.max_capacity * max(self._containers, 1)
        if reserved is not None:
            self._room, self._most = min(self._room, reserved), min(self._most, reserved)
        self._least = 0 if self._drained else min(self.function.min_capacity, self._most)

    def _shed(self) -> None:
        """Retire the slots that are too many, idle ones before those at work."""
        hired = [slot for slot in self._slots.values() if slot.hired and slot.state is not State.LEAVING]
        hired.sort(key=lambda slot: (not slot.retiring, slot.work is not None, slot.state is not State.IDLE))
        for slot in hired[: max(0, len(hired) - self._room)]:
            self.retire(slot)

    def _grow(self) -> None:
        self._part_when_done()
        if self._closed or self._living >= self._most:
            return
        now = self._clock()
        if now < self._backoff.retry_at:
            fail_now = bool(self._queue) and self._failing(now) is not None
            self._wake_at(now if fail_now else self._backoff.retry_at)
            return
        if self._outside.hire is None or self._living >= self._room:
            return
        for _ in range(self._missing()):
            self._start_slot(self._outside.hire, now)

    def _missing(self) -> int:
        expected = sum(slot.state is State.STARTING and slot.work is None for slot in self._slots.values())
        return max(self._least - self._living, min(len(self._queue) - expected, self._room - self._living))

    def _start_slot(self, hire: Callable[[Slot], Runner], now: float) -> None:
        slot = self._new_slot(State.STARTING)
        slot.hired = True
        slot.runner = hire(slot)
        if self._init_overran and self._queue:
            self._bind(slot, self._queue.popleft(), now)
        else:
            slot.deadline = now + (self._limits.init if self._queue else self._limits.provisioned_init)
            self._wake_at(slot.deadline)
        slot.runner.start()

    def _new_slot(self, state: State) -> Slot:
        number = next(number for number in count() if number not in self._slots)
        slot = Slot(number, state, since=self._clock())
        self._slots[number] = slot
        self._living += 1
        return slot

    def _note_failed_init(self, failure: Failure) -> None:
        now = self._clock()
        self._backoff.failed(now, failure)
        self._fail_queue_while_failing(now)

    def _failing(self, now: float) -> Failure | None:
        """Why nothing will run before the next attempt to start; None: something may."""
        serving = (State.IDLE, State.BUSY, State.RETURNING)
        if any(slot.state in serving for slot in self._slots.values()):
            return None
        return self._backoff.failure(now)

    def _fail_queue_while_failing(self, now: float) -> None:
        failure = self._failing(now)
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
        """With the timeout that the work started under, which may be another by now."""
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
        if slot.state is State.IDLE:
            self._idle.remove(slot)
        if slot.state is not State.LEAVING:
            self._living -= 1
        slot.state = State.LEAVING
        slot.deadline = self._clock() + self._limits.farewell
        self._wake_at(slot.deadline)

    def _part_when_done(self) -> None:
        """To the end of `drain`, in its two steps: slots may go when nothing waits, and the pool when they have."""
        if self._drained is None or self._queue:
            return
        if not self._closed:
            self.close()
        if self.empty:
            drained, self._drained = self._drained, None
            drained()

    def _stop_idle(self, now: float) -> None:
        for slot in [slot for slot in self._idle if slot.hired]:
            if self._living <= self._least or slot.since + self.function.idle_timeout > now:
                return
            self._stop(slot)

    def _fail_work(self, slot: Slot, ending: Ending, failure: Failure) -> None:
        if slot.work is not None:
            work = slot.work
            self._finish(work, Answer(ending, failure(work.invocation.request_id)))

    def _fail_queue(self, ending: Ending, failure: Failure) -> None:
        waiting = list(self._queue)
        self._queue.clear()
        for work in waiting:
            del self._accepted[work.invocation.request_id]
        for work in waiting:
            self._outside.settle(work, Answer(ending, failure(work.invocation.request_id)))

    def _give_up_waiting(self, now: float) -> None:
        while self._queue and self._queue[0].accepted + self._limits.queue_wait <= now:
            work = self._queue.popleft()
            self._finish(work, Answer(Ending.NOT_RUN, failures.never_ran("Rate Exceeded.")))

    # Time

    def _wake_at(self, at: float) -> None:
        if at < self._alarm_at:
            self._alarm_at = at
            self._outside.alarm(at)

    def _next_event(self, now: float) -> float:
        events = [slot.deadline for slot in self._slots.values()]
        if self._queue:
            events.append(self._queue[0].accepted + self._limits.queue_wait)
        if self._living > self._least:
            events += [slot.since + self.function.idle_timeout for slot in self._idle if slot.hired][:1]
        if now < self._backoff.retry_at:
            events.append(self._backoff.retry_at)
        return min(events, default=inf)
