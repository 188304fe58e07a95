"""Physical names that two resources of a kind share."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from esb_generator.errors import Problem
from esb_generator.model import Application, Function, ResourceEntry


def find_duplicate_names(application: Application) -> Iterator[Problem]:
    """A problem for each function and resource whose name another one of its kind has already."""
    first: dict[tuple[str, str], Function | ResourceEntry] = {}
    named: Iterator[Function | ResourceEntry] = chain(application.functions, *application.resources.values())
    for one in named:
        kind = one.kind if isinstance(one, ResourceEntry) else "function"
        other = first.setdefault((kind, one.name), one)
        if other is not one:
            text = f"{one.logical_id}: the {kind} name {one.name} is already that of {other.logical_id} at {other.mark}"
            yield Problem(one.mark, f"{text}; give it another name")
