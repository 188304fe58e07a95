"""The command `esb`: parses arguments, runs the pipeline, prints. Nothing else in this package prints or exits.

parser.py has the arguments. Each command is a function of a module of its own, which is imported when it is called.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from esb_generator.cli.console import Console
from esb_generator.cli.exit_codes import Exit
from esb_generator.cli.parser import command_line
from esb_generator.cli.replaced_commands import replacement
from esb_generator.reporting.colours import wanted
from esb_schemas.command_line.completion import completion
from esb_schemas.entry_points import load_object

Run: TypeAlias = Callable[[argparse.Namespace, Path, Mapping[str, str], Console], int]

_COMMANDS: Final = {
    "build": "esb_generator.cli.build:run",
    "bundle": "esb_generator.cli.bundle:run",
    "graph": "esb_generator.cli.graph:run",
    "init": "esb_generator.cli.init:run",
    "validate": "esb_generator.cli.build:run_once",
}
_OS_ERROR: Final = "esb_generator.cli.messages:os_error"  # with the report, which help and version do without


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line of this process; returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    ask = input if sys.stdin.isatty() and sys.stdout.isatty() else None
    console = Console(sys.stdout, sys.stderr, ask, wanted(sys.stderr, os.environ), environ=os.environ)
    return run(arguments, Path(), os.environ, console)


def run(arguments: Sequence[str], here: Path, environ: Mapping[str, str], console: Console) -> int:
    """Run a command line in the folder `here`; returns the exit code."""
    if not arguments:
        command_line().print_help(console.err)
        return Exit.USAGE
    if sentence := replacement(arguments):
        print(sentence, file=console.err)
        return Exit.USAGE
    try:
        options = command_line(arguments[0]).parse_args(arguments)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else Exit.USAGE
    if options.command == "completion":
        print(completion(command_line(), options.shell), end="", file=console.out)
        return Exit.DONE
    command: Run = load_object(_COMMANDS[options.command])
    try:
        return command(options, here, environ, console)
    except OSError as error:  # such as no permission for a folder, or a name that is too long
        if error.filename is None:  # of the output
            raise
        code: int = load_object(_OS_ERROR)(error, console, as_json=getattr(options, "json", False))
        return code
