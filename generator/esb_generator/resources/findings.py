"""Findings of the expansion besides its result: errors, and notices of unsupported parts."""

from __future__ import annotations

from typing import NamedTuple

from esb_generator.errors import Problem
from esb_generator.values import Mark


class Notice(NamedTuple):
    """Something in the template that the stack does not support, and what that means for the application."""

    mark: Mark
    logical_id: str
    type: str
    text: str

    def __str__(self) -> str:
        return f"{self.mark}: {self.logical_id} ({self.type}): {self.text}"


class Findings:
    """Collects findings, so that one run reports all of them."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.notices: list[Notice] = []
