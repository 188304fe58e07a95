"""The event sources of functions.yml. To add one, write its module and add its row here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from esb_schemas.event_sources import dynamodb, schedule, sqs
from esb_schemas.event_sources.row import EventSource, EventSourceType

EVENT_SOURCES: Final[dict[str, EventSourceType]] = {
    type_: row for row in (schedule.EVENT_SOURCE, sqs.EVENT_SOURCE, dynamodb.EVENT_SOURCE) for type_ in row.types
}
"""The rows by the values of `type`."""


def load_event(entry: Mapping[str, Any]) -> EventSource:
    """One of a function's events. Raises KeyError for a type without a row."""
    return EVENT_SOURCES[entry["type"]].load(entry)


__all__ = ["EVENT_SOURCES", "EventSource", "EventSourceType", "load_event"]
