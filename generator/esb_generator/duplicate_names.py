"""Physical names that two resources of a kind share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from esb_generator.errors import Problem
from esb_generator.model import Application, Bucket, Function, Table


def find_duplicate_names(application: Application) -> Iterator[Problem]:
    """A problem for each function, table and bucket whose name another one has already."""
    yield from _same_names("function", application.functions)
    yield from _same_names("table", application.tables)
    yield from _same_names("bucket", application.buckets)


def _same_names(kind: str, found: Iterable[Function | Table | Bucket]) -> Iterator[Problem]:
    first: dict[str, Function | Table | Bucket] = {}
    for one in found:
        other = first.setdefault(one.name, one)
        if other is not one:
            text = f"{one.logical_id}: the {kind} name {one.name} is already that of {other.logical_id} at {other.mark}"
            yield Problem(one.mark, f"{text}; give it another name")
