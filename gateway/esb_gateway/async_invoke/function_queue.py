"""The asynchronous invocations of one function: which are in memory, which run, and what is written when they end.

    the file ─▶ DueReader ─▶ `ready` ─▶ Invoker ─▶ Outcome ─▶ rules ─▶ StepWriter ─▶ the file: postponed, or ended

In memory are the events that run and a few that run next; all others are in the file only, however many there are, and
are read when their turn comes. Which events are taken (`held`) is known in memory only: after a restart, whatever its
reason, the file's events run, including those that were running.
"""

from __future__ import annotations

from functools import partial

from esb_gateway.async_invoke.due_reader import DueReader
from esb_gateway.async_invoke.queue_context import QueueContext
from esb_gateway.async_invoke.ready_events import ReadyEvents
from esb_gateway.async_invoke.rules import (
    Condition,
    Ended,
    Event,
    Retry,
    Step,
    after_attempt,
    before_attempt,
    policy_of,
)
from esb_gateway.async_invoke.step_writer import StepWriter
from esb_gateway.invocation import Ending, NoSuchFunction, Outcome, Throttled


class FunctionQueue:
    """One function's events. Used on one loop."""

    def __init__(self, function: str, context: QueueContext) -> None:
        self._function = function
        self._context = context
        self.ready = ReadyEvents()
        self.running: set[int] = set()
        self._held: set[int] = set()  # ready, running, or ended and not written yet
        self._reader = DueReader(function, context, self._take, self._schedule)
        self._writer = StepWriter(context, self._written, self._reader.wake_at)
        self._scheduled = False
        self._paused = False  # because of a throttle
        self._throttles = 0  # in a row

    def push(self, event: Event) -> None:
        """An event is new in the file, and due: take it, unless others are to be read before it."""
        if self._reader.is_ahead and not self.ready.is_full:
            self._take(event)
        else:
            self._reader.behind = True
        self._schedule()

    def look(self) -> None:
        """The file may have events that are due."""
        self._reader.behind = True
        self._schedule()

    def resume(self) -> None:
        """End the wait after a throttle."""
        self._paused = False
        self._schedule()

    def reset_throttles(self) -> None:
        """As `resume`; and the next throttle counts as the first one."""
        self._throttles = 0
        self.resume()

    def forget(self, id_: int) -> None:
        """Do not run a dropped event, unless it runs already."""
        if self.ready.remove(id_):
            self._held.discard(id_)

    def close(self) -> None:
        """Cancel the timer."""
        self._reader.close()

    def _schedule(self) -> None:
        """Run soon: never in the middle of what the function's pool is doing."""
        if not self._scheduled and not self._context.closed:
            self._scheduled = True
            self._context.call_later(0, self._run)

    def _run(self) -> None:
        self._scheduled = False
        if self._context.closed:
            return
        capacity = max(1, self._context.functions.capacity(self._function))
        while self.ready and len(self.running) < capacity and not self._paused:
            self._start(self.ready.next())
        # Read the next events while the last ones run, so that no slot waits for the disk.
        if not self._paused and len(self.ready) <= capacity:
            self._reader.read(self.ready, self._held)

    def _start(self, event: Event) -> None:
        ended = before_attempt(event, self._context.functions.find(self._function), self._context.now())
        if ended is not None:
            message = f"the asynchronous invocation does not run: {ended.condition.value}"
            self._context.telemetry.log_error(event.invocation, message)
            if ended.condition is Condition.RECURSIVE_LOOP:
                self._context.telemetry.counts.loops[self._function,] += 1
            self._writer.write(event, ended)
            return
        self.running.add(event.id)
        try:
            self._context.functions.submit(event.invocation, partial(self._ended, event))
        except (Throttled, NoSuchFunction):
            self._wait_for_slot(event)
        else:
            self._throttles = 0

    def _ended(self, event: Event, outcome: Outcome) -> None:
        if self._context.closed and outcome.ending in (Ending.NOT_RUN, Ending.STOPPED):
            return  # given up because the gateway stops: it runs again after the next start
        if outcome.ending is Ending.NOT_RUN:
            self._wait_for_slot(event)
            return
        self.running.discard(event.id)
        policy, now = policy_of(self._context.functions.find(self._function)), self._context.now()
        step = after_attempt(event, outcome, policy, now, self._context.delays)
        if outcome.ending is not Ending.DONE:
            self._context.telemetry.log_error(event.invocation, _failure(step, outcome, now))
        self._writer.write(event, step)
        self._schedule()

    def _wait_for_slot(self, event: Event) -> None:
        """Put the event back at the head of the queue, and pause the queue."""
        self.running.discard(event.id)
        self.ready.put_back(event)
        if not self._paused:
            self._paused = True
            self._throttles += 1
            self._context.call_later(self._context.delays.throttle(self._throttles), self.resume)

    def _take(self, event: Event) -> None:
        self._held.add(event.id)
        self.ready.add(event)

    def _written(self, event: Event) -> None:
        self._held.discard(event.id)


def _failure(step: Step, outcome: Outcome, now: float) -> str:
    match step:
        case Retry(due, attempts):
            then = f"it runs again in {due - now:.0f} s"
        case Ended(condition, attempts):
            then = f"it does not run again ({condition.value})"
    return f"attempt {attempts} of the asynchronous invocation failed ({outcome.ending.value}); {then}"
