"""Errors, and notices about unsupported parts, that the expansion finds."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from esb_generator.errors import Problem
from esb_generator.values import Mark

_SHOWN: Final = 3


class Notice(NamedTuple):
    """A part of the template that the stack does not support, and the consequences for the application."""

    mark: Mark
    logical_id: str
    type: str
    text: str

    def __str__(self) -> str:
        return f"{self.mark}: {self.logical_id} ({self.type}): {self.text}"


def first_names(names: Sequence[str]) -> str:
    """The first names of a list, and the number of the others."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more}"


class Findings:
    """Collects findings, so that one run reports all of them."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.notices: list[Notice] = []
