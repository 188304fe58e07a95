"""The checks of each kind of document, by the place of the entries that they check."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any, Final, TypeAlias

from esb_schemas.documents.checks import Check, Entry, repeated
from esb_schemas.documents.kinds import Kind
from esb_schemas.errors import DocumentPath, Problem
from esb_schemas.event_sources import EVENT_SOURCES, EventSourceType
from esb_schemas.sections import SECTIONS, Section
from esb_schemas.validation.auth import API_AUTH_CHECKS, ROUTE_AUTH_CHECKS, ROUTING_AUTH_CHECKS
from esb_schemas.validation.functions import (
    FUNCTION_CHECKS,
    SCHEDULE_CHECKS,
    capacities_in_order,
    unique_schedule_names,
)
from esb_schemas.validation.routes import API_CHECKS, ROUTE_CHECKS, ROUTING_CHECKS

Place: TypeAlias = tuple[str, ...]
"""Keys of nested lists or mappings; every entry of each is checked. Empty: the whole document."""

WHOLE: Final[Place] = ()


def rules(kind: Kind) -> Mapping[Place, tuple[Check, ...]]:
    """The checks of a kind, in the order in which they run."""
    match kind:
        case "resources":
            return {
                **{(section.name,): section.checks for section in SECTIONS.values()},
                WHOLE: (
                    *map(unique_names, SECTIONS.values()),
                    *chain.from_iterable(section.whole_checks for section in SECTIONS.values()),
                ),
            }
        case "functions":
            rows = dict.fromkeys(EVENT_SOURCES.values())
            return {
                ("functions",): FUNCTION_CHECKS,
                ("functions", "events"): tuple(of_type(row, check) for row in rows for check in row.checks),
                ("schedules",): SCHEDULE_CHECKS,
                WHOLE: (capacities_in_order, unique_schedule_names),
            }
        case "routing":
            return {
                ("apis",): (*API_CHECKS, *API_AUTH_CHECKS),
                ("routes",): (*ROUTE_CHECKS, *ROUTE_AUTH_CHECKS),
                WHOLE: (*ROUTING_CHECKS, *ROUTING_AUTH_CHECKS),
            }


def unique_names(section: Section) -> Check:
    """The entries of a section have different names."""

    def check(document: Entry) -> Iterator[Problem]:
        yield from repeated(document.get(section.name, ()), (section.name,), section.identity)

    check.__doc__ = f"The entries of {section.name} have different {section.identity}s."
    return check


def of_type(row: EventSourceType, check: Check) -> Check:
    """A check of the event sources of a row, applied to all event sources."""

    def of_these(event: Entry) -> Iterator[Problem]:
        if event["type"] in row.types:
            yield from check(event)

    of_these.__doc__ = check.__doc__
    return of_these


def problems(kind: Kind, document: Entry) -> Iterator[Problem]:
    """Every problem of a document that JSON Schema accepts."""
    for place, checks in rules(kind).items():
        for path, entry in entries(document, place):
            for check in checks:
                yield from (Problem((*path, *problem.path), problem.text) for problem in check(entry))


def entries(document: Any, place: Place) -> Iterator[tuple[DocumentPath, Entry]]:
    """The entries at a place, each with its path."""
    if not place:
        yield (), document
        return
    key, *rest = place
    found = document.get(key, ())
    for step, entry in found.items() if isinstance(found, Mapping) else enumerate(found):
        for path, inner in entries(entry, tuple(rest)):
            yield (key, step, *path), inner
