"""The arguments of all commands."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Final, TypeAlias

from esb_generator.settings.choices import CREDENTIALS, DEFAULT_OUTPUT, EGRESS, MB, UNZIPPED_LIMIT
from esb_generator.starter.sample import RUNTIMES, SUMMARIES
from esb_schemas.backends import BACKENDS
from esb_schemas.command_line.completion import add_completion
from esb_schemas.command_line.parser import CommandParser
from esb_schemas.engines.engine import EXTERNAL
from esb_schemas.engines.table import engines, option
from esb_schemas.release import release

HELPS: Final = {
    "init": "start with a small application, or with your own",
    "validate": "check the template without writing anything",
    "build": "generate .esb/ from the template",
    "graph": "print what calls what, as Mermaid or SVG",
    "bundle": "put the built stack and its images into one file",
}
_ABOUT_ALL: Final = ("--help", "-h", "--version")

_Commands: TypeAlias = "argparse._SubParsersAction[CommandParser]"


def command_line(first: str = "") -> CommandParser:
    """The parser of the whole command line.

    If the first argument names a command, only its arguments are added: those of all commands take 5 % of the time of
    `esb validate`.
    """
    result = CommandParser(
        prog="esb",
        usage="esb COMMAND [OPTIONS]",
        description="Turns an AWS SAM application into a Docker Compose stack.",
        epilog="`esb COMMAND --help` has the options. What is built runs with docker compose, or esb-gateway local. "
        "Exit codes: 0 success, 1 error in the application, 2 wrong usage.",
    )
    result.add_argument("--version", action="version", version=f"%(prog)s {release().version}")
    commands = result.add_subparsers(dest="command", required=True, metavar="COMMAND", title="commands", prog="esb")
    adders = (_add_init, _add_validate, _add_build, _add_graph, _add_bundle)
    for (name, help_), add in zip(HELPS.items(), adders, strict=True):
        if first in _ABOUT_ALL:
            commands.add_parser(name, help=help_)
        elif name == first or first not in HELPS:
            add(commands)
    if first not in HELPS:
        add_completion(commands, "esb")
    return result


def _add_init(commands: _Commands) -> None:
    parser = commands.add_parser(
        "init",
        usage="esb init [DIR] [OPTIONS]",
        help=HELPS["init"],
        description="Creates a small application. If DIR has an application of SAM or the CDK, says what of it "
        "runs, and writes compose.yaml and a line of .gitignore; files that exist are not changed otherwise.",
        epilog="example: esb init shop --app queue --language node\nthen: esb build",
    )
    parser.add_argument("folder", metavar="DIR", nargs="?", default=".", help="its folder (default: the current one)")
    add = parser.add_argument
    add("--app", metavar="NAME", choices=tuple(SUMMARIES), help=f"{_listed(SUMMARIES)} (default: asks, else api)")
    languages = f"{_listed(RUNTIMES)} (default: asks, else python)"
    add("--language", metavar="NAME", choices=tuple(RUNTIMES), help=languages)
    add("--no-input", action="store_true", help="ask nothing")
    _add_names_of_templates(parser, "its template, in DIR; several are one stack")


def _add_graph(commands: _Commands) -> None:
    parser = commands.add_parser(
        "graph",
        usage="esb graph [DIR] [--svg]",
        help=HELPS["graph"],
        description="Prints routes, functions and resources of what was built, and what calls what.",
        epilog="Mermaid is shown by GitHub and GitLab in a block of Markdown; SVG by every browser.\n"
        "example: esb graph --svg > graph.svg",
    )
    where = f"the output of esb build ({DEFAULT_OUTPUT})"
    parser.add_argument("folder", metavar="DIR", nargs="?", default=DEFAULT_OUTPUT, help=where)
    parser.add_argument("--svg", action="store_true", help="print SVG in place of Mermaid")


def _add_bundle(commands: _Commands) -> None:
    parser = commands.add_parser(
        "bundle",
        usage="esb bundle FILE [OPTIONS]",
        help=HELPS["bundle"],
        description="Builds and pulls what is missing, and writes FILE for a site without a network: images, .esb/ "
        "with its credentials, checksums, and load.sh, which needs Docker alone.",
        epilog="example: esb bundle shop.tar --platform linux/arm64",
    )
    add = parser.add_argument
    add("file", metavar="FILE", help="the tar file to write, such as shop.tar")
    add("--platform", metavar="OS/ARCH", help="of the site, such as linux/arm64 (default: this engine's)")
    add("--root", metavar="DIR", default=DEFAULT_OUTPUT, help=f"the folder (default: {DEFAULT_OUTPUT})")


def _add_validate(commands: _Commands) -> None:
    parser = commands.add_parser(
        "validate",
        usage="esb validate [OPTIONS]",
        add_help=False,
        help=HELPS["validate"],
        description="Makes all the checks of a build and writes nothing.",
        epilog="example: esb validate --report\nthen: esb build",
    )
    _add_template(parser)
    _add_stack(parser)
    result = parser.add_argument_group("the result")
    result.add_argument("--report", action="store_true", help="list each resource that is unsupported")
    _add_output(result)


def _add_build(commands: _Commands) -> None:
    parser = commands.add_parser(
        "build",
        usage="esb build [OPTIONS]",
        add_help=False,
        help=HELPS["build"],
        epilog="example: esb build -t shop.yaml --parameter-overrides Stage=prod Size=3\n"
        "then: docker compose up -d --wait, or esb-gateway local",
    )
    _add_template(parser)
    stack = _add_stack(parser)
    stack.add_argument("--switch-engine", action="store_true", help="let these replace a server that has data")
    result = parser.add_argument_group("the result")
    result.add_argument("--output", metavar="DIR", help=f"the folder to write ({DEFAULT_OUTPUT})")
    once = result.add_mutually_exclusive_group()
    once.add_argument("--check", action="store_true", help="write nothing; exit 1 if anything would change")
    once.add_argument("--watch", action="store_true", help="build again after each change, until Ctrl-C")
    _add_output(result)


def _add_names_of_templates(group: argparse._ActionsContainer, text: str) -> None:
    add = group.add_argument
    add("-t", "--template", dest="templates", metavar="FILE", action="append", default=[], help=text)
    overrides = "--parameter-overrides"
    add(overrides, metavar="K=V", nargs="+", action="extend", default=[], help="values of parameters")


def _add_template(parser: CommandParser) -> None:
    group = parser.add_argument_group("the template")
    _add_names_of_templates(group, "the template, or cdk.out; several are one stack")
    add = group.add_argument
    add("--config-file", metavar="FILE", help="samconfig (the one beside the template)")
    add("--config-env", metavar="NAME", default="default", help="the environment in samconfig (default)")
    add("--resolve-from", metavar="FILE", help="values of {{resolve:…}} (esb.secrets.yml)")
    add("--env-vars", metavar="FILE", help="values of functions' variables, as of sam local")
    size = f"most of a function's code, unzipped ({UNZIPPED_LIMIT // MB})"
    add("--max-code-size", metavar="MB", type=_megabytes, default=UNZIPPED_LIMIT // MB, help=size)


def _add_stack(parser: CommandParser) -> argparse._ArgumentGroup:
    group = parser.add_argument_group("the stack; what is not given, samconfig says")
    add = group.add_argument
    add("--stack-name", metavar="NAME", help="its name (the template's folder)")
    add("--region", metavar="NAME", help="of ARNs and functions (AWS_REGION, us-east-1)")
    add("--egress", metavar="NAME", choices=EGRESS, help=f"what functions reach outside: {_listed(EGRESS)}")
    of_functions = f"of functions, the stack's or each its own: {_listed(CREDENTIALS)}"
    add("--credentials", metavar="NAME", choices=CREDENTIALS, help=of_functions)
    for row in BACKENDS:
        if name := option(row.service):
            names = (*engines(row.service), EXTERNAL)
            add(name, metavar="NAME", choices=names, help=_listed(names))
    return group


def _add_output(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--strict", action="store_true", help="treat warnings as errors")
    group.add_argument("--json", action="store_true", help="print one JSON document")
    group.add_argument("-h", "--help", action="help", help="show this help message and exit")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _megabytes(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text} is not a number of megabytes from 1 to 1,000,000")
    return int(text)
