"""Reads the events of one function that are due, from the file into memory, a few at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from math import inf

from esb_gateway.async_invoke.event_file import DueEvents, EventFile
from esb_gateway.async_invoke.queue_context import RETRY_DISK, QueueContext
from esb_gateway.async_invoke.ready_events import ReadyEvents
from esb_gateway.async_invoke.rules import Event
from esb_gateway.invocation import NotAccepted
from esb_wire.timers import Timer


class DueReader:
    """`behind`: the file may have more events that are due now, so that a new one must not be taken before them.

    `take` gets each event; `may_run` is called when there may be something to run or to read.
    """

    def __init__(
        self, function: str, context: QueueContext, take: Callable[[Event], None], may_run: Callable[[], None]
    ) -> None:
        self._function = function
        self._context = context
        self._take = take
        self._may_run = may_run
        self._reading = False
        self._horizon = 0.0  # a due time that has come, whatever the clock says
        self._next_due = inf
        self._timer: Timer | None = None
        self.behind = False

    @property
    def is_ahead(self) -> bool:
        """Whether all events in the file that are due have been taken."""
        return not self.behind and not self._reading

    def read(self, ready: ReadyEvents, held: Iterable[int]) -> None:
        """Read as many as there is room for, if there may be some; those that are `held` are taken already."""
        if not self.behind or self._reading or ready.is_full:
            return
        self._reading, self.behind = True, False
        now = max(self._context.now(), self._horizon)
        limit, limit_bytes = ready.room

        def failed(_: NotAccepted) -> None:
            self._reading, self.behind = False, True
            self._context.call_later(RETRY_DISK, self._may_run)

        work = partial(
            EventFile.due,
            function=self._function,
            now=now,
            limit=limit,
            limit_bytes=limit_bytes,
            held=frozenset(held),
        )
        self._context.store.do(work, self._have_read, failed)

    def wake_at(self, due: float) -> None:
        """Read when the file's next event is due."""
        if due >= self._next_due or self._context.closed:
            return
        self.close()
        self._next_due = due
        self._timer = self._context.call_later(max(0.0, due - self._context.now()), self._wake)

    def close(self) -> None:
        """Cancel the timer."""
        if self._timer is not None:
            self._timer.cancel()

    def _have_read(self, due: DueEvents) -> None:
        self._reading = False
        self.behind |= due.more
        for event in due.events:
            self._take(event)
        if due.next_due is not None:
            self.wake_at(due.next_due)
        self._may_run()

    def _wake(self) -> None:
        self._horizon, self._next_due, self._timer = self._next_due, inf, None
        self.behind = True
        self._may_run()
