"""Reads resolved properties: a node is a value with its place, a converter turns it into plain data.

A converter never raises: it reports a problem and gives a neutral value, so that one run finds all problems. The result
is discarded if there was any.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias, TypeVar, cast

from esb_generator.errors import Problem
from esb_generator.near_miss import near_miss
from esb_generator.resources.findings import Findings, Notice
from esb_generator.values import CONTAINERS, Map, Mark, Seq, Value, as_text
from esb_schemas.lazy_pattern import LazyPattern

T = TypeVar("T")
L = TypeVar("L", bound=str)  # a literal


class Node(NamedTuple):
    """A value below a resource's Properties or Metadata at `path`, such as `KeySchema[0].KeyType`."""

    value: Value
    mark: Mark
    logical_id: str
    type: str
    path: str
    findings: Findings

    def problem(self, text: str) -> None:
        """Report an error; the text continues a sentence that begins with the path."""
        subject = f"{self.logical_id}: {self.path}" if self.path else self.logical_id
        self.findings.problems.append(Problem(self.mark, f"{subject} {text}"))

    def notice(self, text: str) -> None:
        """Report that the stack does not support this value."""
        self.notice_at(self.mark, text)

    def notice_at(self, mark: Mark, text: str) -> None:
        """As `notice`, for another place of the same resource."""
        self.findings.notices.append(Notice(mark, self.logical_id, self.type, text))

    def has(self, key: str) -> bool:
        """Whether this is a mapping with that key."""
        return isinstance(self.value, Map) and key in self.value

    def get(self, key: str) -> Node | None:
        """An entry of this mapping, or None if it is missing; an entry without a value is a problem."""
        mapping = self._mapping()
        if mapping is None or key not in mapping:
            return None
        child = self._child(mapping, key)
        if child.value is None:
            child.problem("is empty; give it a value or remove it")
            return None
        return child

    def child(self, key: str) -> Node:
        """An entry of this mapping, or an empty mapping if it is missing."""
        return self.get(key) or self._replace(value=Map(self.mark))

    def read(self, key: str, convert: Callable[[Node], T]) -> T | None:
        """An entry of this mapping, converted."""
        child = self.get(key)
        return None if child is None else convert(child)

    def need(self, key: str, convert: Callable[[Node], T]) -> T | None:
        """As `read`; a missing entry is a problem."""
        if self._mapping() is not None and not self.has(key):
            self.problem(f"has no {key}; add it")
        return self.read(key, convert)

    def entries(self) -> Iterator[tuple[str, Node]]:
        """Every entry of this mapping."""
        mapping = self._mapping()
        for key in mapping or ():
            child = self.get(key)
            if child is not None:
                yield key, child

    def entries_of(self, key: str) -> Iterator[tuple[str, Node]]:
        """Every entry of the mapping under a key, if there is one."""
        return self.child(key).entries()

    def items_of(self, key: str) -> Iterator[Node]:
        """Every item of the list under a key, if there is one."""
        child = self.get(key)
        return child.items() if child is not None else iter(())

    def items(self) -> Iterator[Node]:
        """Every item of this list."""
        if not isinstance(self.value, Seq):
            self.problem("must be a list")
            return
        for index, item in enumerate(self.value):
            child = self._replace(value=item, mark=self.value.item_mark(index), path=f"{self.path}[{index}]")
            if item is None:
                child.problem("is empty; give it a value or remove it")
            else:
                yield child

    def key_mark(self, key: str) -> Mark:
        """The position of an entry's key."""
        return self.value.key_mark(key) if isinstance(self.value, Map) else self.mark

    def value_mark(self, key: str) -> Mark:
        """The position of an entry's value, or of this node if there is none."""
        return self.value.value_mark(key) if isinstance(self.value, Map) else self.mark

    def unknown_key(self, key: str, known: Mapping[str, object]) -> None:
        """Report a key that the table `known` does not have."""
        what = self.path or self.type
        text = f"{self.logical_id}: {what} has no property {key}{near_miss(key, known)}"
        self.findings.problems.append(Problem(self.key_mark(key), text))

    def _mapping(self) -> Map | None:
        if isinstance(self.value, Map):
            return self.value
        self.problem("must be a mapping")
        return None

    def _child(self, mapping: Map, key: str) -> Node:
        path = f"{self.path}.{key}" if self.path else key
        return Node(mapping[key], mapping.value_mark(key), self.logical_id, self.type, path, self.findings)


Convert: TypeAlias = Callable[[Node], T]


def text(node: Node) -> str:
    """Text; a number or a boolean is converted as CloudFormation does."""
    if isinstance(node.value, CONTAINERS) or node.value is None:
        node.problem("must be text")
        return ""
    return as_text(node.value)


def integer(low: int | None = None, high: int | None = None) -> Convert[int]:
    """A whole number, also as text."""

    def convert(node: Node) -> int:
        number = _whole(node.value)
        if number is None or (low is not None and number < low) or (high is not None and number > high):
            node.problem(f"must be {_range(low, high)}, not {_shown(node.value)}")
            return low or 0
        return number

    return convert


