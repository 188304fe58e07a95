"""Resolved values: texts, lists, and AWS::NoValue."""

from __future__ import annotations

from enum import Enum
from typing import TypeAlias

from esb_generator.errors import error_at
from esb_generator.values import Map, Mark, Seq, Value, as_text


class NoValue(Enum):
    """AWS::NoValue, which removes its entry or item."""

    NO_VALUE = "AWS::NoValue"


Result: TypeAlias = Value | NoValue


def text_of(value: Result, at: Mark, what: str) -> str:
    """A resolved value as text; `what` begins the error for another value."""
    if isinstance(value, str | int | float):
        return as_text(value)
    raise error_at(at, f"{what} must be text, and this is {describe(value)}")


def items_of(value: Result, at: Mark, what: str) -> Seq:
    if isinstance(value, Seq):
        return value
    raise error_at(at, f"{what} must be a list, and this is {describe(value)}")


def texts_of(value: Result, at: Mark, what: str) -> list[str]:
    items = items_of(value, at, what)
    return [text_of(item, items.item_mark(index), f"an item of {what}") for index, item in enumerate(items)]


def describe(value: Result) -> str:
    """A value in the words of an error."""
    match value:
        case NoValue():
            return "AWS::NoValue"
        case None:
            return "null"
        case Map():
            return f"a mapping with {', '.join(list(value)[:3]) or 'no keys'}"
        case Seq():
            return f"a list of {len(value)}"
        case _:
            return f"{as_text(value)!r}"
