"""The command `esb`: parses arguments, runs the pipeline, prints. Nothing else in this package prints or exits.

Exit codes: 0 success; 1 an error in the template or in a file that it names (with --strict also a warning, with --check
also a build that would change anything); 2 wrong usage.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple, TextIO, TypeVar

import esb_schemas
from esb_generator import pipeline, report, starter
from esb_generator.cdk.assembly import APP
from esb_generator.colours import RED, coloured, wanted
from esb_generator.credentials import CHOICES as CREDENTIALS
from esb_generator.egress import CHOICES
from esb_generator.errors import BuildError, TemplateError
from esb_generator.excerpt import template_text
from esb_generator.found_templates import found_templates
from esb_generator.graph.contents import graph_of
from esb_generator.graph.mermaid import mermaid
from esb_generator.graph.svg import svg
from esb_generator.model import Application
from esb_generator.output.source_files import MB, UNZIPPED_LIMIT
from esb_generator.sam import samconfig
from esb_generator.settings import DEFAULT_OUTPUT, TEMPLATES, Request, resolve_settings, template_options
from esb_generator.starter.sample import RUNTIMES, Language
from esb_generator.values import NOTHING
from esb_generator.watching import Watch
from esb_schemas.backends import BACKENDS
from esb_schemas.command_parser import CommandParser
from esb_schemas.completion import add_completion, completion
from esb_schemas.engines import EXTERNAL, engines, option
from esb_schemas.programs import finished
from esb_schemas.progress_line import ProgressLine
from esb_schemas.release import release
from esb_schemas.site_settings import with_site_settings

T = TypeVar("T", bound=str)

DONE, WRONG, USAGE = 0, 1, 2
_CONTRACT: Final[tuple[esb_schemas.Kind, ...]] = ("functions", "routing", "resources")
_BUNDLE_SECONDS = 3600.0  # for each command of docker: a build with all its packages may take long
WAITING = "waiting for changes; Ctrl-C ends it"
REMOVED = {
    "up": "docker compose up -d",
    "down": "docker compose down",
    "stop": "docker compose stop",
    "logs": "esb-gateway logs -f",
    "watch": "esb build --watch",
    "sync": "esb build, then docker compose up -d",
    "env": "esb build, which makes .esb/secrets.env",
}
# Commands of `sam` whose work another command does here.
OF_SAM = {
    "delete": "docker compose down -v, which deletes the data, too",
    "deploy": "docker compose up -d; on another machine, copy .esb/ there first",
    "generate-event": "esb-gateway event SERVICE EVENT",
    "invoke": "esb-gateway invoke NAME -e event.json",
    "list": "esb validate, which lists the routes",
    "local": "esb-gateway local",
    "package": "esb build; .esb/ is all that a machine needs",
    "remote": "esb-gateway invoke NAME --url URL",
    "start-api": "esb-gateway local",
    "start-lambda": "esb-gateway local, which answers routes and the Lambda API on one port",
    "traces": "docker compose logs -f; traces are not kept",
}
_SAMPLES = {name: sample.summary for name, sample in starter.SAMPLES.items()}
_LANGUAGES: Mapping[Language, str] = RUNTIMES
_ITS_TESTS: Final = "its tests: pip install pytest && python -m pytest -q"
GROUPS_OF_SAM = ("local", "remote")  # `sam local invoke` and so on


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


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line of this process; returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    ask = input if sys.stdin.isatty() and sys.stdout.isatty() else None
    console = Console(sys.stdout, sys.stderr, ask, wanted(sys.stderr, os.environ), environ=os.environ)
    return run(arguments, Path(), os.environ, console)


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
        parser().print_help(console.err)
        return USAGE
    try:
        options = parser().parse_args(arguments)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else USAGE
    try:
        return _command(options, here, environ, console)
    except OSError as error:  # such as no permission for a folder, or a name that is too long
        if error.filename is None:  # of the output
            raise
        shown = f"{error.filename}: {error.strerror}"
        return _failed(BuildError(shown), console, as_json=getattr(options, "json", False))


def _command(options: argparse.Namespace, here: Path, environ: Mapping[str, str], console: Console) -> int:
    if options.command == "completion":
        print(completion(parser(), options.shell), end="", file=console.out)
        return DONE
    if options.command == "graph":
        return _graph(here / options.folder, console, as_svg=options.svg)
    if options.command == "init":
        return _init(options, here, environ, console)
    if options.command == "bundle":
        return _bundle(options, here, environ, console)
    if options.command == "build" and options.watch:
        if options.json:
            print("esb build: --watch prints text; leave --json out", file=console.err)
            return USAGE
        return _watch(_request(options, here, environ), console)
    request = _request(options, here, environ)
    try:
        with console.progress() as line:
            result = pipeline.run(request, on_step=line.step)
    except BuildError as error:
        return _failed(error, console, _read_templates(request, console), as_json=options.json)
    return _finished(result, console, options)


def _bundle(options: argparse.Namespace, here: Path, environ: Mapping[str, str], console: Console) -> int:
    from esb_generator.bundle import bundle  # noqa: PLC0415 - tarfile takes 10 ms to import

    def run_command(command: Sequence[str], environment: Mapping[str, str]) -> tuple[int, str, str]:
        done = finished(command, _BUNDLE_SECONDS, environment=environment)
        return (124, "", f"no end after {_BUNDLE_SECONDS} s") if done is None else done

    try:
        with console.progress() as line:
            root, file = here / options.root, here / options.file
            architecture = bundle(root, file, options.platform, environ, run_command, on_step=line.step)
    except BuildError as error:
        return _failed(error, console, as_json=False)
    name = Path(options.file).name
    print(f"{options.file}: for {architecture}; it has the stack's credentials", file=console.out)
    print(f"next, at the site: tar -xf {name} && sh {name.partition('.')[0]}/load.sh DIR", file=console.out)
    return DONE


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
            with console.progress() as line:
                result = pipeline.run(request, watch.documents.add, on_step=line.step)
            _print_warnings(result, console)
            print(report.text(result) if watch.application is None else report.changes_text(result), file=console.out)
            return result.application
        except BuildError as error:
            _failed(error, console, _read_templates(request, console), as_json=False)
            return None
        finally:
            print(WAITING, file=console.out, flush=True)

    with suppress(KeyboardInterrupt):
        watch.follow(build)
    return DONE


def _print_warnings(result: report.Report, console: Console) -> None:
    for line in report.lines("warning", report.warnings(result), colour=console.colour):
        print(line, file=console.err)


def _failed(error: BuildError, console: Console, read: report.ReadText = report.no_text, *, as_json: bool) -> int:
    if as_json:
        print(report.error_as_json(error), file=console.out)
    elif isinstance(error, TemplateError):
        for line in report.lines("error", error.problems, read, colour=console.colour):
            print(line, file=console.err)
        count = len(error.problems)
        print(f"{count} error{'s' if count > 1 else ''}; nothing was written", file=console.err)
    else:
        print(f"{coloured('error:', RED) if console.colour else 'error:'} {error}", file=console.err)
    return WRONG


def _read_templates(request: Request, console: Console) -> report.ReadText:
    """Reads the templates of a request again, by their names in errors, for the lines that errors are about."""

    def read(file: str) -> str | None:
        named = {name: request.here / name for name in (request.templates or TEMPLATES)}
        with suppress(BuildError):
            settings = resolve_settings(request)
            named |= dict(zip(settings.shown, settings.templates, strict=True))
        return template_text(named.get(file, request.here / file), named=file in named)

    return read if console.excerpts else report.no_text


def _graph(folder: Path, console: Console, *, as_svg: bool) -> int:
    """Print what calls what, from the files below `config`."""
    try:
        documents = (esb_schemas.load(kind, folder / f"config/{kind}.yml") for kind in _CONTRACT)
        graph = graph_of(*documents)
    except esb_schemas.ContractError as error:
        return _failed(BuildError(f"{error}; esb build writes these files"), console, as_json=False)
    print(svg(graph) if as_svg else mermaid(graph), end="", file=console.out)
    return DONE


def _init(options: argparse.Namespace, here: Path, environ: Mapping[str, str], console: Console) -> int:
    folder = here / options.folder
    try:
        if options.templates or _has_application(folder):
            return _adopt(options, folder, environ, console)
        if names := found_templates(folder):
            raise BuildError(f"{folder} has an application; name it: esb init {template_options(names)}")
        sample = starter.SAMPLES[_chosen(options.app, _SAMPLES, "application", options, console)]
        language = _chosen(options.language, _LANGUAGES, "language", options, console)
        done = starter.create(folder, sample, language)
    except BuildError as error:
        return _failed(error, console, as_json=False)
    tries = [f"when it runs: {command}" for command in sample.tries]
    for line in (*(f"  {line}" for line in done), _ITS_TESTS, *tries, _next_step(options)):
        print(line, file=console.out)
    return DONE


def _has_application(folder: Path) -> bool:
    return any((folder / name).exists() for name in (*TEMPLATES, APP, *samconfig.FILE_NAMES))


def _adopt(options: argparse.Namespace, folder: Path, environ: Mapping[str, str], console: Console) -> int:
    """Say what of an application runs, and write what its folder lacks. Raises BuildError."""
    if options.app or options.language:
        raise BuildError(f"{folder} has an application; leave --app and --language out to use it")
    request = Request(
        here=folder,
        templates=tuple(options.templates),
        parameter_overrides=tuple(options.parameter_overrides),
        region_of_environment=environ.get("AWS_REGION"),
        write="nothing",
    )
    with console.progress() as progress:
        result = pipeline.run(request, on_step=progress.step)
    print(report.text(result), file=console.out)
    print(report.unsupported_lines_text(result), file=console.out)
    for line in starter.adopt(folder, result.application.stack_name):
        print(f"  {line}", file=console.out)
    print(_next_step(options), file=console.out)
    return DONE


def _chosen(given: T | None, choices: Mapping[T, str], what: str, options: argparse.Namespace, console: Console) -> T:
    """What the command line says, else what the person chooses, else the first."""
    names = list(choices)
    if given is not None:
        return given
    if console.ask is None or options.no_input:
        return names[0]
    for number, name in enumerate(names, 1):
        print(f"  {number}  {name}: {choices[name]}", file=console.out)
    while True:
        answer = console.ask(f"{what} [1]: ").strip() or "1"
        if answer in names:
            return names[names.index(answer)]
        if answer.isascii() and answer.isdigit() and 1 <= int(answer) <= len(names):
            return names[int(answer) - 1]
        print(f"{answer}: choose a number from 1 to {len(names)}, or a name", file=console.out)


def _next_step(options: argparse.Namespace) -> str:
    """The build of the folder, with the templates and the parameters that `esb init` was given."""
    words = ["esb build", *([template_options(options.templates)] if options.templates else [])]
    if options.parameter_overrides:
        words += ["--parameter-overrides", shlex.join(options.parameter_overrides)]
    there = "" if Path(options.folder) == Path() else f"cd {shlex.quote(options.folder)} && "
    return f"next: {there}{' '.join(words)}"


def _request(options: argparse.Namespace, here: Path, environ: Mapping[str, str]) -> Request:
    output = getattr(options, "output", None)
    environ = with_site_settings(here / (output or DEFAULT_OUTPUT), environ)
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
        env_vars=options.env_vars,
        region_of_environment=environ.get("AWS_REGION"),
        function_memory=environ.get("ESB_FUNCTION_MEMORY", ""),
        write="nothing" if options.command == "validate" else "check" if options.check else "all",
        strict=options.strict,
        max_code_size=options.max_code_size * MB,
        egress=options.egress,
        credentials=options.credentials,
        engines={service: name for service, name in (("dynamodb", options.database), ("s3", options.storage)) if name},
        switch_engine=getattr(options, "switch_engine", False),
    )


def parser() -> CommandParser:
    result = CommandParser(
        prog="esb",
        usage="esb COMMAND [OPTIONS]",
        description="Turns an AWS SAM application into a Docker Compose stack.",
        epilog="`esb COMMAND --help` has the options. What is built runs with docker compose, or esb-gateway local. "
        "Exit codes: 0 success, 1 error in the application, 2 wrong usage.",
    )
    result.add_argument("--version", action="version", version=f"%(prog)s {release().version}")
    commands = result.add_subparsers(dest="command", required=True, metavar="COMMAND", title="commands", prog="esb")
    _add_init(
        commands.add_parser(
            "init",
            usage="esb init [DIR] [OPTIONS]",
            help="start with a small application, or with your own",
            description="Creates a small application. If DIR has an application of SAM or the CDK, says what of it "
            "runs, and writes compose.yaml and a line of .gitignore; files that exist are not changed otherwise.",
            epilog="example: esb init shop --app queue --language node\nthen: esb build",
        )
    )
    _add_validate(
        commands.add_parser(
            "validate",
            usage="esb validate [OPTIONS]",
            add_help=False,
            help="check the template without writing anything",
            description="Makes all the checks of a build and writes nothing.",
            epilog="example: esb validate --report\nthen: esb build",
        )
    )
    _add_build(
        commands.add_parser(
            "build",
            usage="esb build [OPTIONS]",
            add_help=False,
            help="generate .esb/ from the template",
            epilog="example: esb build -t shop.yaml --parameter-overrides Stage=prod Size=3\n"
            "then: docker compose up -d --wait, or esb-gateway local",
        )
    )
    graph = commands.add_parser(
        "graph",
        usage="esb graph [DIR] [--svg]",
        help="print what calls what, as Mermaid or SVG",
        description="Prints routes, functions and resources of what was built, and what calls what.",
        epilog="Mermaid is shown by GitHub and GitLab in a block of Markdown; SVG by every browser.\n"
        "example: esb graph --svg > graph.svg",
    )
    where = f"the output of esb build ({DEFAULT_OUTPUT})"
    graph.add_argument("folder", metavar="DIR", nargs="?", default=DEFAULT_OUTPUT, help=where)
    graph.add_argument("--svg", action="store_true", help="print SVG in place of Mermaid")
    _add_bundle(
        commands.add_parser(
            "bundle",
            usage="esb bundle FILE [OPTIONS]",
            help="put the built stack and its images into one file",
            description="Builds and pulls what is missing, and writes FILE for a site without a network: images, .esb/ "
            "with its credentials, checksums, and load.sh, which needs Docker alone.",
            epilog="example: esb bundle shop.tar --platform linux/arm64",
        )
    )
    add_completion(commands, "esb")
    return result


def _add_init(parser: CommandParser) -> None:
    parser.add_argument("folder", metavar="DIR", nargs="?", default=".", help="its folder (default: the current one)")
    add = parser.add_argument
    add("--app", metavar="NAME", choices=tuple(_SAMPLES), help=f"{_listed(_SAMPLES)} (default: asks, else api)")
    languages = f"{_listed(_LANGUAGES)} (default: asks, else python)"
    add("--language", metavar="NAME", choices=tuple(_LANGUAGES), help=languages)
    add("--no-input", action="store_true", help="ask nothing")
    _add_names_of_templates(parser, "its template, in DIR; several are one stack")


def _add_bundle(parser: CommandParser) -> None:
    add = parser.add_argument
    add("file", metavar="FILE", help="the tar file to write, such as shop.tar")
    add("--platform", metavar="OS/ARCH", help="of the site, such as linux/arm64 (default: this engine's)")
    add("--root", metavar="DIR", default=DEFAULT_OUTPUT, help=f"the folder (default: {DEFAULT_OUTPUT})")


def _add_validate(parser: CommandParser) -> None:
    _add_template(parser)
    _add_stack(parser)
    result = parser.add_argument_group("the result")
    result.add_argument("--report", action="store_true", help="list each resource that is unsupported")
    _add_output(result)


def _add_build(parser: CommandParser) -> None:
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
    add("--egress", metavar="NAME", choices=CHOICES, help=f"what functions reach outside: {_listed(CHOICES)}")
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
