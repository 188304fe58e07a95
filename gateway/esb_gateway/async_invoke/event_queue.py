"""The asynchronous invocations: accepted when they are on the disk, run at least once, tried again as AWS does.

    accept ─▶ the file ─▶ a lane's `ready` ─▶ Invoker ─▶ Outcome ─▶ event_rules ─▶ the file: again, or over

Each function has a lane. It has in memory what runs and a few events that are to run next; all the others are in the
file alone, however many they are, and are read when their turn comes. Which events are taken (`held`) is known only in
memory: after a restart, whatever its reason, the file's events run, those that had been running too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from math import inf
from typing import Final, TypeVar

from esb_gateway.async_invoke.event_file import OVERHEAD, Dropped, Due, EventFile, Kept, Retried
from esb_gateway.async_invoke.event_store import Store
from esb_gateway.async_invoke.function_queue import READY, READY_BYTES, Lane
from esb_gateway.async_invoke.records import record
from esb_gateway.async_invoke.rules import (
    AWS_DELAYS,
    MAX_CHAIN,
    Again,
    Delays,
    Event,
    Over,
    Step,
    after,
    before,
    policy_of,
    routes,
)
from esb_gateway.dependencies import Surroundings
from esb_gateway.invocation import (
    Accepted,
    Ending,
    Function,
    Invocation,
    Invoker,
    NoSuchFunction,
    NotAccepted,
    Outcome,
    Throttled,
)
from esb_gateway.lambda_api.invoke import MAX_ASYNC_PAYLOAD

T = TypeVar("T")

WRITE_AGAIN: Final = 1.0  # seconds, after the disk has refused
SWEEP_EVERY: Final = 3600.0  # seconds


class EventQueue:
    """Runs asynchronous invocations. Used on one loop.

    `find` gives a function as it is configured now, `capacity` how many of its invocations may run at once.
    """

    def __init__(  # noqa: PLR0913 - what it works between
        self,
        find: Callable[[str], Function | None],
        capacity: Callable[[str], int],
        invoker: Invoker,
        store: Store,
        surroundings: Surroundings,
        *,
        delays: Delays = AWS_DELAYS,
    ) -> None:
        self._find = find
        self._capacity = capacity
        self._invoker = invoker
        self._store = store
        self._around = surroundings
        self._delays = delays
        self._lanes: dict[str, Lane] = {}
        self._closed = False
        self._troubled = False  # the last end of an event could not be written

    def start(self) -> None:
        """Run what is in the file."""
        self._look_around()
        self._sweep()

    def accept(self, invocation: Invocation, done: Accepted) -> None:
        """Make the invocation durable, then run it; see `EventAcceptor`."""
        self._accept(invocation, lambda file, event: file.put(event), done)

    def accept_once(self, key: str, due: int, invocation: Invocation, done: Accepted) -> None:
        """As `accept`, for what is due at that time by the schedule of that key, and nothing if it was accepted before.

        That is known for a week, and after a restart too.
        """
        self._accept(invocation, lambda file, event: file.put_once(key, due, event), done)

    def _accept(self, invocation: Invocation, put: Callable[[EventFile, Event], Event | None], done: Accepted) -> None:
        now = self._around.clock()
        event = Event(invocation, accepted=now, due=now)

        def stored(event: Event | None) -> None:
            done(None)
            if event is not None:
                self._arrived(event)

        self._store.do(lambda file: put(file, event), stored, done, event.size + OVERHEAD)

    def reconfigured(self) -> None:
        """The functions have changed: what waits because one was throttled, or not there, is tried now."""
        for lane in self._lanes.values():
            lane.throttles = 0
            self._resume(lane)

    def close(self) -> None:
        """Start nothing more. What runs may end; what is given up now runs again after the next start."""
        self._closed = True
        for lane in self._lanes.values():
            if lane.timer is not None:
                lane.timer.cancel()

    @property
    def queued(self) -> int:
        """How many events are to run, or are running."""
        return self._store.file.queued

    @property
    def last_fired(self) -> float | None:
        """When a gateway before this one fired a schedule last, in seconds since the epoch."""
        return self._store.file.last_fired

    @property
    def kept(self) -> int:
        """How many ended events are kept."""
        return self._store.file.kept

    @property
    def oldest_age(self) -> float:
        """How long ago the oldest queued event was accepted, in seconds; 0 when there is none."""
        oldest = self._store.file.oldest
        return 0.0 if oldest is None else max(0.0, self._around.clock() - oldest)

    def look(
        self, work: Callable[[EventFile], T], done: Callable[[T], object], failed: Callable[[NotAccepted], object]
    ) -> None:
        """Read in the file."""
        self._store.do(work, done, failed)

    def is_running(self, function: str, id_: int) -> bool:
        """Whether the queued event runs now."""
        return function in self._lanes and id_ in self._lanes[function].running

    def retry(self, request_id: str, done: Callable[[bool], object], failed: Callable[[NotAccepted], object]) -> None:
        """Run a kept event again, or a queued one now; `done` gets whether there is one."""
        now = self._around.clock()

        def retried(found: Retried | None) -> None:
            if found is not None and found.event is not None:
                self._arrived(found.event)
            elif found is not None:
                self._found([found.function])
            if found is not None:
                self._resume(self._lane(found.function))
            done(found is not None)

        self._store.do(lambda file: file.retry(request_id, now), retried, failed)

    def drop(self, request_id: str, done: Callable[[bool], object], failed: Callable[[NotAccepted], object]) -> None:
        """Forget an event; `done` gets whether there is one. If it runs, it is not tried again."""

        def dropped(found: Dropped | None) -> None:
            if found is not None and found.id is not None:
                self._lane(found.function).forget(found.id)
            done(found is not None)

        self._store.do(lambda file: file.drop(request_id), dropped, failed)

    # What comes

    def _look_around(self) -> None:
        def again(_: NotAccepted) -> None:
            self._around.call_later(WRITE_AGAIN, self._look_around)

        self._store.do(lambda file: file.functions(), self._found, again)

    def _found(self, functions: Sequence[str]) -> None:
        for name in functions:
            lane = self._lane(name)
            lane.behind = True
            self._schedule(lane)

    def _arrived(self, event: Event) -> None:
        lane = self._lane(event.invocation.function)
        if lane.behind or lane.reading or lane.full:
            lane.behind = True
        else:
            lane.take(event)
        self._schedule(lane)

    def _lane(self, function: str) -> Lane:
        return self._lanes.setdefault(function, Lane(function))

    def _schedule(self, lane: Lane) -> None:
        """Run the lane soon: never in the middle of what the runtime side is at."""
        if not lane.scheduled and not self._closed:
            lane.scheduled = True
            self._around.call_later(0, partial(self._run, lane))

    # What runs

    def _run(self, lane: Lane) -> None:
        lane.scheduled = False
        if self._closed:
            return
        most = max(1, self._capacity(lane.function))
        while lane.ready and len(lane.running) < most and not lane.paused:
            self._start(lane, lane.give())
        if lane.behind and not lane.reading and not lane.paused and not lane.full and len(lane.ready) <= most:
            self._read(lane)

    def _start(self, lane: Lane, event: Event) -> None:
        over = before(event, self._find(lane.function), self._around.clock())
        if over is not None:
            self._around.complain(event.invocation, f"the asynchronous invocation does not run: {over.condition.value}")
            self._settle(lane, event, over)
            return
        lane.running.add(event.id)
        try:
            self._invoker.submit(event.invocation, partial(self._ended, lane, event))
        except (Throttled, NoSuchFunction):
            self._not_run(lane, event)
        else:
            lane.throttles = 0

    def _ended(self, lane: Lane, event: Event, outcome: Outcome) -> None:
        if self._closed and outcome.ending in (Ending.NOT_RUN, Ending.EXITED):
            return  # it was given up because the gateway stops: it runs again
        if outcome.ending is Ending.NOT_RUN:
            self._not_run(lane, event)
            return
        lane.running.discard(event.id)
        policy = policy_of(self._find(lane.function))
        step = after(event, outcome, policy, self._around.clock(), self._delays)
        if outcome.ending is not Ending.DONE:
            self._around.complain(event.invocation, _failure(step, outcome, self._around.clock()))
        self._settle(lane, event, step)
        self._schedule(lane)

    def _not_run(self, lane: Lane, event: Event) -> None:
        lane.running.discard(event.id)
        lane.put_back(event)
        if not lane.paused:
            lane.paused = True
            lane.throttles += 1
            self._around.call_later(self._delays.throttle(lane.throttles), partial(self._resume, lane))

    def _resume(self, lane: Lane) -> None:
        lane.paused = False
        self._schedule(lane)

    # What is written

    def _settle(self, lane: Lane, event: Event, step: Step) -> None:
        """Write what comes next; the event stays held until that is durable, so that nobody reads it as it was."""

        def again(problem: NotAccepted) -> None:
            if not self._troubled:  # once for all of them: a log on the same disk must not grow now
                self._around.complain(event.invocation, f"{problem} What has ended is written as soon as it can be.")
            self._troubled = True
            self._around.call_later(WRITE_AGAIN, partial(self._settle, lane, event, step))

        if isinstance(step, Again):
            due, attempts = step.due, step.attempts

            def postponed(_: None) -> None:
                self._troubled = False
                lane.held.discard(event.id)
                self._wake_at(lane, due)

            self._store.do(lambda file: file.postpone(event.id, due, attempts), postponed, again)
            return

        kept, followers = self._consequences(event, step, self._around.clock())

        def end(file: EventFile) -> list[Event]:
            """The event is over and what comes of it begins, both or neither."""
            if not file.remove(event.id):
                return []  # somebody dropped it while it ran
            if kept is not None:
                file.keep(kept)
            return [file.add(follower) for follower in followers]

        def ended(added: Sequence[Event]) -> None:
            self._troubled = False
            lane.held.discard(event.id)
            for follower in added:
                self._arrived(follower)

        self._store.do(end, ended, again)

    def _consequences(self, event: Event, over: Over, now: float) -> tuple[Kept | None, list[Event]]:
        """What is kept of an event that is over, and the events that take its record to other functions."""
        way = routes(over, policy_of(self._find(event.invocation.function)))
        content = record(event, over, now) if way.functions else b""
        followers, missed = [], list(way.arns)
        for name in way.functions:
            function = self._find(name)
            if function is None or event.chain >= MAX_CHAIN or len(content) > MAX_ASYNC_PAYLOAD:
                missed.append(name)
            else:
                followers.append(self._follower(event, function, content, now))
        if not (way.keep or missed):
            return None, followers
        counted = replace(event, attempts=over.attempts)
        return Kept(counted, now, over.condition.value, tuple(missed), over.response), followers

    def _follower(self, event: Event, function: Function, content: bytes, now: float) -> Event:
        request_id = self._around.identifiers.request_id()
        invocation = Invocation(function.name, content, request_id, event.invocation.trace_id, function.arn)
        return Event(invocation, accepted=now, due=now, chain=event.chain + 1)

    # What is read

    def _read(self, lane: Lane) -> None:
        lane.reading, lane.behind = True, False
        now = max(self._around.clock(), lane.horizon)
        held = frozenset(lane.held)
        most, room = READY - len(lane.ready), READY_BYTES - lane.ready_bytes

        def failed(_: NotAccepted) -> None:
            lane.reading, lane.behind = False, True
            self._around.call_later(WRITE_AGAIN, partial(self._schedule, lane))

        self._store.do(
            lambda file: file.due(lane.function, now, most, room, held), partial(self._have_read, lane), failed
        )

    def _have_read(self, lane: Lane, due: Due) -> None:
        lane.reading = False
        lane.behind |= due.more
        for event in due.events:
            lane.take(event)
        if due.next_due is not None:
            self._wake_at(lane, due.next_due)
        self._schedule(lane)

    def _wake_at(self, lane: Lane, due: float) -> None:
        """Look into the file when the event that is due next is due."""
        if due >= lane.next_due or self._closed:
            return
        if lane.timer is not None:
            lane.timer.cancel()
        lane.next_due = due
        lane.timer = self._around.call_later(max(0.0, due - self._around.clock()), partial(self._wake, lane))

    def _wake(self, lane: Lane) -> None:
        lane.horizon, lane.next_due, lane.timer = lane.next_due, inf, None
        lane.behind = True
        self._schedule(lane)

    def _sweep(self) -> None:
        now = self._around.clock()
        self._store.do(lambda file: file.sweep(now), lambda _: None, lambda _: None)
        self._around.call_later(SWEEP_EVERY, self._sweep)


def _failure(step: Step, outcome: Outcome, now: float) -> str:
    match step:
        case Again(due, attempts):
            then = f"it runs again in {due - now:.0f} s"
        case Over(condition, attempts):
            then = f"it does not run again ({condition.value})"
    return f"attempt {attempts} of the asynchronous invocation failed ({outcome.ending.value}); {then}"
