"""The error that this package raises, and paths within a document."""

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

DocumentPath: TypeAlias = tuple[str | int, ...]
"""The keys and indexes that lead from the top of a document to a value."""


class ContractError(Exception):
    """A file that breaks its contract. The message is one sentence: file, place, what is wrong, how to fix it.

    `path` is the place in the document (`DynamoDB[0].KeySchema`), empty for the whole document.
    """

    def __init__(self, file: str, path: str, problem: str) -> None:
        self.file = file
        self.path = path
        self.problem = problem
        super().__init__(": ".join(part for part in (file, path, problem) if part))


class Problem(NamedTuple):
    """A problem of a document: its place, and a sentence."""

    path: DocumentPath
    text: str


def dotted(path: Iterable[str | int]) -> str:
    """`("DynamoDB", 0, "KeySchema")` as `DynamoDB[0].KeySchema`; a key that is not a word is quoted."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif step.replace("-", "_").isidentifier():
            text += f".{step}"
        else:
            text += f"[{step!r}]"
    return text.removeprefix(".")
