"""Checks: rules beyond JSON Schema, about a document that it has accepted, or about one entry of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from esb_schemas.errors import DocumentPath, Problem, dotted

Entry: TypeAlias = Mapping[str, Any]
Check: TypeAlias = Callable[[Entry], Iterable[Problem]]
"""Yields the problems of an entry, with paths from there; its docstring is the rule as docs/contracts.md gives it."""


def repeated(entries: Iterable[Entry], path: DocumentPath, key: str) -> Iterator[Problem]:
    """A problem for each entry of the list at `path` that has the `key` of an earlier one."""
    first: dict[str, int] = {}
    for index, entry in enumerate(entries):
        if key not in entry:
            continue
        value = entry[key]
        if value in first:
            earlier = dotted((path[-1], first[value]))
            yield Problem((*path, index, key), f"{value!r} is already the {key} of {earlier}; use another one")
        first.setdefault(value, index)


def unique_tags(entry: Entry) -> Iterator[Problem]:
    """The keys of the tags are different."""
    yield from repeated(entry.get("Tags", ()), ("Tags",), "Key")
