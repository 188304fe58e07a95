"""Plain data with its position in the source file.

A loaded template consists of `Map`, `Seq` and plain scalars. A container has its own position and that of each entry,
so any later error can say `template.yaml:41:7`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias

NOTHING: Final[Mapping[Any, Any]] = MappingProxyType({})  # the default of a mapping


class Mark(NamedTuple):
    """A position in a file; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Map(dict[str, "Value"]):
    """A mapping; `mark` is its position, `keys_at` and `values_at` are those of its entries."""

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
        """A shallow copy, positions included."""
        result = Map(self.mark, self.items())
        result.keys_at, result.values_at = dict(self.keys_at), dict(self.values_at)
        return result

    def key_mark(self, key: str) -> Mark:
        """The position of the key, or of the mapping if the entry is generated."""
        return self.keys_at.get(key, self.mark)

    def value_mark(self, key: str) -> Mark:
        """The position of the value, or of the mapping if the entry is generated."""
        return self.values_at.get(key, self.mark)


class Seq(list["Value"]):
    """A list; `mark` is its position, `items_at` are those of its items."""

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
        """The position of an item, or of the list if the item is generated."""
        return self.items_at[index] if index < len(self.items_at) else self.mark


CONTAINERS: Final = (Map, Seq)  # for `isinstance`


class WrittenInt(int):
    """An int whose source text (`001234567`, `1_000`) differs from `str()`."""

    text: str

    def __new__(cls, value: int, text: str) -> WrittenInt:
        number = super().__new__(cls, value)
        number.text = text
        return number

    def __getnewargs__(self) -> tuple[int, str]:  # type: ignore[override]
        """The arguments of `__new__` for a copy."""
        return int(self), self.text


class WrittenFloat(float):
    """A float whose source text (`1.10`) differs from `str()`."""

    text: str

    def __new__(cls, value: float, text: str) -> WrittenFloat:
        number = super().__new__(cls, value)
        number.text = text
        return number

    def __getnewargs__(self) -> tuple[float, str]:  # type: ignore[override]
        """The arguments of `__new__` for a copy."""
        return float(self), self.text


def mark_at(value: object, path: Iterable[str | int], mark: Mark) -> Mark:
    """The position of the value at a path; below a container without positions, that of the container.

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
    """A scalar as CloudFormation converts it to a string: booleans in lower case, numbers as in the source."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, WrittenInt | WrittenFloat):
        return value.text
    return str(value)


def words(text: str) -> tuple[str, ...]:
    """The words of a text, for tables of names."""
    return tuple(text.split())
