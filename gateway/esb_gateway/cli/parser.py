"""The parser of the whole command line."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, Final

from esb_gateway.cli.commands import COMMANDS, CliCommand
from esb_gateway.local.engine_choice import MOTO
from esb_schemas.command_line.completion import add_completion
from esb_schemas.command_line.parser import CommandParser
from esb_schemas.release import release

_OF_BUILD: Final = ("-t", "--template", "--parameter-overrides", "--config-env")  # as of sam local start-api


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options of the command line. For `local`, `build` has what follows a `--`. Exits with 2 if it is invalid."""
    whole = command_line()
    for argument in arguments:
        if any("\udc80" <= sign <= "\udcff" for sign in argument):
            whole.error(f"{argument!r} is not UTF-8")
    own, build = list(arguments), list[str]()
    if own[:1] == ["local"] and "--" in own:
        at = own.index("--")
        own, build = own[:at], own[at + 1 :]
    if own[:1] == ["local"] and (asked := [word for word in own if word in _OF_BUILD]):
        whole.error(
            f"{asked[0]} is an option of esb build: run that first, or esb-gateway local --watch -- {asked[0]} …"
        )
    options = whole.parse_args(own)
    options.build = build
    if (conflict := _conflict(options)) is not None:
        whole.error(conflict)
    return options


def _conflict(options: argparse.Namespace) -> str | None:
    """The sentence about options that exclude each other."""
    if options.command == "invoke" and not options.local:
        for name, value in (("--env-vars", options.env_vars), ("--debug", options.debug)):
            if value is not None:
                return f"{name} is for a gateway that is started for the call; add --local"
    if options.build and not options.watch:
        return "the options after -- are for --watch, which is not given"
    if options.command == "local" and options.testing:
        if options.data is not None:
            return "--testing lets tests delete all data; leave --data out"
        if {options.database, options.storage} - {None, MOTO}:
            return "--testing empties the tables and buckets of moto; leave --database and --storage out"
    return None


def command_line() -> CommandParser:
    """The parser of the whole command line."""
    result = CommandParser(
        prog="esb-gateway",
        usage="esb-gateway COMMAND [OPTIONS]",
        description="Runs Lambda functions, serves their APIs, and asks a gateway that runs.",
        epilog="First esb build, then esb-gateway local or docker compose up -d --wait.\n"
        "`COMMAND --help` has options; containers run serve, forward, storage-events.",
    )
    commands = result.add_subparsers(
        required=True, metavar="COMMAND", dest="command", title="commands", prog="esb-gateway"
    )
    for command in COMMANDS:
        command.add(_below(commands, command, f"esb-gateway {command.name}"))
    add_completion(commands, "esb-gateway")
    result.add_argument("--version", action="version", version=f"%(prog)s {release().version}")
    return result


def _below(commands: argparse._SubParsersAction[CommandParser], command: CliCommand, words: str) -> CommandParser:
    listed: dict[str, Any] = {"help": command.help} if command.help else {}
    return commands.add_parser(
        command.name,
        usage=f"{words} {command.usage}",
        description=command.description,
        epilog=command.epilog,
        **listed,
    )
