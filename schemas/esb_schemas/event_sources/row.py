"""The contract of one kind of event source."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from esb_schemas.documents.checks import Check


class EventSource(Protocol):
    """One of a function's `events`, as a value: a record of the type that its row loads."""

    @property
    def type(self) -> str:
        """The kind of event source: SAM's name of a schedule, else the service's."""

    @property
    def name(self) -> str:
        """The event's name, which no other event of the function has."""


class EventSourceType(NamedTuple):
    """A row of the table: the values of `type` that it is about, and what is to be known of such an entry.

    `schema_file` has its part of the JSON Schema, `$defs`, in which `definition` is the entry itself.
    """

    types: tuple[str, ...]
    definition: str
    load: Callable[[Mapping[str, Any]], EventSource]
    checks: tuple[Check, ...]
    schema_file: Path
