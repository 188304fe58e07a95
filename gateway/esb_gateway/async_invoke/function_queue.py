"""The asynchronous invocations of one function: which are in memory, which run, and what is written when they end.

    the file ─▶ `ready` ─▶ Invoker ─▶ Outcome ─▶ rules ─▶ the file: postponed, or ended

In memory are the events that run and a few that run next; all others are in the file only, however many there are, and
are read when their turn comes. Which events are taken (`held`) is known in memory only: after a restart, whatever its
reason, the file's events run, including those that were running.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import inf
from typing import Final, Protocol

from esb_gateway.async_invoke.completion import complete
from esb_gateway.async_invoke.event_file import DueEvents, EventFile
from esb_gateway.async_invoke.event_store import Store
from esb_gateway.async_invoke.ready_events import ReadyEvents
from esb_gateway.async_invoke.rules import (
    Condition,
    Delays,
    Ended,
    Event,
    Retry,
    Step,
    after_attempt,
    before_attempt,
    policy_of,
)
from esb_gateway.clocks import CallLater, Timer
from esb_gateway.identifiers import Identifiers
from esb_gateway.invocation import Ending, Function, Invoker, NoSuchFunction, NotAccepted, Outcome, Throttled
from esb_gateway.targets.target import Target
from esb_gateway.telemetry import Telemetry

RETRY_DISK: Final = 1.0  # seconds, after the disk has refused


class FunctionRunner(Invoker, Protocol):
    """Runs functions, and knows how they are configured now."""

    def find(self, function: str) -> Function | None:
        """The function; None if it is gone."""

    def capacity(self, function: str) -> int:
        """The number of the function's invocations that may run at once."""


@dataclass(slots=True)
class QueueContext:
    """Dependencies and state of the queues of all functions. `arrived` takes an event that is new in the file."""

    functions: FunctionRunner
    store: Store
    call_later: CallLater
    identifiers: Identifiers
    telemetry: Telemetry
    delays: Delays
    targets: Mapping[str, Target]
    arrived: Callable[[Event], None]
    closed: bool = False
    write_failed: bool = False  # the end of an event could not be written, and nothing could since

    def now(self) -> float:
        """Seconds since 1970."""
        return self.telemetry.clock()


class FunctionQueue:
    """One function's events. Used on one loop."""

    def __init__(self, function: str, context: QueueContext) -> None:
        self._function = function
        self._context = context
        self.ready = ReadyEvents()
        self.running: set[int] = set()
        self._held: set[int] = set()  # ready, running, or ended and not written yet
        self._behind = False  # the file may have more events that are due now
        self._reading = False
        self._scheduled = False
        self._paused = False  # because of a throttle
        self._throttles = 0  # in a row
        self._horizon = 0.0  # a due time that has come, whatever the clock says
        self._next_due = inf
        self._timer: Timer | None = None

    def push(self, event: Event) -> None:
        """An event is new in the file, and due: take it, unless others are to be read before it."""
        if self._behind or self._reading or self.ready.is_full:
            self._behind = True
        else:
            self._take(event)
        self._schedule()

    def look(self) -> None:
        """The file may have events that are due."""
        self._behind = True
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
        if self._timer is not None:
            self._timer.cancel()

    # Running

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
        may_read = self._behind and not self._reading and not self._paused
        if may_read and not self.ready.is_full and len(self.ready) <= capacity:
            self._read()

    def _start(self, event: Event) -> None:
        ended = before_attempt(event, self._context.functions.find(self._function), self._context.now())
        if ended is not None:
            message = f"the asynchronous invocation does not run: {ended.condition.value}"
            self._context.telemetry.log_error(event.invocation, message)
            if ended.condition is Condition.RECURSIVE_LOOP:
                self._context.telemetry.counts.loops[self._function,] += 1
            self._write(event, ended)
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
        self._write(event, step)
        self._schedule()

    def _wait_for_slot(self, event: Event) -> None:
        """Put the event back at the head of the queue, and pause the queue."""
        self.running.discard(event.id)
        self.ready.put_back(event)
        if not self._paused:
            self._paused = True
            self._throttles += 1
            self._context.call_later(self._context.delays.throttle(self._throttles), self.resume)

    # Writing

    def _write(self, event: Event, step: Step) -> None:
        """Write what follows. The event stays held until that is durable, so that it is not read as it was before."""
        context = self._context

        def failed(problem: NotAccepted) -> None:
            if not context.write_failed:  # one line for all of them: a log on the same disk must not grow now
                message = f"{problem} The end of the event is written as soon as possible."
                context.telemetry.log_error(event.invocation, message)
            context.write_failed = True
            context.call_later(RETRY_DISK, partial(self._write, event, step))

        match step:
            case Retry(due, attempts):

                def postponed(_: None) -> None:
                    self._written(event)
                    self._wake_at(due)

                context.store.do(lambda file: file.postpone(event.id, due, attempts), postponed, failed)
            case Ended():
                self._write_end(event, step, failed)

    def _write_end(self, event: Event, ended: Ended, failed: Callable[[NotAccepted], object]) -> None:
        context = self._context
        find, identifiers, targets = context.functions.find, context.identifiers, context.targets
        kept, followers = complete(event, ended, context.now(), find=find, identifiers=identifiers, targets=targets)

        def end(file: EventFile) -> list[Event]:
            """The event ends and its followers begin, both or neither."""
            if not file.remove(event.id):
                return []  # it was dropped while it ran
            if kept is not None:
                file.keep(kept)
            return [file.add(follower) for follower in followers]

        def written(added: Sequence[Event]) -> None:
            self._written(event)
            for follower in added:
                context.arrived(follower)

        context.store.do(end, written, failed)

    def _written(self, event: Event) -> None:
        self._context.write_failed = False
        self._held.discard(event.id)

    # Reading

    def _read(self) -> None:
        self._reading, self._behind = True, False
        now = max(self._context.now(), self._horizon)
        held = frozenset(self._held)
        limit, limit_bytes = self.ready.room

        def failed(_: NotAccepted) -> None:
            self._reading, self._behind = False, True
            self._context.call_later(RETRY_DISK, self._schedule)

        work = partial(EventFile.due, function=self._function, now=now, limit=limit, limit_bytes=limit_bytes, held=held)
        self._context.store.do(work, self._have_read, failed)

    def _have_read(self, due: DueEvents) -> None:
        self._reading = False
        self._behind |= due.more
        for event in due.events:
            self._take(event)
        if due.next_due is not None:
            self._wake_at(due.next_due)
        self._schedule()

    def _wake_at(self, due: float) -> None:
        """Read the file when its next event is due."""
        if due >= self._next_due or self._context.closed:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._next_due = due
        self._timer = self._context.call_later(max(0.0, due - self._context.now()), self._wake)

    def _wake(self) -> None:
        self._horizon, self._next_due, self._timer = self._next_due, inf, None
        self.look()

    def _take(self, event: Event) -> None:
        self._held.add(event.id)
        self.ready.add(event)


def _failure(step: Step, outcome: Outcome, now: float) -> str:
    match step:
        case Retry(due, attempts):
            then = f"it runs again in {due - now:.0f} s"
        case Ended(condition, attempts):
            then = f"it does not run again ({condition.value})"
    return f"attempt {attempts} of the asynchronous invocation failed ({outcome.ending.value}); {then}"
