"""The events in flight, with the hops that each came through: those of the gateway's file, of streams and of esb-cloud.

An event has `id`, `source`, `target`, `state`, `age` in seconds, `attempt`, `due` (in how many seconds it is tried
again, None if that is not known) and `chain`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from esb_gateway.admin.events_api import Events
from esb_gateway.async_invoke.answer import answer
from esb_gateway.async_invoke.queries import View, in_flight
from esb_gateway.clocks import Clock
from esb_gateway.event_sources.invoking import RunningBatch
from esb_gateway.event_sources.source import Mapping
from esb_gateway.event_sources.sqs.mapping import QueueMapping
from esb_gateway.targets.target import service_of_arn
from esb_wire.trace_hops import hops

MAX_EVENTS: Final = 100  # of the file; esb-cloud has limits of its own

_KINDS: Final = {"sqs": "queue", "sns": "topic", "events": "bus"}


class InFlight:
    """Collects them. `mappings` gives those that run, `batches` are those of streams that run; `clock` is in seconds
    since 1970.
    """

    def __init__(
        self,
        events: Events,
        mappings: Callable[[], Iterable[Mapping]],
        batches: Iterable[RunningBatch],
        clock: Clock,
    ) -> None:
        self._events = events
        self._mappings = mappings
        self._batches = batches
        self._clock = clock

    async def collect(self, elsewhere: View) -> View:
        """Those of the gateway and those that esb-cloud has listed, the oldest first. Raises NotAccepted."""
        rows = await answer(partial(self._events.query, partial(in_flight, limit=MAX_EVENTS + 1)))
        here = [self._event(row) for row in rows[:MAX_EVENTS]] + [self._batch(batch) for batch in self._batches]
        there = [self._with_target(event) for event in elsewhere["events"]]
        events = sorted([*here, *there], key=lambda event: -event["age"])
        return {"events": events, "more": elsewhere["more"] or len(rows) > MAX_EVENTS}

    def _event(self, row: View) -> View:
        now, runs = self._clock(), self._events.is_running(row["function"], row["number"])
        chain = hops(row["trace_id"])
        return {
            "id": row["id"],
            "source": chain[-1] if chain else None,
            "target": _target(row["function"]),
            "state": "running" if runs else "waiting",
            "age": _seconds(now - row["accepted"]),
            "attempt": row["attempts"] + 1,
            "due": None if runs else _seconds(row["due"] - now),
            "chain": [*chain],
        }

    def _batch(self, batch: RunningBatch) -> View:
        chain = hops(batch.trace_id)
        return {
            "id": batch.id,
            "source": chain[-1] if chain else None,
            "target": _target(batch.function),
            "state": "running",
            "age": _seconds(self._clock() - batch.created),
            "attempt": batch.attempt,
            "due": None,
            "chain": [*chain],
        }

    def _with_target(self, event: View) -> View:
        """The function that a message in flight is received for; None if the stack has no mapping of its queue."""
        if event["target"] is not None:
            return event
        mappings = (each for each in self._mappings() if isinstance(each, QueueMapping) and each.enabled)
        names = [_target(each.function) for each in mappings if f"queue:{each.queue}" == event["source"]]
        return {**event, "target": ", ".join(names) or None}


def _target(name: str) -> str:
    """A function, or the queue, topic or bus whose ARN is in its place."""
    service = service_of_arn(name)
    if service not in _KINDS:
        return f"function:{name}"
    return f"{_KINDS[service]}:{name.rpartition(':')[2].removeprefix('event-bus/')}"


def _seconds(seconds: float) -> float:
    return round(max(0.0, seconds), 3)
