"""Desired and live state side by side, for `--explain`. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from textwrap import wrap
from typing import Final, NamedTuple

from esb_provisioner.desired import Desired
from esb_provisioner.observed import Observed
from esb_provisioner.resources.aspect import Aspect
from esb_provisioner.resources.reading import UNKNOWN, Unreadable
from esb_provisioner.steps import Resource
from esb_schemas.command_line.columns import aligned

CELL: Final = 42
"""Characters of a value in a line."""


class Explanation(NamedTuple):
    """A resource with its aspects; `missing` says why the server's values are missing."""

    resource: Resource
    aspects: tuple[Aspect, ...]
    missing: str = ""


def explain(desired: Desired, observed: Observed) -> tuple[Explanation, ...]:
    """The explanation of each resource, sorted."""
    return tuple(explain_resource(desired, observed, resource) for resource in sorted(desired))


def explain_resource(desired: Desired, observed: Observed, resource: Resource) -> Explanation:
    type_, definition = desired[resource]
    seen = observed.get(resource)
    if seen is None or isinstance(seen, Unreadable):
        missing = f"cannot be read: {seen.reason}" if seen else "not on the server"
        wanted = [each for each in type_.aspects(definition, type_.nothing) if each.desired]
        return Explanation(resource, tuple(Aspect(each.key, each.desired, UNKNOWN) for each in wanted), missing)
    return Explanation(resource, once(type_.aspects(definition, seen)))


def once(aspects: Iterable[Aspect]) -> tuple[Aspect, ...]:
    """The aspects without repeated keys (an index is deleted, then created again): the first one counts."""
    first: dict[str, Aspect] = {}
    for each in aspects:
        first.setdefault(each.key, each)
    return tuple(first.values())


def side_by_side(explained: Sequence[Explanation]) -> str:
    """The aspects as three columns; a star marks what differs."""
    return "\n".join(aligned([line for each in explained for line in _lines(each)]))


def _lines(each: Explanation) -> Iterator[tuple[str, str, str]]:
    yield str(each.resource), "in the file", each.missing or "on the server"
    for aspect in each.aspects:
        name = f"{'*' if aspect.differs else ' '} {aspect.key}"
        live = "unknown" if aspect.live is UNKNOWN else aspect.live or "-"
        if each.missing:
            live = ""
        if aspect.desired or live != "-":
            yield from zip_longest([name], wrap(aspect.desired or "-", CELL), wrap(live, CELL), fillvalue="")
