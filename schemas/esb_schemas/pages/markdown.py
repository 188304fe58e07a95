"""The Markdown that pages made of tables have in common: lines of WIDTH characters, lists, tables."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

WIDTH: Final = 120
"""Characters of a line, apart from the rows of tables and from words that are longer."""
_NO_BREAK: Final = "\0"  # a space at which a line does not end


def page(header: str, sections: Iterable[str], footer: str = "") -> str:
    """A page. The sections have an empty line between them; the page ends with one line break."""
    parts = (part.strip("\n") for part in (header, *sections, footer))
    return "\n\n".join(filter(None, parts)) + "\n"


def paragraph(text: str) -> str:
    return _wrapped(text)


def item(text: str) -> str:
    """An entry of a list."""
    return _wrapped(text, "- ", "  ")


def code(text: str) -> str:
    """Text as code. Its lines end after a comma only: one that began with `*` would be an entry of a list."""
    return f"`{re.sub(r'(?<!,) ', _NO_BREAK, text)}`"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The lines of a table; its cells are Markdown."""
    for cells in (columns, ["---"] * len(columns), *rows):
        yield f"| {' | '.join(cells)} |"


def _wrapped(text: str, first: str = "", others: str = "") -> str:
    lines = textwrap.fill(
        text, WIDTH, initial_indent=first, subsequent_indent=others, break_long_words=False, break_on_hyphens=False
    )
    return lines.replace(_NO_BREAK, " ")
