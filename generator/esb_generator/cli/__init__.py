"""The command `esb`: parses arguments, runs the pipeline, prints. Nothing else in this package prints or exits.

parser.py has the arguments. Each command is the function `run` of a module of its own.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from esb_generator.cli import build, bundle, graph, init
from esb_generator.cli.console import Console, failed
from esb_generator.cli.exit_codes import Exit
from esb_generator.cli.other_commands import replacement
from esb_generator.cli.parser import command_line
from esb_generator.colours import wanted
from esb_generator.errors import BuildError
from esb_schemas.command_line.completion import completion

_COMMANDS: Final[Mapping[str, Callable[[argparse.Namespace, Path, Mapping[str, str], Console], int]]] = {
    "build": build.run,
    "bundle": bundle.run,
    "graph": graph.run,
    "init": init.run,
    "validate": build.run_once,
}


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
        options = command_line().parse_args(arguments)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else Exit.USAGE
    if options.command == "completion":
        print(completion(command_line(), options.shell), end="", file=console.out)
        return Exit.DONE
    try:
        return _COMMANDS[options.command](options, here, environ, console)
    except OSError as error:  # such as no permission for a folder, or a name that is too long
        if error.filename is None:  # of the output
            raise
        shown = f"{error.filename}: {error.strerror}"
        return failed(BuildError(shown), console, as_json=getattr(options, "json", False))
