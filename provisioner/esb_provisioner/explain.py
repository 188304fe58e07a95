"""Desired and live state side by side, for `--explain`. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from textwrap import wrap
from typing import Final, NamedTuple

from esb_provisioner.aspect import Aspect
from esb_provisioner.desired import Desired
from esb_provisioner.observed import Observed
from esb_provisioner.reading import UNKNOWN, Unreadable
from esb_provisioner.steps import Resource

CELL: Final = 42
"""Characters of a value in a line."""


class Explanation(NamedTuple):
    """One resource that exists, with its aspects; `missing` says why there are none."""

    resource: Resource
    aspects: tuple[Aspect, ...] = ()
    missing: str = ""


def explain(desired: Desired, observed: Observed) -> tuple[Explanation, ...]:
    """The explanation of each resource, sorted."""
    return tuple(explain_resource(desired, observed, resource) for resource in sorted(desired))


def explain_resource(desired: Desired, observed: Observed, resource: Resource) -> Explanation:
    """One resource; of two aspects of a name (an index is deleted, then created again) the first."""
    match observed.get(resource):
        case None:
            return Explanation(resource, missing="not on the server")
        case Unreadable(reason):
            return Explanation(resource, missing=f"cannot be read ({reason})")
        case seen:
            type_, definition = desired[resource]
            aspects = {each.key: each for each in reversed(tuple(type_.aspects(definition, seen)))}
            return Explanation(resource, tuple(reversed(aspects.values())))


def side_by_side(explained: Sequence[Explanation]) -> str:
    """The aspects as three columns; a star marks what differs."""
    lines = [line for each in explained for line in _lines(each)]
    first, second = (max((len(line[column]) for line in lines), default=0) for column in (0, 1))
    return "\n".join(f"{name:<{first}}  {desired:<{second}}  {live}".rstrip() for name, desired, live in lines)


def _lines(each: Explanation) -> Iterator[tuple[str, str, str]]:
    if each.missing:
        yield f"{each.resource}: {each.missing}", "", ""
        return
    yield str(each.resource), "in the file", "on the server"
    for aspect in filter(lambda aspect: aspect.desired or aspect.live, each.aspects):
        live = "unknown" if aspect.live is UNKNOWN else aspect.live
        name = [f"{'*' if aspect.differs else ' '} {aspect.key}"]
        yield from zip_longest(name, wrap(aspect.desired, CELL) or ["-"], wrap(live, CELL) or ["-"], fillvalue="")
