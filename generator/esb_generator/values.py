"""Plain data that remembers where it was written.

A loaded template is made of `Map`, `Seq` and plain scalars. A container knows the position of itself and of
each of its entries, so that an error found anywhere later can say `template.yaml:41:7`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias

NOTHING: Final[Mapping[Any, Any]] = MappingProxyType({})  # where a value has a mapping of which nothing was said


class Mark(NamedTuple):
    """A position in a file; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Map(dict[str, "Value"]):
    """A mapping; `mark` is its own position, `keys_at` and `values_at` those of its entries."""

    __slots__ = ("keys_at", "mark", "values_at")

    def __init__(self, mark: Mark, entries: Iterable[tuple[str, Value]] = ()) -> None:
        super().__init__(entries)
        self.mark = mark
        self.keys_at: dict[str, Mark] = {}
        self.values_at: dict[str, Mark] = {}

    def put(self, key: str, value: Value, key_at: Mark, value_at: Mark) -> None:
        """Set an entry together with its positions."""
        self[key] = value
        self.keys_at[key] = key_at
        self.values_at[key] = value_at

    def copied(self) -> Map:
        """A shallow copy, which may be changed without changing this mapping."""
        result = Map(self.mark, self.items())
        result.keys_at, result.values_at = dict(self.keys_at), dict(self.values_at)
        return result

    def key_mark(self, key: str) -> Mark:
        """The position of the key, or of the mapping when the entry was not written by anybody."""
        return self.keys_at.get(key, self.mark)

    def value_mark(self, key: str) -> Mark:
        """The position of the value, or of the mapping when the entry was not written by anybody."""
        return self.values_at.get(key, self.mark)


class Seq(list["Value"]):
    """A list; `mark` is its own position, `items_at` those of its items."""

    __slots__ = ("items_at", "mark")

    def __init__(self, mark: Mark, items: Iterable[Value] = ()) -> None:
        super().__init__(items)
        self.mark = mark
        self.items_at: list[Mark] = []

    def add(self, item: Value, item_at: Mark) -> None:
        """Append an item together with its position."""
        self.append(item)
        self.items_at.append(item_at)

    def item_mark(self, index: int) -> Mark:
        """The position of an item, or of the list when the item was not written by anybody."""
        return self.items_at[index] if index < len(self.items_at) else self.mark


class WrittenInt(int):
    """An int whose source text (`001234567`, `1_000`) is not what `str()` gives."""

    text: str

    def __new__(cls, value: int, text: str) -> WrittenInt:
        number = super().__new__(cls, value)
        number.text = text
        return number

    def __getnewargs__(self) -> tuple[int, str]:  # type: ignore[override]
        """What a copy is made of."""
        return int(self), self.text


class WrittenFloat(float):
    """A float whose source text (`1.10`) is not what `str()` gives."""

    text: str

    def __new__(cls, value: float, text: str) -> WrittenFloat:
        number = super().__new__(cls, value)
        number.text = text
        return number

    def __getnewargs__(self) -> tuple[float, str]:  # type: ignore[override]
        """What a copy is made of."""
        return float(self), self.text


def mark_at(value: object, path: Iterable[str | int], mark: Mark) -> Mark:
    """The position of what a path leads to; below a container without positions, that of the container.

    `mark` is the position of `value` itself.
    """
    for step in path:
        if isinstance(value, Map):
            mark = value.value_mark(str(step))
        elif isinstance(value, Seq) and isinstance(step, int):
            mark = value.item_mark(step)
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, Sequence) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            break
        mark = value.mark if isinstance(value, Map | Seq) else mark
    return mark


Scalar: TypeAlias = str | int | float | bool | None
Value: TypeAlias = Map | Seq | Scalar


def as_text(value: str | float) -> str:
    """A scalar where CloudFormation wants a string: booleans in lower case, numbers as they were written."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, WrittenInt | WrittenFloat):
        return value.text
    return str(value)
