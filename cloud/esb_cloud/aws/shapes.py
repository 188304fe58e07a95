"""Shapes of parameters and results, as the Smithy models of AWS's services have them.

A shape says how a value is written in the Query protocol, where everything is text and names of lists and maps differ
from those in JSON (AWS Query protocol, "Collections"). A decoded value is plain: str, int, bool, bytes, list, dict.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, TypeAlias


class Scalar(Enum):
    """A value without parts. BINARY is base64 on the wire and bytes here."""

    TEXT = "a string"
    INTEGER = "a number"
    BOOLEAN = "true or false"
    BINARY = "base64"
    TIMESTAMP = "a number of seconds"


@dataclass(frozen=True, slots=True)
class ListOf:
    """`flat` is the name of each element of a flattened list; None: elements are `<name>.member.N`."""

    member: Shape
    flat: str | None = None


@dataclass(frozen=True, slots=True)
class MapOf:
    """By text. `flat` is the name of each entry of a flattened map; None: entries are `<name>.entry.N`."""

    value: Shape
    flat: str | None = None
    key_name: str = "key"
    value_name: str = "value"


@dataclass(frozen=True, slots=True)
class Structure:
    """Members by name. A request without one of `required` is refused."""

    members: Mapping[str, Shape] = field(default_factory=dict)
    required: tuple[str, ...] = ()


Shape: TypeAlias = Scalar | ListOf | MapOf | Structure

TEXT, INTEGER, BOOLEAN, BINARY, TIMESTAMP = Scalar
EMPTY = Structure()  # no result; one without members is another structure, and has an element of its own in Query
TAG_LIST = ListOf(Structure({"Key": TEXT, "Value": TEXT}, ("Key", "Value")))

_NODE: Final = 16  # bytes of a value beside its text, about


def parameters(*required: str, **optional: Shape) -> Structure:
    """The parameters of an operation; those that are required are texts."""
    return Structure({**dict.fromkeys(required, TEXT), **optional}, required)


def is_longer(document: dict[str, Any], limit: int) -> bool:
    """Whether a plain document takes more than about `limit` bytes. Quick, because it is called for each result."""
    waiting: list[Any] = [document]
    left = limit
    while waiting and left >= 0:
        found = waiting.pop()
        left -= _NODE * len(found)
        for value in found.values() if type(found) is dict else found:
            kind = type(value)
            if kind is str or kind is bytes:
                left -= len(value)
            elif kind is dict or kind is list:
                waiting.append(value)
    return left < 0
