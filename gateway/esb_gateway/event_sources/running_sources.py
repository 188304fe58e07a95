"""The event sources of a gateway: a task for each mapping of the configuration."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping as Table
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from esb_gateway.event_sources.source import Deliver, Mapping, SourceContext, SourceType
from esb_gateway.event_sources.switches import Switchable, Switches
from esb_gateway.event_sources.table import OPEN

RESTART_DELAY: Final = 1.0  # seconds, after a source has failed


class RunningSources:
    """Runs the mappings that it was given last. Used on one loop."""

    def __init__(
        self,
        context: SourceContext,
        deliver: Deliver,
        source_types: Table[str, SourceType] = OPEN,
        switches: Switches | None = None,
    ) -> None:
        """`switches` have been loaded; without them, no mapping can be paused."""
        self._context = context
        self._switches = switches
        self._configured: Sequence[Mapping] = ()
        self._stopped = False
        self._deliver = deliver
        self._source_types = source_types
        self._tasks: dict[Mapping, asyncio.Task[None]] = {}

    @property
    def mappings(self) -> Sequence[Mapping]:
        """The running mappings, in the order of the configuration; those that are paused are among them."""
        return list(self._tasks)

    def switched_at(self, mapping: Mapping) -> float | None:
        """When a person has paused or resumed it, if the configuration says otherwise; in seconds since 1970."""
        switch = None if self._switches is None else self._switches.switch_of(mapping)
        return None if switch is None else switch.modified

    async def switch(self, uuid: str, *, enabled: bool) -> None:
        """Pause or resume the mapping with this UUID, durably. What was received is still processed."""
        found = next((each for each in self._configured if isinstance(each, Switchable) and each.uuid == uuid), None)
        if found is None or self._switches is None:
            return
        await self._switches.set(found, enabled=enabled)
        self._log(found, f"{'resumed' if enabled else 'paused'} by UpdateEventSourceMapping")
        if not self._stopped:
            self.reconfigure(self._configured)

    def start(self, mappings: Sequence[Mapping], last_fired: float | None) -> None:
        """Run these; see `SourceContext` for `last_fired`."""
        for mapping in mappings:
            if (at := self.switched_at(mapping)) is not None:
                since = datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
                self._log(mapping, f"paused or resumed by UpdateEventSourceMapping at {since}, which is still so")
        self._run(mappings, replace(self._context, last_fired=last_fired))

    def reconfigure(self, mappings: Sequence[Mapping]) -> None:
        """Run these from now on. Unchanged ones go on undisturbed."""
        self._run(mappings, self._context)

    def stop(self) -> None:
        """Cancel all of them."""
        self._stopped = True
        self._replace((), self._context)

    async def finish(self, seconds: float) -> None:
        """Wait, at most for this time, until what was received is processed, and switches are kept."""
        if self._switches is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._switches.finish(), seconds)
        if self._context.invoking is not None:
            await self._context.invoking.finish(seconds)

    def _run(self, mappings: Sequence[Mapping], context: SourceContext) -> None:
        self._configured = mappings
        self._replace(mappings if self._switches is None else self._switches.apply(mappings), context)

    def _replace(self, mappings: Sequence[Mapping], context: SourceContext) -> None:
        for mapping in self._tasks.keys() - set(mappings):
            self._tasks.pop(mapping).cancel()
        self._tasks = {mapping: self._tasks.get(mapping) or self._start(mapping, context) for mapping in mappings}

    def _start(self, mapping: Mapping, context: SourceContext) -> asyncio.Task[None]:
        return asyncio.create_task(self._keep_running(mapping, context), name=mapping.key)

    def _log(self, mapping: Mapping, what: str) -> None:
        fields = {"message": f"{mapping.key}: {what}", "function": mapping.function}
        self._context.telemetry.log("gateway", "WARN", fields)

    async def _keep_running(self, mapping: Mapping, context: SourceContext) -> None:
        source = self._source_types[mapping.type].open(mapping, context)
        while True:
            try:
                await source.run(self._deliver)
            except Exception as error:  # a defect of one source must not end it, nor any other
                message = f"{mapping.key}: the event source failed and starts again: {error!r}"
                context.telemetry.log("gateway", "ERROR", {"message": message, "function": mapping.function})
            await context.sleep(RESTART_DELAY)
