"""What a person sees of a text at a terminal."""

from __future__ import annotations

import io

import pyte


class Terminal(io.StringIO):
    """A stream that says it is a terminal, and keeps what is written."""

    def isatty(self) -> bool:
        return True


def shown(text: str, columns: int = 250, rows: int = 250) -> list[str]:
    """The lines on the screen of a terminal, without empty ones: a carriage return overwrites a line, as it does there.

    A terminal driver puts a carriage return before each line end.
    """
    screen = pyte.Screen(columns, rows)
    pyte.Stream(screen).feed(text.replace("\r\n", "\n").replace("\n", "\r\n"))
    return [line.rstrip() for line in screen.display if line.strip()]
