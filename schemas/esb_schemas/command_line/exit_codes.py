"""Exit codes with their meanings: one enumeration for each program, and for each command that has codes of its own.

docs/exit-codes.md is generated from them. The first words in backquotes in an enumeration's docstring are the command.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from esb_schemas import starting

STOPPED: Final = (starting.STOPPED, "stopped by Ctrl-C (SIGINT)")


class ExitCode(IntEnum):
    """Exit codes of a command; `meaning` is Markdown."""

    meaning: str

    def __new__(cls, value: int, meaning: str) -> ExitCode:
        member = int.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member
