"""Event source mappings that a person has paused or resumed: UpdateEventSourceMapping with `Enabled`.

As at CloudFormation, a build changes that only if it changes what the template says: a switch holds as long as the
configuration has the same `enabled` as when it was set. It is in the file of the events, and so survives a restart.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple, TypeAlias

from esb_gateway.event_sources.dynamodb.mapping import TableMapping
from esb_gateway.event_sources.source import Checkpoints, Mapping
from esb_gateway.event_sources.sqs.mapping import QueueMapping

NAME: Final = "event-source-mappings"  # of the checkpoint

Switchable: TypeAlias = QueueMapping | TableMapping


class Switch(NamedTuple):
    """`configured` is what the configuration said when it was set, `modified` when that was, in seconds since 1970."""

    enabled: bool
    configured: bool
    modified: float


class Switches:
    """Used on one loop. `load` comes first."""

    def __init__(self, checkpoints: Checkpoints, clock: Callable[[], float]) -> None:
        self._checkpoints = checkpoints
        self._clock = clock
        self._known: dict[str, Switch] = {}
        self._saving: asyncio.Task[None] | None = None

    async def load(self) -> None:
        """Read what a gateway before this one has kept."""
        saved = json.loads(await self._checkpoints.load(NAME) or "{}")
        self._known = {id_: Switch(*values) for id_, values in saved.items()}

    def apply(self, mappings: Sequence[Mapping]) -> list[Mapping]:
        """The mappings of a configuration as they are to run. Switches that it has overtaken are forgotten."""
        overtaken = [
            each.uuid
            for each in _switchable(mappings)
            if (switch := self._known.get(each.uuid)) is not None and switch.configured != each.enabled
        ]
        for id_ in overtaken:
            del self._known[id_]
        if overtaken:
            self._saving = asyncio.create_task(self._save())
        return [self._switched(each) if isinstance(each, Switchable) else each for each in mappings]

    def switch_of(self, mapping: Mapping) -> Switch | None:
        """A user's switch of a mapping, if it differs from the configuration."""
        return self._known.get(mapping.uuid) if isinstance(mapping, Switchable) else None

    async def set(self, mapping: Switchable, *, enabled: bool) -> None:
        """Pause or resume a mapping of the configuration; return when that is durable."""
        if enabled == mapping.enabled:
            self._known.pop(mapping.uuid, None)
        else:
            self._known[mapping.uuid] = Switch(enabled, mapping.enabled, self._clock())
        await self._save()

    async def finish(self) -> None:
        """Return when everything is durable."""
        if self._saving is not None:
            await self._saving

    def _switched(self, mapping: Switchable) -> Mapping:
        switch = self._known.get(mapping.uuid)
        return mapping if switch is None else mapping.with_enabled(switch.enabled)

    async def _save(self) -> None:
        await self._checkpoints.save(NAME, json.dumps(self._known))


def _switchable(mappings: Sequence[Mapping]) -> Iterator[Switchable]:
    return (each for each in mappings if isinstance(each, Switchable))
