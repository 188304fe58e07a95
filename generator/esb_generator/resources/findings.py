"""Findings of the expansion besides its result: errors, and notices of unsupported parts."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from esb_generator.errors import Problem
from esb_generator.values import Mark

_SHOWN: Final = 3


class Notice(NamedTuple):
    """Something in the template that the stack does not support, and what that means for the application."""

    mark: Mark
    logical_id: str
    type: str
    text: str

    def __str__(self) -> str:
        return f"{self.mark}: {self.logical_id} ({self.type}): {self.text}"


def first_names(names: Sequence[str]) -> str:
    """The first names of a list, and how many there are besides."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more}"


class Findings:
    """Collects findings, so that one run reports all of them."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.notices: list[Notice] = []
