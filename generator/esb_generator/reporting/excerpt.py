"""The line of a template that an error is about, with a caret below the place."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from esb_generator.project import special_kind
from esb_schemas.lazy_pattern import LazyPattern

MAX_BYTES: Final = 10_000_000  # of a file that is read again for its line
_WIDTH: Final = 100  # characters of the line that are shown
_BREAK: Final = LazyPattern(r"\r\n|\r|\n")
_RESOURCES: Final = LazyPattern(r"""^\s*["']?Resources["']?\s*:""", re.MULTILINE)


def template_text(path: Path, *, named: bool) -> str | None:
    """The text of a template; None for a file that cannot be read, or that may have secret values.

    `named`: the command line or samconfig names the template. Any other file counts as a template if it has Resources.
    """
    try:
        if special_kind(path) is not None or path.stat().st_size > MAX_BYTES:
            return None
        text = path.read_text("utf-8", errors="replace")
    except (OSError, ValueError):
        return None
    return text if named or _RESOURCES.search(text) else None


def excerpt(text: str, line: int, column: int) -> tuple[str, ...]:
    """The line with its number, and a line with a caret; empty if there is no such line. Both count from 1."""
    lines = _BREAK.split(text)
    if not (1 <= line <= len(lines) and lines[line - 1].strip()):
        return ()
    shown, at = _visible(lines[line - 1], column - 1)
    number = f"{line:>5} | "
    return (number + shown.rstrip(), f"{'| ':>{len(number)}}{' ' * at}^")


def _visible(line: str, at: int) -> tuple[str, int]:
    """The part of a line around a place, without control characters; and the index of the place in it."""
    start = max(0, at - _WIDTH // 2) if len(line) > _WIDTH else 0
    before, after = line[start:at], line[at : start + _WIDTH]
    shown = _printable(before)
    return shown + _printable(after), len(shown)


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text.replace("\t", "    "))
