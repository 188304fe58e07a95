"""The parser of the commands: help that fits a screen, and errors that suggest the nearest option or command."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from esb_schemas.command_line.help_formatter import HelpFormatter
from esb_schemas.near_miss import near_miss


class CommandParser(argparse.ArgumentParser):
    """An ArgumentParser whose errors have a hint and the usage of the right command."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"formatter_class": HelpFormatter, **options})

    def parse_known_args(  # type: ignore[override]  # of its overloads, the one that is used
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        """Exits with 2 for an unknown argument, also in the parser of a subcommand.

        A command whose first argument is one of several words, such as `queues list`, prints its help to stderr if it
        gets no arguments.
        """
        if args is not None and not args and self._begins_with_a_choice():
            self.print_help(sys.stderr)
            self.exit(2)
        found, others = super().parse_known_args(args, namespace)
        if others:
            option = next((each.partition("=")[0] for each in others if each.startswith("-")), "")
            hint = _hint(option, self._option_string_actions)
            self.error(f"unrecognized arguments: {' '.join(others)}{hint}")
        return found, others

    def _begins_with_a_choice(self) -> bool:
        first = next(iter(self._get_positional_actions()), None)
        return first is not None and first.required and bool(first.choices)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        choices = tuple(map(str, action.choices or ()))
        if choices and str(value) not in choices and (hint := _hint(str(value), choices)):
            raise argparse.ArgumentError(action, f"invalid choice: {value!r}{hint}")
        super()._check_value(action, value)


def _hint(word: str, known: Iterable[str]) -> str:
    near = near_miss(word, known) if word else None
    return f"; did you mean {near}?" if near else ""
