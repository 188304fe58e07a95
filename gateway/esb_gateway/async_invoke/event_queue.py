"""The asynchronous invocations: accepted when they are on the disk, run at least once, tried again as AWS does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple, TypeVar

from esb_gateway.async_invoke.event_file import OVERHEAD, Dropped, EventFile, Retried
from esb_gateway.async_invoke.event_store import Store
from esb_gateway.async_invoke.function_queue import FunctionQueue
from esb_gateway.async_invoke.queue_context import RETRY_DISK, QueueContext
from esb_gateway.async_invoke.rules import AWS_DELAYS, Delays, Event
from esb_gateway.invocation import Accepted, FunctionInvoker, Invocation, NotAccepted
from esb_gateway.targets.table import SEND
from esb_gateway.targets.target import Target
from esb_gateway.telemetry.telemetry import Telemetry
from esb_gateway.tracing.identifiers import Identifiers
from esb_wire.offload import Offload
from esb_wire.timers import CallLater

T = TypeVar("T")

SWEEP_INTERVAL: Final = 3600.0  # seconds


class QueueNumbers(NamedTuple):
    """The number of events that have not ended, and of ended ones that are kept.

    `oldest_age`: seconds since the oldest queued one was accepted; 0 if there is none.
    """

    queued: int
    kept: int
    oldest_age: float


class EventQueue:
    """Runs asynchronous invocations, with a queue for each function. Used on one loop."""

    def __init__(  # noqa: PLR0913 - what it connects
        self,
        functions: FunctionInvoker,
        store: Store,
        telemetry: Telemetry,
        *,
        call_later: CallLater,
        identifiers: Identifiers,
        offload: Offload,
        delays: Delays = AWS_DELAYS,
        targets: Mapping[str, Target] = SEND,
    ) -> None:
        self._store = store
        self._call_later = call_later
        self._context = QueueContext(
            functions, store, call_later, identifiers, telemetry, delays, targets, self._arrived, offload
        )
        self._queues: dict[str, FunctionQueue] = {}

    def start(self) -> None:
        """Run what is in the file."""
        self._find_functions()
        self._sweep()

    def accept(self, invocation: Invocation, done: Accepted) -> None:
        """Make the invocation durable, then run it; see `EventAcceptor`."""
        self._accept(invocation, lambda file, event: file.put(event), done)

    def accept_once(self, key: str, due: int, invocation: Invocation, done: Accepted) -> None:
        """As `accept`, but only the first time for the same key and due time. That is known for a week, and after a
        restart, too.
        """
        self._accept(invocation, lambda file, event: file.put_once(key, due, event), done)

    def _accept(self, invocation: Invocation, put: Callable[[EventFile, Event], Event | None], done: Accepted) -> None:
        now = self._context.now()
        event = Event(invocation, accepted=now, due=now)

        def stored(event: Event | None) -> None:
            done(None)
            if event is not None:
                self._arrived(event)

        self._store.do(lambda file: put(file, event), stored, done, event.size + OVERHEAD)

    def reconfigured(self) -> None:
        """The functions have changed: try now what waits because its function was throttled or gone."""
        for queue in self._queues.values():
            queue.reset_throttles()

    def close(self) -> None:
        """Start no more events. Running ones may end; those that are given up run again after the next start."""
        self._context.closed = True
        for queue in self._queues.values():
            queue.close()

    async def finish(self, seconds: float) -> None:
        """Wait, at most for this time, until what ended events have left behind is on its way to the file.

        An event whose large response is still being read then runs again after the next start.
        """
        if self._context.tasks:
            await asyncio.wait(self._context.tasks, timeout=seconds)

    @property
    def last_fired(self) -> float | None:
        """When a gateway before this one last fired a schedule, in seconds since 1970."""
        return self._store.file.last_fired

    def numbers(self) -> QueueNumbers:
        file = self._store.file
        age = 0.0 if file.oldest is None else max(0.0, self._context.now() - file.oldest)
        return QueueNumbers(file.queued, file.kept, age)

    def query(
        self, work: Callable[[EventFile], T], done: Callable[[T], object], failed: Callable[[NotAccepted], object]
    ) -> None:
        """Read in the file."""
        self._store.do(work, done, failed)

    def is_running(self, function: str, id_: int) -> bool:
        """Whether the queued event runs now."""
        return function in self._queues and id_ in self._queues[function].running

    def retry(self, request_id: str, done: Callable[[bool], object], failed: Callable[[NotAccepted], object]) -> None:
        """Run a failed event again, or a queued one now; `done` gets whether there is such an event."""
        now = self._context.now()

        def retried(found: Retried | None) -> None:
            if found is not None:
                queue = self._queue(found.function)
                if found.event is None:
                    queue.look()
                else:
                    queue.push(found.event)
                queue.resume()
            done(found is not None)

        self._store.do(lambda file: file.retry(request_id, now), retried, failed)

    def drop(self, request_id: str, done: Callable[[bool], object], failed: Callable[[NotAccepted], object]) -> None:
        """Remove an event; `done` gets whether there is such an event. One that runs is not tried again."""

        def dropped(found: Dropped | None) -> None:
            if found is not None and found.id is not None:
                self._queue(found.function).forget(found.id)
            done(found is not None)

        self._store.do(lambda file: file.drop(request_id), dropped, failed)

    def clear(self, done: Callable[[], object], failed: Callable[[NotAccepted], object]) -> None:
        """Remove all events. Those that run are not tried again."""

        def cleared(queued: Sequence[tuple[str, int]]) -> None:
            for function, id_ in queued:
                self._queue(function).forget(id_)
            for queue in self._queues.values():
                queue.reset_throttles()
            done()

        self._store.do(EventFile.clear, cleared, failed)

    def _find_functions(self) -> None:
        def found(functions: Sequence[str]) -> None:
            for name in functions:
                self._queue(name).look()

        def failed(_: NotAccepted) -> None:
            self._call_later(RETRY_DISK, self._find_functions)

        self._store.do(lambda file: file.functions(), found, failed)

    def _arrived(self, event: Event) -> None:
        self._queue(event.invocation.function).push(event)

    def _queue(self, function: str) -> FunctionQueue:
        queue = self._queues.get(function)
        if queue is None:
            queue = self._queues[function] = FunctionQueue(function, self._context)
        return queue

    def _sweep(self) -> None:
        now = self._context.now()
        self._store.do(lambda file: file.sweep(now), lambda _: None, lambda _: None)
        self._call_later(SWEEP_INTERVAL, self._sweep)
