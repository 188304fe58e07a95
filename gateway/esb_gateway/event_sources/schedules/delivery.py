"""A firing becomes an asynchronous invocation of its function."""

from __future__ import annotations

from typing import Protocol

from esb_gateway.dependencies import Surroundings
from esb_gateway.event_sources.schedules.events import payload
from esb_gateway.event_sources.schedules.schedules import Firing
from esb_gateway.invocation import Accepted, Invocation, NotAccepted


class OnceAcceptor(Protocol):
    """Takes invocations that nobody waits for, each once."""

    def accept_once(self, key: str, due: int, invocation: Invocation, done: Accepted) -> None:
        """Make it durable and run it, unless one of that key and time was accepted before; see `EventQueue`."""


class Delivery:
    """Takes firings; the same one any number of times, of which the first counts."""

    def __init__(self, events: OnceAcceptor, surroundings: Surroundings) -> None:
        self._events = events
        self._around = surroundings

    def __call__(self, firing: Firing) -> None:
        """Make it durable, then run it, as any asynchronous invocation."""
        ids, schedule = self._around.identifiers, firing.schedule
        invocation = Invocation(
            function=schedule.function,
            payload=payload(firing, ids.request_id()),
            request_id=ids.request_id(),
            trace_id=ids.trace(None, self._around.clock()),
            arn=schedule.function_arn,
        )

        def done(problem: NotAccepted | None) -> None:
            self._around.counts.firings[schedule.function, schedule.name, "failed" if problem else "fired"] += 1
            if problem is not None:
                self._around.complain(invocation, f"{schedule.key} could not be fired: {problem}")

        self._events.accept_once(schedule.key, firing.due, invocation, done)
