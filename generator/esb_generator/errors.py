"""Errors in the user's input, each with its place and a fix."""

from collections.abc import Iterable
from typing import NamedTuple

from esb_generator.values import Mark

_LONGEST = 1000  # characters


def sentence(text: str) -> str:
    """The text as one printable line of at most 1,000 characters; it may quote anything from the template."""
    line = text if text.isprintable() else " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 300]} … {line[-300:]}"


class Problem(NamedTuple):
    """A sentence about a place in a template."""

    mark: Mark
    text: str

    def __str__(self) -> str:
        return f"{self.mark}: {self.text}"


class BuildError(Exception):
    """The build cannot continue; the text is one sentence: where, what is wrong, what to do."""


class TemplateError(BuildError):
    """The template has errors; `problems` are sorted by place and never empty."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted({Problem(mark, sentence(text)) for mark, text in problems}))
        super().__init__("\n".join(map(str, self.problems)))


def error_at(mark: Mark, text: str) -> TemplateError:
    """The error for a single problem."""
    return TemplateError([Problem(mark, text)])
