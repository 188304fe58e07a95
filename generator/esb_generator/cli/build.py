"""`esb build` and `esb validate`."""

from __future__ import annotations

import argparse
import gc
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from esb_generator import pipeline
from esb_generator.cli.console import Console
from esb_generator.cli.exit_codes import Exit
from esb_generator.cli.messages import failed, print_other_warnings, print_warnings
from esb_generator.errors import BuildError
from esb_generator.model import Application
from esb_generator.reporting import report
from esb_generator.reporting.excerpt import template_text
from esb_generator.settings.build_settings import resolve_settings
from esb_generator.settings.choices import DEFAULT_OUTPUT, MB
from esb_generator.settings.request import Request
from esb_generator.settings.templates import TEMPLATES
from esb_generator.watching import Watch
from esb_schemas.settings_files.site_settings import with_site_settings

WAITING: Final = "waiting for changes; Ctrl-C ends it"


def run(options: argparse.Namespace, here: Path, environ: Mapping[str, str], console: Console) -> int:
    """Build once, or with `--watch` after each change until Ctrl-C."""
    if not options.watch:
        return run_once(options, here, environ, console)
    if options.json:
        print("esb build: --watch prints text; leave --json out", file=console.err)
        return Exit.USAGE
    return _watch(_request(options, here, environ), console)


def run_once(options: argparse.Namespace, here: Path, environ: Mapping[str, str], console: Console) -> int:
    """Build, or validate, once."""
    request = _request(options, here, environ)
    try:
        with console.progress() as line:
            result = pipeline.run(request, on_step=line.step)
    except BuildError as error:
        return failed(error, console, _read_templates(request, console), as_json=options.json)
    return _finished(result, console, options)


def _finished(result: report.Report, console: Console, options: argparse.Namespace) -> int:
    if options.json:
        print(report.as_json(result), file=console.out)
    elif options.command == "validate" and options.report:
        print_other_warnings(result, console)
        print(report.unsupported_text(result), file=console.out)
    else:
        print_warnings(result, console)
        print(report.text(result), file=console.out)
    return Exit.WRONG if result.only_checked and result.changes else Exit.DONE


def _watch(request: Request, console: Console) -> int:
    """Build after each change, until Ctrl-C."""
    watch = Watch(request, time.sleep, time.perf_counter)

    def build() -> Application | None:
        try:
            with console.progress() as line:
                result = pipeline.run(request, watch.documents.add, on_step=line.step)
            print_warnings(result, console)
            print(report.text(result) if watch.application is None else report.changes_text(result), file=console.out)
            return result.application
        except BuildError as error:
            failed(error, console, _read_templates(request, console), as_json=False)
            return None
        finally:
            print(WAITING, file=console.out, flush=True)

    gc.enable()  # `program` has disabled it for commands that end soon
    with suppress(KeyboardInterrupt):
        watch.follow(build)
    return Exit.DONE


def _read_templates(request: Request, console: Console) -> report.ReadText:
    """Reads the templates of a request again, by their names in errors, for the lines that errors are about."""

    def read(file: str) -> str | None:
        named = {name: request.here / name for name in (request.templates or TEMPLATES)}
        with suppress(BuildError):
            settings = resolve_settings(request)
            named |= dict(zip(settings.shown, settings.templates, strict=True))
        return template_text(named.get(file, request.here / file), named=file in named)

    return read if console.excerpts else report.no_text


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
        web_adapter=environ.get("ESB_WEB_ADAPTER", ""),
        write="nothing" if options.command == "validate" else "check" if options.check else "all",
        strict=options.strict,
        max_code_size=options.max_code_size * MB,
        egress=options.egress,
        credentials=options.credentials,
        engines={service: name for service, name in (("dynamodb", options.database), ("s3", options.storage)) if name},
        switch_engine=getattr(options, "switch_engine", False),
    )
