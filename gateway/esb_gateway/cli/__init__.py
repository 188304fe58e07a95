"""The command `esb-gateway`.

parser.py has the arguments. Each command is the function `run` of a module of its own, which is imported when it is
called: what `serve` and `local` need takes much longer to import than the other commands take to run.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Final, TypeAlias

from esb_gateway.cli.exit_codes import Exit
from esb_gateway.cli.parser import command_line, parse
from esb_gateway.errors import ConfigurationError
from esb_schemas.command_line.completion import completion
from esb_schemas.settings_files.site_settings import with_site_settings
from esb_wire.http.sockets import ListenerError

Run: TypeAlias = Callable[[argparse.Namespace, Mapping[str, str]], int | None]

DEFAULT_ROOT: Final = Path(".esb")
_MODULES: Final = {
    "serve": "serve",
    "local": "local",
    "forward": "forward",
    "storage-events": "storage_events",
    "schedules": "schedules",
    "events": "events",
    "queues": "queues",
    "invoke": "invoke",
    "logs": "logs",
    "doctor": "doctor",
    "env": "env",
    "event": "event",
    "keys": "issuing",
    "token": "issuing",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    if not given:
        command_line().print_help(sys.stderr)
        return Exit.USAGE
    options = parse(given)
    if options.command == "completion":
        print(completion(command_line(), options.shell), end="")
        return Exit.DONE
    environment: Mapping[str, str] = os.environ
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a function may log half of a surrogate pair
    try:
        run: Run = import_module(f"{__name__}.{_MODULES[options.command]}").run
        if "root" in options:
            options.root = stack_folder(options.root)
            environment = with_site_settings(options.root or DEFAULT_ROOT, os.environ)
        code = run(options, environment) or Exit.DONE
        sys.stdout.flush()
    except (ConfigurationError, ListenerError) as error:
        print(f"esb-gateway: {error}", file=sys.stderr)
        return Exit.FAILED
    except BrokenPipeError:  # the reader of the output is gone; Python would complain when it closes stdout
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.FAILED
    return code


def stack_folder(given: Path | None) -> Path | None:
    """The folder that a command works with: in a folder `.esb/` itself, if none is named, that one.

    Raises ConfigurationError for one that cannot be looked into; it need not exist.
    """
    here = Path()
    try:
        (given or DEFAULT_ROOT).joinpath("secrets.env").exists()
    except OSError as error:
        raise ConfigurationError(f"{given or DEFAULT_ROOT}: {error.strerror}; name another folder.") from error
    is_default = given in (None, DEFAULT_ROOT) and not DEFAULT_ROOT.exists()
    is_one = (here / "config/functions.yml").is_file() and (here / "secrets.env").is_file()
    return here if is_default and is_one else given
