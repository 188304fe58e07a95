"""A row of the tables of environment variables, and how a program reads them."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Variable(NamedTuple):
    """One environment variable. `default` is what an unset or an empty one means; `meaning` is Markdown.

    A `<PART>` in the name stands for several variables.
    """

    name: str
    default: str
    meaning: str
    site: bool = False  # a line of esb.env, which Compose passes to the program unchanged
    local: bool = False  # `esb-gateway local` reads it, too


class Table(NamedTuple):
    """The variables of one reader, for a section of the page."""

    title: str
    text: str
    rows: tuple[Variable, ...]


def values(rows: Iterable[Variable], environment: Mapping[str, str]) -> dict[str, str]:
    """The text of each variable of a table, or its default; a variable without a row is a KeyError for the reader."""
    return {row.name: environment.get(row.name) or row.default for row in rows}
