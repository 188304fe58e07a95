"""The command `esb`: parses arguments, runs the pipeline, prints. Nothing else in this package prints or exits.

Exit codes: 0 success; 1 an error in the template or in a file that it names (with --strict also a warning, with --check
also a build that would change anything); 2 wrong usage.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, TextIO

from esb_generator import pipeline, report, starter
from esb_generator.egress import CHOICES
from esb_generator.errors import BuildError, TemplateError
from esb_generator.model import Application
from esb_generator.output.source_files import MB, UNZIPPED_LIMIT
from esb_generator.settings import DEFAULT_OUTPUT, Request
from esb_generator.watching import Watch
from esb_schemas.backends import BACKENDS
from esb_schemas.engines import EXTERNAL, engines, option
from esb_schemas.release import release

DONE, WRONG, USAGE = 0, 1, 2
WAITING = "waiting for changes; Ctrl-C ends it"
REMOVED = {
    "up": "docker compose up -d",
    "down": "docker compose down",
    "stop": "docker compose stop",
    "logs": "docker compose logs -f",
    "watch": "esb build --watch",
    "sync": "esb build, then docker compose up -d",
    "env": "esb build, which makes .esb/secrets.env",
}
# Commands of `sam` whose work another command does here.
OF_SAM = {
    "delete": "docker compose down -v, which deletes the data, too",
    "deploy": "docker compose up -d; on another machine, copy .esb/ there first",
    "invoke": "esb-gateway invoke NAME -e event.json",
    "list": "esb validate, which lists the routes",
    "local": "esb-gateway local",
    "package": "esb build; .esb/ is all that a machine needs",
    "remote": "esb-gateway invoke NAME --url URL",
    "start-api": "esb-gateway local",
    "start-lambda": "esb-gateway local, which answers routes and the Lambda API on one port",
    "traces": "docker compose logs -f; traces are not kept",
}
GROUPS_OF_SAM = ("local", "remote")  # `sam local invoke` and so on


class Console(NamedTuple):
    """The streams of a command: results go to `out`, everything else to `err`."""

    out: TextIO
    err: TextIO


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line of this process; returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    return run(arguments, Path(), os.environ, Console(sys.stdout, sys.stderr))


def run(arguments: Sequence[str], here: Path, environ: Mapping[str, str], console: Console) -> int:
    """Run a command line in the folder `here`; returns the exit code."""
    if arguments and arguments[0] in REMOVED:
        print(f"esb {arguments[0]} does not exist any more; use: {REMOVED[arguments[0]]}", file=console.err)
        return USAGE
    if arguments and arguments[0] in OF_SAM:
        name = _name_in_sam(arguments)
        print(f"esb {name} does not exist; use: {OF_SAM[name.split()[-1]]}", file=console.err)
        return USAGE
    if not arguments:
        _parser().print_help(console.err)
        return USAGE
    try:
        options = _parser().parse_args(arguments)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else USAGE
    if options.command == "init":
        return _init(here / options.folder, console)
    if options.command == "build" and options.watch:
        if options.json:
            print("esb build: --watch prints text; leave --json out", file=console.err)
            return USAGE
        return _watch(_request(options, here, environ), console)
    try:
        result = pipeline.run(_request(options, here, environ))
    except BuildError as error:
        return _failed(error, console, as_json=options.json)
    return _finished(result, console, options)


def _name_in_sam(arguments: Sequence[str]) -> str:
    """The command that `sam` has, such as `local invoke`."""
    group, *rest = arguments
    return f"{group} {rest[0]}" if group in GROUPS_OF_SAM and rest and rest[0] in OF_SAM else group


def _finished(result: report.Report, console: Console, options: argparse.Namespace) -> int:
    if options.json:
        print(report.as_json(result), file=console.out)
    elif options.command == "validate" and options.report:
        print(report.unsupported_text(result), file=console.out)
    else:
        _print_warnings(result, console)
        print(report.text(result), file=console.out)
    return WRONG if result.only_checked and result.changes else DONE


def _watch(request: Request, console: Console) -> int:
    """Build after each change, until Ctrl-C."""
    watch = Watch(request, time.sleep, time.perf_counter)

    def build() -> Application | None:
        try:
            result = pipeline.run(request, watch.documents.add)
            _print_warnings(result, console)
            print(report.text(result) if watch.application is None else report.changes_text(result), file=console.out)
            return result.application
        except BuildError as error:
            _failed(error, console, as_json=False)
            return None
        finally:
            print(WAITING, file=console.out, flush=True)

    with suppress(KeyboardInterrupt):
        watch.follow(build)
    return DONE


def _print_warnings(result: report.Report, console: Console) -> None:
    for line in report.lines("warning", report.warnings(result)):
        print(line, file=console.err)


def _failed(error: BuildError, console: Console, *, as_json: bool) -> int:
    if as_json:
        print(report.error_as_json(error), file=console.out)
    elif isinstance(error, TemplateError):
        for line in report.lines("error", error.problems):
            print(line, file=console.err)
        count = len(error.problems)
        print(f"{count} error{'s' if count > 1 else ''}; nothing was written", file=console.err)
    else:
        print(f"error: {error}", file=console.err)
    return WRONG


def _init(folder: Path, console: Console) -> int:
    try:
        for path in starter.create(folder):
            print(f"  + {path}", file=console.out)
    except BuildError as error:
        return _failed(error, console, as_json=False)
    print("next: esb build, then docker compose up -d", file=console.out)
    return DONE


def _request(options: argparse.Namespace, here: Path, environ: Mapping[str, str]) -> Request:
    output = getattr(options, "output", None)
    return Request(
        here=here,
        templates=tuple(options.templates),
        parameter_overrides=tuple(options.parameter_overrides),
        output=Path(output or DEFAULT_OUTPUT),
        output_may_be_link=output is not None,
        region=options.region,
        stack_name=options.stack_name,
        config_file=options.config_file,
        config_env=options.config_env,
        values_file=options.resolve_from,
        region_of_environment=environ.get("AWS_REGION"),
        function_memory=environ.get("ESB_FUNCTION_MEMORY", ""),
        write="nothing" if options.command == "validate" else "check" if options.check else "all",
        strict=options.strict,
        max_code_size=options.max_code_size * MB,
        egress=options.egress,
        engines={service: name for service, name in (("dynamodb", options.database), ("s3", options.storage)) if name},
        switch_engine=getattr(options, "switch_engine", False),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="esb",
        description="Turns an AWS SAM application into a Docker Compose stack.",
        epilog="exit codes: 0 success, 1 error in the application, 2 wrong usage",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {release().version}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    build = commands.add_parser("build", help="generate .esb/ from the template", description="Generates .esb/.")
    _add_reading(build)
    build.add_argument("--output", metavar="DIR", help=f"the folder to write (default: {DEFAULT_OUTPUT})")
    build.add_argument(
        "--switch-engine", action="store_true", help="let --database or --storage replace a server that has data"
    )
    once = build.add_mutually_exclusive_group()
    once.add_argument("--check", action="store_true", help="write nothing; exit 1 if a build would change anything")
    once.add_argument("--watch", action="store_true", help="build again after each change, until Ctrl-C")

    validate = commands.add_parser(
        "validate",
        help="check the template without writing anything",
        description="Makes all the checks of a build and writes nothing.",
    )
    _add_reading(validate)
    validate.add_argument("--report", action="store_true", help="list each resource that is unsupported")

    init = commands.add_parser(
        "init", help="create a small sample application", description="Creates a small sample application."
    )
    init.add_argument("folder", metavar="DIR", nargs="?", default=".", help="its folder (default: the current one)")
    return parser


def _add_reading(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "-t",
        "--template",
        dest="templates",
        metavar="TEMPLATE",
        action="append",
        default=[],
        help="the template, or cdk.out; several are one stack (default: samconfig's, template.yaml, cdk.out)",
    )
    add(
        "--parameter-overrides",
        metavar="K=V",
        nargs="+",
        action="extend",
        default=[],
        help="values of the template's parameters",
    )
    add("--region", help="the region of ARNs and functions (default: samconfig's, else AWS_REGION, else us-east-1)")
    add("--stack-name", metavar="NAME", help="the stack's name (default: samconfig's, else the template's folder)")
    add("--config-file", metavar="FILE", help="the samconfig file (default: the one beside the template)")
    add("--config-env", metavar="NAME", default="default", help="the environment in samconfig (default: default)")
    add("--resolve-from", metavar="FILE", help="local values of {{resolve:…}} (default: esb.secrets.yml)")
    for row in BACKENDS:
        if name := option(row.service):
            names = tuple(engines(row.service))
            default = f"default: the stack's, else {names[0]}"
            text = f"the {row.label} server; {EXTERNAL} is one of your own, at {row.url_variable} ({default})"
            add(name, choices=(*names, EXTERNAL), help=text)
    add(
        "--egress",
        choices=CHOICES,
        help="what functions reach outside the stack: all, as on AWS, or nothing (default: samconfig's, else open)",
    )
    add(
        "--max-code-size",
        metavar="MB",
        type=_megabytes,
        default=UNZIPPED_LIMIT // MB,
        help=f"the most that a function's code and layers may have, unzipped (default: {UNZIPPED_LIMIT // MB})",
    )
    add("--strict", action="store_true", help="treat warnings as errors")
    add("--json", action="store_true", help="print one JSON document")


def _megabytes(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text} is not a number of megabytes from 1 to 1,000,000")
    return int(text)
