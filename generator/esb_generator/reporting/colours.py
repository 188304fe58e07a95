"""Colours of a terminal, with NO_COLOR: https://no-color.org."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TextIO

BOLD, RED, GREEN, YELLOW = "1", "31", "32", "33"


def wanted(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether the stream is a terminal that shows colours, and NO_COLOR is not set."""
    return stream.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


def coloured(text: str, colour: str) -> str:
    return f"\033[{colour}m{text}\033[0m"
