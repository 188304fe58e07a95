"""The contract of a made-up service: a section of queues, and an event source that reads them.

No package knows it; tests put it into the registries.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple
from unittest import mock

from esb_schemas.documents.checks import Entry
from esb_schemas.documents.records import loader
from esb_schemas.errors import Problem
from esb_schemas.event_sources import EVENT_SOURCES, EventSourceType
from esb_schemas.json_schema import compiled_validator, schema_errors
from esb_schemas.sections import SECTIONS, Section

HERE: Final = Path(__file__).parent


class WidgetSource(NamedTuple):
    """A function that is called with the messages of a widget queue."""

    type: str
    name: str
    queue: str
    batch_size: int = 10


def not_poison(entry: Entry) -> Iterator[Problem]:
    """No value is poison."""
    for key, value in entry.items():
        if value == "poison":
            yield Problem((key,), "must not be poison")


SECTION: Final = Section("Widget", "widget", "QueueName", (not_poison,), HERE / "widget_section.json")
EVENT_SOURCE: Final = EventSourceType(
    types=("Widget",),
    definition="widget_event",
    load=loader(WidgetSource),
    checks=(not_poison,),
    schema_file=HERE / "widget_event.json",
)


@contextmanager
def registered() -> Iterator[None]:
    """The service is known to the contract."""
    with mock.patch.dict(SECTIONS, Widget=SECTION), mock.patch.dict(EVENT_SOURCES, Widget=EVENT_SOURCE):
        forget_schemas()
        yield
    forget_schemas()


def forget_schemas() -> None:
    """Compile the schemas anew when they are needed."""
    compiled_validator.compiled.cache_clear()
    schema_errors.validator.cache_clear()
