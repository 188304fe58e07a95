"""The command esb-provision: the only module of this package that reads the process's environment and exits."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path
from types import FrameType
from typing import Final, TextIO

from esb_provisioner import desired
from esb_provisioner.desired import Desired, backends_of, types_of
from esb_provisioner.explain import explain
from esb_provisioner.gateway_wait import VARIABLE as GATEWAY_VARIABLE
from esb_provisioner.gateway_wait import ready_page, wait_for_gateway
from esb_provisioner.observed import Listed, names, snapshot
from esb_provisioner.options import Options, parser
from esb_provisioner.output import Output
from esb_provisioner.plan import Resets, plan
from esb_provisioner.printer import Printer
from esb_provisioner.provisioning import carry_out, connected
from esb_provisioner.report import Exit, State
from esb_provisioner.resources.self_test import SelfTestContext, SelfTestError
from esb_provisioner.run_record import RunRecord
from esb_provisioner.servers import settings
from esb_provisioner.servers.errors import ServerError
from esb_provisioner.servers.settings import UsageError
from esb_provisioner.servers.waiting import Clock, Unauthorized, Unreachable, WallClock
from esb_provisioner.services import RESOURCE_TYPES
from esb_provisioner.steps import Api
from esb_provisioner.transfer.errors import FolderError
from esb_provisioner.transfer.options import COMMANDS, TransferOptions
from esb_provisioner.transfer.options import parse as parse_transfer
from esb_provisioner.transfer.options import parser as transfer_parser
from esb_provisioner.unmanaged import NOTHING_ELSE, Unmanaged, unmanaged
from esb_schemas.agreements.provisioned import COMMAND_VARIABLE
from esb_schemas.command_line.completion import completion, completion_parser
from esb_schemas.command_line.progress_line import ProgressLine
from esb_schemas.errors import ContractError

SEEDS_VARIABLE: Final = "ESB_SEEDS"
ERRORS: Final[Mapping[type[Exception], Exit]] = {
    ContractError: Exit.BAD_FILE,
    UsageError: Exit.USAGE,
    Unreachable: Exit.UNREACHABLE,
    Unauthorized: Exit.FAILED,
    ServerError: Exit.FAILED,
    FolderError: Exit.BAD_FILE,
    SelfTestError: Exit.FAILED,
}


def main(argv: Sequence[str] | None = None) -> int:
    """The console script: `run` with the process's own arguments, environment and signals."""
    try:
        with stoppable():
            return run(sys.argv[1:] if argv is None else argv, os.environ, sys.stdout, sys.stderr)
    except Interrupted as stop:
        print(f"esb-provision: stopped by {stop.name}; run again to go on", file=sys.stderr)
        return stop.exit_code
    except BrokenPipeError:  # the reader has closed; Python would report that again when it closes stdout
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.FAILED


def run(argv: Sequence[str], environ: Mapping[str, str], out: TextIO, err: TextIO, clock: Clock | None = None) -> int:
    """The command as a function; returns the exit code. For a file that is named like a command, pass `./export`."""
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            if argv and argv[0] == "completion":
                print(completion_script(argv[1:]), end="")
                return Exit.DONE
            options = parse(argv)
    except SystemExit as end:
        return int(end.code or 0)
    clock = clock or WallClock()
    with ProgressLine(err, environ) as line:
        if isinstance(options, Options):
            printer = Printer(options, out, err, line)
            return reporting(printer, lambda: perform(options, environ, clock, printer))
        from esb_provisioner.transfer import command  # noqa: PLC0415 - with boto3, a tenth of the imports of a run

        lines = command.TransferPrinter(options, out, err, line)
        return reporting(lines, lambda: command.run(options, environ, clock, lines))


def reporting(output: Output, action: Callable[[], int]) -> int:
    """The exit code of the action. An error is printed and gives its own exit code."""
    try:
        return action()
    except tuple(ERRORS) as error:
        return output.error(str(error), ERRORS[type(error)])


def parse(argv: Sequence[str]) -> Options | TransferOptions:
    """Exits with 2 if the arguments are invalid."""
    if argv and argv[0] in COMMANDS:
        return parse_transfer(list(argv))
    return Options(**vars(parser().parse_args(argv)))


