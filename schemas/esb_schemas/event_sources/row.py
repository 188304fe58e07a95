"""A row of the table of event sources."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from esb_schemas.documents.checks import Check


class EventSource(Protocol):
    """One of a function's `events`, as the record that `EventSourceType.load` returns."""

    @property
    def type(self) -> str:
        """The type of event source: SAM's name for a schedule, else the service's name."""

    @property
    def name(self) -> str:
        """The event's name, unique within the function."""


class EventSourceType(NamedTuple):
    """One type of event source: `types` are the values of `type`, `load` makes the record of a valid entry.

    `schema_file` has its part of the JSON Schema: `$defs`, of which `definition` is the entry.
    """

    types: tuple[str, ...]
    definition: str
    load: Callable[[Mapping[str, Any]], EventSource]
    checks: tuple[Check, ...]
    schema_file: Path