def flag(node: Node) -> bool:
    """true or false, also as text."""
    value = node.value.lower() if isinstance(node.value, str) else node.value
    if value in (True, "true"):
        return True
    if value not in (False, "false"):
        node.problem(f"must be true or false, not {_shown(node.value)}")
    return False


def written(convert: Convert[int]) -> Convert[str]:
    """A number or a flag as text, as attributes of queues and topics are: true, not True."""
    return lambda node: as_text(convert(node))


def one_of(*names: L) -> Convert[L]:
    """One of the given words."""

    def convert(node: Node) -> L:
        given = text(node)
        found = next((name for name in names if name == given), None)
        if found is None and not isinstance(node.value, Map | Seq):
            node.problem(f"must be {_listed(names)}, not {_shown(node.value)}{near_miss(given, names)}")
        return found or names[0]

    return convert


def matching(pattern: LazyPattern[str], rule: str) -> Convert[str]:
    """Text that matches a pattern; `rule` describes it: `must be …`."""

    def convert(node: Node) -> str:
        written = text(node)
        if not isinstance(node.value, Map | Seq) and not pattern.fullmatch(written):
            node.problem(f"{rule}, not {written!r}")
        return written

    return convert


def each(convert: Convert[T]) -> Convert[list[T]]:
    """A list, each item converted; it has the positions of the items."""

    def convert_each(node: Node) -> list[T]:
        result: Any = Seq(node.mark)
        for item in node.items():
            result.add(convert(item), item.mark)
        return cast("list[T]", result)

    return convert_each


def texts(node: Node) -> tuple[str, ...]:
    """A list of texts."""
    return tuple(text(item) for item in node.items())


def text_map(node: Node) -> dict[str, str]:
    """A mapping to texts."""
    return {key: text(child) for key, child in node.entries()}


class Field(NamedTuple):
    """A property that becomes an entry of a definition, under `name` if that differs."""

    convert: Convert[Any]
    name: str = ""
    required: bool = False


class Dropped(NamedTuple):
    """A property that has no effect in the stack; with a `reason`, it is reported."""

    reason: str = ""


SILENT = Dropped()
Shape: TypeAlias = Mapping[str, Field | Dropped | None]  # None: the property is read separately


def shaped(shape: Shape) -> Convert[dict[str, Any]]:
    """A mapping that is read by a table; the result is in the table's order."""
    return lambda node: read_shape(node, shape)


def read_shape(node: Node, shape: Shape) -> dict[str, Any]:
    """Read a mapping by a table: convert fields, report what is dropped, refuse unknown keys.

    The result has the positions of its entries.
    """
    check_keys(node, shape)
    result = Map(node.mark)
    for key, rule in shape.items():
        if isinstance(rule, Field):
            value = node.need(key, rule.convert) if rule.required else node.read(key, rule.convert)
            if value is not None:
                result.put(rule.name or key, value, node.key_mark(key), node.value_mark(key))
    return result


def names(words: str) -> dict[str, None]:
    """A table of properties that are read one by one."""
    return dict.fromkeys(words.split())


def silent(words: str) -> dict[str, Dropped]:
    """A table of properties without effect in the stack, which need no notice."""
    return dict.fromkeys(words.split(), SILENT)


def check_keys(node: Node, shape: Mapping[str, object]) -> None:
    """Refuse unknown keys, and report those that are dropped for a reason."""
    for key, value in (node._mapping() or {}).items():
        if value is None:
            node.get(key)  # reports it
        elif key not in shape:
            node.unknown_key(key, shape)
        elif isinstance(rule := shape[key], Dropped) and rule.reason:
            child = node.child(key)
            child.notice_at(node.key_mark(key), f"{child.path}: {rule.reason}")


def warn_keys(node: Node, known: Mapping[str, object]) -> None:
    """Report keys that SAM silently ignores, as it does in some mappings."""
    for key in node._mapping() or ():
        if key not in known:
            text = f"{node.path}.{key} is nothing that SAM reads, so it has no effect{near_miss(key, known)}"
            node.notice_at(node.key_mark(key), text)


def _whole(value: Value) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    if isinstance(value, int):
        return int(value)
    stripped = value.strip() if isinstance(value, str) else ""
    digits = stripped.removeprefix("-")
    return int(stripped) if digits.isascii() and digits.isdigit() and len(digits) <= 18 else None


def _range(low: int | None, high: int | None) -> str:
    if low is not None and high is not None:
        return f"a whole number from {low} to {high}"
    return "a whole number" if low is None else f"a whole number of at least {low}"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _shown(value: Value) -> str:
    if isinstance(value, Map):
        return "a mapping"
    if isinstance(value, Seq):
        return "a list"
    return repr(value) if isinstance(value, str) else as_text(value) if value is not None else "nothing"
