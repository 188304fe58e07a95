"""The compiled pattern: a tree of nodes (objects) and leaves (arrays of allowed values).

Each node visits each value of the event below its path once, so the time is linear in the event. An
array of the event matches if one of its elements does, and the fields of a node have to match in the same element.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

Scalar = str | int | float | bool | None
MISSING: Final = object()


@dataclass(frozen=True, slots=True)
class Leaf:
    """An array of a pattern: any of its entries may match."""

    strings: frozenset[str]
    numbers: frozenset[int | float]
    constants: frozenset[bool | None]
    string_tests: tuple[Callable[[str], bool], ...]
    number_tests: tuple[Callable[[int | float], bool], ...]
    exclusions: tuple[Callable[[Scalar], bool], ...]  # for values of any type
    exists: bool
    accepts_missing: bool  # the key may be absent
    only_absence: bool  # the key must be absent

    def match(self, value: Any, /) -> bool:
        kind = type(value)
        if kind is str:
            found = value in self.strings or passes(self.string_tests, value)
        elif kind is int or kind is float:
            found = value in self.numbers or passes(self.number_tests, value)
        elif kind is list:
            return self._match_array(value)
        elif value is MISSING or kind is dict:  # an object is not a value
            return self.accepts_missing
        else:
            found = value in self.constants
        return found or self.exists or passes(self.exclusions, value)

    def _match_array(self, value: list[Any]) -> bool:
        scalars = [element for element in elements(value) if type(element) is not dict]
        return any(map(self.match, scalars)) if scalars else self.accepts_missing


@dataclass(frozen=True, slots=True)
class Node:
    """An object of a pattern: all fields match, and one of each group of alternatives (`$or`)."""

    fields: tuple[tuple[str, Leaf | Node], ...]
    alternatives: tuple[tuple[Node, ...], ...]
    accepts_missing: bool
    only_absence: bool  # true for all fields: then every element of an array has to match

    def match(self, value: Any, /) -> bool:
        if type(value) is dict:
            get = value.get
            for key, field in self.fields:
                if not field.match(get(key, MISSING)):
                    return False
            return all(any(node.match(value) for node in group) for group in self.alternatives)
        if type(value) is list and value:
            combine = all if self.only_absence else any
            return combine(map(self.match, elements(value)))
        return self.accepts_missing


Field = Leaf | Node


def passes(tests: Iterable[Callable[[Any], bool]], value: Any) -> bool:
    """Whether the value passes one of the tests; faster than `any`, which makes a generator."""
    for test in tests:  # noqa: SIM110
        if test(value):
            return True
    return False


def elements(array: list[Any]) -> Iterator[Any]:
    """The elements of an array and of the arrays within it."""
    waiting = [iter(array)]
    while waiting:
        for element in waiting[-1]:
            if type(element) is list:
                waiting.append(iter(element))
                break
            yield element
        else:
            waiting.pop()
