"""Prints warnings and errors."""

from __future__ import annotations

from collections.abc import Iterable

from esb_generator.cli.console import Console
from esb_generator.cli.exit_codes import Exit
from esb_generator.errors import BuildError, Problem, TemplateError
from esb_generator.reporting import report
from esb_generator.reporting.colours import RED, coloured


def print_warnings(result: report.Report, console: Console) -> None:
    _print(report.warnings(result), console)


def print_other_warnings(result: report.Report, console: Console) -> None:
    """Print the warnings that are not in the list of unsupported resources."""
    _print(report.other_warnings(result), console)


def _print(warnings: Iterable[Problem], console: Console) -> None:
    for line in report.lines("warning", warnings, colour=console.colour):
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


def os_error(error: OSError, console: Console, *, as_json: bool) -> int:
    return failed(BuildError(f"{error.filename}: {error.strerror}"), console, as_json=as_json)
