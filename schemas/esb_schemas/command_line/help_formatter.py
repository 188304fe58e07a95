"""The layout of the commands' help, which fits a screen of 80 columns and 24 lines if possible."""

from __future__ import annotations

import argparse
import re


class HelpFormatter(argparse.HelpFormatter):
    """An option or a command a line where possible, and groups without empty lines between them.

    An epilog keeps its lines: `example: …` shows a command line, `then: …` names the next command.
    """

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=30)

    def format_help(self) -> str:
        return re.sub(r"\n\n(?=the [^\n]+:\n|example: |then: )", "\n", super().format_help())

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(super(HelpFormatter, self)._fill_text(line, width, indent) for line in text.splitlines())

    def _format_action(self, action: argparse.Action) -> str:
        """Commands without a line above them that says `COMMAND`."""
        if isinstance(action, argparse._SubParsersAction):
            return self._join_parts([self._format_action(each) for each in action._get_subactions()])
        return super()._format_action(action)

    def _format_action_invocation(self, action: argparse.Action) -> str:
        """`-t, --template FILE`: the value once."""
        if not action.option_strings or action.nargs == 0:
            return super()._format_action_invocation(action)
        return f"{', '.join(action.option_strings)} {self._format_args(action, self._metavar_for_optional(action))}"

    def _metavar_for_optional(self, action: argparse.Action) -> str:
        return self._get_default_metavar_for_optional(action)

    def start_section(self, heading: str | None) -> None:
        super().start_section("arguments" if heading == "positional arguments" else heading)

    def _format_args(self, action: argparse.Action, default_metavar: str) -> str:
        return f"{action.metavar}…" if action.nargs == "+" else super()._format_args(action, default_metavar)
