"""What can be wrong with a person's input, always with a place and a mend."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from esb_generator.values import Mark


class Problem(NamedTuple):
    """One sentence about one place in a template."""

    mark: Mark
    text: str

    def __str__(self) -> str:
        return f"{self.mark}: {self.text}"


class BuildError(Exception):
    """The build cannot go on; the text is one sentence: where, what is wrong, what to do."""


class TemplateError(BuildError):
    """The template is wrong in one place or several; `problems` are sorted by place and never empty."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))
