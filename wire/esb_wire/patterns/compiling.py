"""Compiles a pattern to the tree that matches events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from esb_wire.patterns.errors import InvalidPattern
from esb_wire.patterns.matching import Field, Leaf, Node
from esb_wire.patterns.operators import Condition, Exact, Exists, OfNumber, OfString, Operators, Other
from esb_wire.patterns.reading import read_pattern

_MAX_DEPTH: Final = 100


def compile_pattern(pattern: str | Mapping[str, Any], operators: Operators) -> Node:
    """Compile a pattern, given as JSON text or as data; the result's `match` takes a prepared event.

    Raises InvalidPattern with AWS's reason.
    """
    data = read_pattern(pattern) if isinstance(pattern, str) else pattern
    return _node(data, operators, 0)


def _node(pattern: Mapping[str, Any], operators: Operators, depth: int) -> Node:
    if not pattern:
        raise InvalidPattern("Empty objects are not allowed")
    if depth > _MAX_DEPTH:
        raise InvalidPattern(f"A pattern may not be nested deeper than {_MAX_DEPTH} levels")
    fields, alternatives = list[tuple[str, Field]](), list[tuple[Node, ...]]()
    for key, value in pattern.items():
        if key == "$or" and _is_alternatives(value, operators):
            alternatives.append(tuple(_node(one, operators, depth + 1) for one in value))
        else:
            fields.append(_field(key, value, operators, depth + 1))
    missing = all(field.accepts_missing for _, field in fields)
    return Node(
        tuple(fields),
        tuple(alternatives),
        missing and all(any(node.accepts_missing for node in group) for group in alternatives),
        all(field.only_absence for _, field in fields)
        and all(node.only_absence for group in alternatives for node in group),
    )


def _is_alternatives(value: Any, operators: Operators) -> bool:
    """`$or` is an ordinary key unless it has at least two objects, none of which is an operator."""
    return (
        isinstance(value, list)
        and len(value) > 1
        and all(isinstance(one, dict) and not any(map(operators.is_operator, one)) for one in value)
    )


def _field(key: str, value: Any, operators: Operators, depth: int) -> tuple[str, Field]:
    """A key `a.b` is a key `b` within `a`."""
    first, *rest = key.split(".")
    if rest:
        return first, _node({".".join(rest): value}, operators, depth)
    if isinstance(value, dict):
        return key, _node(value, operators, depth)
    if isinstance(value, list):
        return key, _leaf(value, operators)
    raise InvalidPattern(f'"{key}" must be an object or an array')


def _leaf(entries: list[Any], operators: Operators) -> Leaf:
    if not entries:
        raise InvalidPattern("Empty arrays are not allowed")
    conditions = [operators.condition(entry) for entry in entries]
    exact = [one.value for one in conditions if isinstance(one, Exact)]
    return Leaf(
        strings=frozenset(value for value in exact if isinstance(value, str)),
        numbers=frozenset(value for value in exact if isinstance(value, int | float) and not isinstance(value, bool)),
        constants=frozenset(value for value in exact if value is None or isinstance(value, bool)),
        string_tests=tuple(one.test for one in conditions if isinstance(one, OfString)),
        number_tests=tuple(one.test for one in conditions if isinstance(one, OfNumber)),
        exclusions=tuple(one.test for one in conditions if isinstance(one, Other)),
        accepts_missing=Exists(False) in conditions,
        exists=Exists(True) in conditions,
        only_absence=all(map(_is_absence, conditions)),
    )


def _is_absence(condition: Condition) -> bool:
    return condition == Exists(False)