def completion_script(argv: Sequence[str]) -> str:
    """The script of `esb-provision completion SHELL`. Exits with 2 if the arguments are invalid."""
    own = completion_parser("esb-provision")
    others = {**{name: transfer_parser(name) for name in COMMANDS}, "completion": own}
    return completion(parser(), own.parse_args(argv).shell, others)


def perform(options: Options, environ: Mapping[str, str], clock: Clock, printer: Printer) -> int:
    """Load, connect, then plan or apply; writes the record of the run for the gateway."""
    start = clock.now()
    record = RunRecord.of(environ, options.file.parent)
    try:
        seeds = environ.get(SEEDS_VARIABLE) != "off"
        wanted = desired.load(options.file, settings.region(environ), seeds=seeds, variables=environ)
        every = [each.backend for each in RESOURCE_TYPES]
        where = settings.read(environ, backends_of(wanted), allow_aws=options.allow_aws, optional=every)
        resets = Resets(options.resets, environ.get(COMMAND_VARIABLE) or f"esb-provision {options.file}")
        check_resets(resets, wanted, options.file)
        printer.log(f"{options.file} asks for {amount(wanted)}")
        with connected(wanted, where, options.wait, clock, printer.progress) as (api, pool):
            listed = names(api, types_of(wanted), pool)
            if options.changes_nothing:
                observed = snapshot(api, wanted, pool, listed)
                others = _others(options, wanted, listed, where, pool)
                explained = explain(wanted, observed) if options.explain else None
                return printer.plan(plan(wanted, observed, resets), others, explained)
            report = carry_out(wanted, api, pool, clock, printer.progress, resets=resets, listed=listed)
            if not report.count(State.FAILED):
                run_self_tests(wanted, api, SelfTestContext(environ, where, clock))
            others = _others(options, wanted, listed, where, pool)
    except tuple(ERRORS) as error:
        if not options.changes_nothing:
            record.failed(str(error), printer.log)
        raise
    is_first = record.write(report, printer.log)
    code = printer.report(report, others, clock.now() - start)
    gateway = environ.get(GATEWAY_VARIABLE)
    if gateway and record.configuration and not is_first and not report.count(State.FAILED):
        wait_for_gateway(ready_page(gateway), record.configuration, clock, printer.log)
    return code


def _others(options: Options, wanted: Desired, listed: Listed, where: settings.Settings, pool: Executor) -> Unmanaged:
    return NOTHING_ELSE if options.new_servers else unmanaged(wanted, listed, where, pool)


def run_self_tests(wanted: Desired, api: Api, context: SelfTestContext) -> None:
    """Raises SelfTestError and ServerError."""
    for each in types_of(wanted):
        each.self_test([found.definition for found in wanted.values() if found.type is each], api, context)


def check_resets(resets: Resets, wanted: Desired, file: Path) -> None:
    """Raise UsageError for a name that the file does not have."""
    tables = sorted(key.name for key in wanted if key.kind == "table")
    for option, name in sorted(resets.requested):
        if name not in tables:
            known = f"its tables are {', '.join(tables)}" if tables else "it has no tables"
            raise UsageError(f"{option} {name}: {file} has no table of this name; {known}")


def amount(wanted: Desired) -> str:
    """`1 table, 2 buckets and 1 queue`; kinds without resources are left out."""
    counts = {each: sum(key.kind == each.kind for key in wanted) for each in RESOURCE_TYPES}
    found = [f"{count} {each.kind if count == 1 else each.plural}" for each, count in counts.items() if count]
    *first, last = found or ["nothing"]
    return f"{', '.join(first)} and {last}" if first else last


class Interrupted(BaseException):
    """SIGINT or SIGTERM was received."""

    def __init__(self, number: int) -> None:
        self.name = signal.Signals(number).name
        self.exit_code = Exit.INTERRUPTED if number == signal.SIGINT else Exit.TERMINATED
        super().__init__(self.name)


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """Raise Interrupted on SIGINT and SIGTERM; as process 1 of a container, Python would not end on SIGTERM."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, _frame: FrameType | None) -> None:
        raise Interrupted(number)

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
