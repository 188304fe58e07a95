"""`esb init`: a new application, or an existing one whose folder gets what it lacks."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypeVar

from esb_generator import pipeline
from esb_generator.cdk.assembly import APP
from esb_generator.cli.console import Console
from esb_generator.cli.exit_codes import Exit
from esb_generator.cli.messages import failed, print_other_warnings
from esb_generator.errors import BuildError
from esb_generator.reporting import report
from esb_generator.settings import samconfig
from esb_generator.settings.found_templates import found_templates
from esb_generator.settings.request import Request
from esb_generator.settings.templates import TEMPLATES, template_options
from esb_generator.starter.files import complete_project, create
from esb_generator.starter.sample import RUNTIMES, SUMMARIES
from esb_generator.starter.table import SAMPLES

T = TypeVar("T", bound=str)

_ITS_TESTS: Final = "its tests: pip install pytest && python -m pytest -q"


def run(options: argparse.Namespace, here: Path, environ: Mapping[str, str], console: Console) -> int:
    folder = here / options.folder
    try:
        if options.templates or _has_application(folder):
            return _init_existing(options, folder, environ, console)
        if names := found_templates(folder):
            raise BuildError(f"{folder} has an application; name it: esb init {template_options(names)}")
        sample = SAMPLES[_chosen(options.app, SUMMARIES, "application", options, console)]
        language = _chosen(options.language, RUNTIMES, "language", options, console)
        done = create(folder, sample, language)
    except BuildError as error:
        return failed(error, console, as_json=False)
    tries = [f"when it runs: {command}" for command in sample.tries]
    for line in (*(f"  {line}" for line in done), _ITS_TESTS, *tries, _next_step(options)):
        print(line, file=console.out)
    return Exit.DONE


def _has_application(folder: Path) -> bool:
    return any((folder / name).exists() for name in (*TEMPLATES, APP, *samconfig.FILE_NAMES))


def _init_existing(options: argparse.Namespace, folder: Path, environ: Mapping[str, str], console: Console) -> int:
    """Report what of an application runs, and write the missing files. Raises BuildError."""
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
    print_other_warnings(result, console)
    print(report.text(result), file=console.out)
    print(report.unsupported_lines_text(result), file=console.out)
    for line in complete_project(folder, result.application.stack_name):
        print(f"  {line}", file=console.out)
    print(_next_step(options), file=console.out)
    return Exit.DONE


def _chosen(given: T | None, choices: Mapping[T, str], what: str, options: argparse.Namespace, console: Console) -> T:
    """The choice of the command line, else the user's answer, else the first. Raises BuildError without an answer."""
    names = list(choices)
    if given is not None:
        return given
    if console.ask is None or options.no_input:
        return names[0]
    for number, name in enumerate(names, 1):
        print(f"  {number}  {name}: {choices[name]}", file=console.out)
    while True:
        try:
            answer = console.ask(f"{what} [1]: ").strip() or "1"
        except EOFError:
            raise BuildError("no answer; give --app and --language, or --no-input") from None
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
