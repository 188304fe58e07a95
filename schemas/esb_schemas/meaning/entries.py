"""Checks of many entries that are alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, TypeAlias

from esb_schemas.errors import Path, Problem, dotted

Entry: TypeAlias = Mapping[str, Any]
Check: TypeAlias = Callable[[Entry], Iterable[Problem]]


def of_each_entry(document: Entry, key: str, checks: Iterable[Check]) -> Iterator[Problem]:
    """What the checks find in one entry after the other of the list or mapping at a top-level key."""
    entries = document.get(key, ())
    for step, entry in entries.items() if isinstance(entries, Mapping) else enumerate(entries):
        for problem in chain.from_iterable(check(entry) for check in checks):
            yield Problem((key, step, *problem.path), problem.text)


def repeated(entries: Iterable[Entry], path: Path, key: str) -> Iterator[Problem]:
    """Entries of the list at `path` whose value of `key` an earlier one has."""
    first: dict[str, int] = {}
    for index, entry in enumerate(entries):
        if key not in entry:
            continue
        value = entry[key]
        if value in first:
            earlier = dotted((path[-1], first[value]))
            yield Problem((*path, index, key), f"{value!r} is already the {key} of {earlier}; each has its own")
        first.setdefault(value, index)
