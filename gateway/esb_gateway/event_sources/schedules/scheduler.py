"""Fires a schedule: looks at the clock, delivers what is due, and sleeps until the next look.

It looks at least every half minute, to notice a clock that was set or a machine that slept. What is due fires within a
minute of its moment (AWS's own precision) or not at all: what was missed is logged and not made up for. If the clock is
set back, moments come twice; `Deliver` takes care that no occurrence is delivered twice.
"""

from __future__ import annotations

from typing import Final

from esb_gateway.event_sources.schedules.events import payload
from esb_gateway.event_sources.schedules.occurrences import Occurrence, next_moment, occurrences, occurrences_between
from esb_gateway.event_sources.schedules.schedule import Schedule
from esb_gateway.event_sources.source import Deliver, SourceContext, SourceEvent
from esb_gateway.invocation import NotAccepted
from esb_wire.utc_times import to_second

PRECISION: Final = 60.0  # seconds; "Schedule types" in the EventBridge Scheduler User Guide
MAX_SLEEP: Final = 30.0  # seconds from one look to the next


class Scheduler:
    """The `EventSource` of one schedule."""

    def __init__(self, schedule: Schedule, context: SourceContext) -> None:
        self._schedule = schedule
        self._context = context
        self._clock = context.telemetry.clock
        # Everything until then has fired or was missed. Another gateway may have fired until `last_fired`; what was
        # due since then, while none ran, still fires if it is not too late.
        now = self._clock()
        self._seen = now if context.last_fired is None else min(now, context.last_fired)

    async def run(self, deliver: Deliver) -> None:
        """See `EventSource`."""
        while True:
            await self._look(deliver)
            await self._context.sleep(self._seconds_to_next_look())

    async def _look(self, deliver: Deliver) -> None:
        now = self._clock()
        seen, self._seen = self._seen, now
        since = max(min(seen, now), now - PRECISION)
        if seen < since:
            self._report_missed(seen, since)
        for occurrence in occurrences_between(self._schedule, since, now):
            await self._fire(occurrence, deliver)

    def _seconds_to_next_look(self) -> float:
        moment = next_moment(self._schedule, self._seen)
        return MAX_SLEEP if moment is None else max(0.0, min(MAX_SLEEP, moment - self._clock()))

    async def _fire(self, occurrence: Occurrence, deliver: Deliver) -> None:
        schedule = self._schedule
        event = SourceEvent(
            function=schedule.function,
            function_arn=schedule.function_arn,
            payload=payload(occurrence, self._context.identifiers.request_id()),
            key=schedule.key,
            due=occurrence.due,
            about=schedule.about,
            group=schedule.group,
            origin=f"schedule:{schedule.name}",
        )
        try:
            await deliver(event)
        except NotAccepted:
            self._count("failed")
        else:
            self._count("fired")

    def _report_missed(self, after: float, until: float) -> None:
        first = next(occurrences(self._schedule, after), None)
        if first is not None and first.moment <= until:
            self._count("missed")
            message = (
                f"{self._schedule.key} did not fire for {to_second(first.due)}: "
                "that was noticed more than a minute late"
            )
            fields = {"message": message, "function": self._schedule.function}
            self._context.telemetry.log("gateway", "WARN", fields)

    def _count(self, outcome: str) -> None:
        self._context.telemetry.counts.occurrences[self._schedule.function, self._schedule.name, outcome] += 1
