"""The event source mappings as the Lambda API shows and switches them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from esb_gateway.event_sources.dynamodb.listing import describe_stream
from esb_gateway.event_sources.dynamodb.mapping import TableMapping
from esb_gateway.event_sources.running_sources import RunningSources
from esb_gateway.event_sources.source import Mapping
from esb_gateway.event_sources.sqs.listing import describe
from esb_gateway.event_sources.sqs.mapping import QueueMapping


class EventSourceMappings:
    """The mappings that run; those of a configuration that is not in use yet are not among them."""

    def __init__(self, sources: RunningSources) -> None:
        self._sources = sources

    def documents(self, loaded: float) -> list[dict[str, Any]]:
        """Each as the Lambda API describes it; those that no person has switched are modified when `loaded`."""
        return [
            document
            for mapping in self._sources.mappings
            for document in described([mapping], self._sources.switched_at(mapping) or loaded)
        ]

    async def switch(self, uuid: str, *, enabled: bool) -> None:
        """Pause or resume one; return when that is durable. One that does not exist is passed over."""
        await self._sources.switch(uuid, enabled=enabled)


def described(mappings: Iterable[Mapping], modified: float) -> Iterator[dict[str, Any]]:
    """Mappings of queues and streams as the Lambda API describes them; the others have no place there."""
    for each in mappings:
        if isinstance(each, QueueMapping):
            yield describe(each, modified)
        elif isinstance(each, TableMapping):
            yield describe_stream(each, modified)
