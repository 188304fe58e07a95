"""The streams to which the commands of `esb` print, and the text of warnings and errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, TextIO

from esb_generator import report
from esb_generator.cli.exit_codes import Exit
from esb_generator.colours import RED, coloured
from esb_generator.errors import BuildError, TemplateError
from esb_generator.values import NOTHING
from esb_schemas.command_line.progress_line import ProgressLine


class Console(NamedTuple):
    """The streams of a command: results go to `out`, everything else to `err`. `ask` is None if nobody can answer."""

    out: TextIO
    err: TextIO
    ask: Callable[[str], str] | None = None
    colour: bool = False  # on `err`
    excerpts: bool = True  # whether errors come with the line of the template
    environ: Mapping[str, str] = NOTHING  # of the terminal

    def progress(self) -> ProgressLine:
        """A line about work that takes longer than a second, on `err` if that is a terminal."""
        return ProgressLine(self.err, self.environ)


def print_warnings(result: report.Report, console: Console) -> None:
    for line in report.lines("warning", report.warnings(result), colour=console.colour):
        print(line, file=console.err)


def failed(error: BuildError, console: Console, read: report.ReadText = report.no_text, *, as_json: bool) -> int:
    if as_json:
        print(report.error_as_json(error), file=console.out)
    elif isinstance(error, TemplateError):
        for line in report.lines("error", error.problems, read, colour=console.colour):
            print(line, file=console.err)
        count = len(error.problems)
        print(f"{count} error{'s' if count > 1 else ''}; nothing was written", file=console.err)
    else:
        print(f"{coloured('error:', RED) if console.colour else 'error:'} {error}", file=console.err)
    return Exit.WRONG
