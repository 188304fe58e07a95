"""The command esb-provision: the only module of this package that reads the process's environment and exits."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Final, TextIO

from esb_provisioner import __version__, desired, settings
from esb_provisioner.desired import Desired, backends_of
from esb_provisioner.errors import ServerError
from esb_provisioner.printer import Printer
from esb_provisioner.provisioning import DEFAULT_WAIT, carry_out, connected, preview
from esb_provisioner.report import Exit
from esb_provisioner.services import RESOURCE_TYPES
from esb_provisioner.settings import UsageError
from esb_provisioner.waiting import Clock, Unauthorized, Unreachable, WallClock
from esb_schemas import ContractError

DEFAULT_FILE: Final = Path("/app/config/resources.yml")
EPILOG: Final = """\
environment:
  DYNAMODB_ENDPOINT, S3_ENDPOINT            URLs of the servers, such as http://database:8000
  AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY  the credentials for the servers
  AWS_REGION                                us-east-1 if not set

exit codes:
  0  everything is as the file says
  1  the file cannot be read or is invalid
  2  wrong usage, or a variable of the environment is missing
  3  drift: a resource differs from the file, and changing it would lose data; it was not changed
  4  a server did not answer in time; nothing was changed
  5  something failed; the rest was done
  130, 143  stopped by SIGINT or SIGTERM; run again to go on
"""
ERRORS: Final[Mapping[type[Exception], Exit]] = {
    ContractError: Exit.BAD_FILE,
    UsageError: Exit.USAGE,
    Unreachable: Exit.UNREACHABLE,
    Unauthorized: Exit.FAILED,
    ServerError: Exit.FAILED,
}


def main(argv: Sequence[str] | None = None) -> int:
    """The console script: `run` with the process's own arguments, environment and signals."""
    try:
        with stoppable():
            return run(sys.argv[1:] if argv is None else argv, os.environ, sys.stdout, sys.stderr)
    except Interrupted as stop:
        print(f"esb-provision: stopped by {stop.name}; run again to go on", file=sys.stderr)
        return stop.exit_code
    except BrokenPipeError:  # the reader has gone; Python would report that again when it closes stdout
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.FAILED


def run(argv: Sequence[str], environ: Mapping[str, str], out: TextIO, err: TextIO, clock: Clock | None = None) -> int:
    """The command as a function; returns the exit code."""
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            options = Options(**vars(parser().parse_args(argv)))
    except SystemExit as end:
        return int(end.code or 0)
    printer = Printer(options.file, out, err, plan=options.plan, as_json=options.json)
    try:
        return perform(options, environ, clock or WallClock(), printer)
    except tuple(ERRORS) as error:
        return printer.error(str(error), ERRORS[type(error)])


@dataclass(frozen=True)
class Options:
    file: Path
    plan: bool
    json: bool
    wait: float
    allow_aws: bool


def parser() -> argparse.ArgumentParser:
    result = argparse.ArgumentParser(
        prog="esb-provision",
        description="Create the tables and buckets of resources.yml; a second run changes nothing.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    result.add_argument("file", metavar="FILE", nargs="?", type=Path, default=DEFAULT_FILE, help=f"({DEFAULT_FILE})")
    result.add_argument("--plan", action="store_true", help="print what would be done, and change nothing")
    result.add_argument("--json", action="store_true", help="one JSON document on stdout, progress on stderr")
    wait_help = "how long to wait for the servers (120)"
    result.add_argument("--wait", metavar="SECONDS", type=seconds, default=DEFAULT_WAIT, help=wait_help)
    result.add_argument("--allow-aws", action="store_true", help="use real AWS if no endpoint is set")
    result.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    return result


def seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds such as 120")
    return value


def perform(options: Options, environ: Mapping[str, str], clock: Clock, printer: Printer) -> int:
    """Load, connect, then plan or apply."""
    start = clock.now()
    wanted = desired.load(options.file, settings.region(environ))
    where = settings.read(environ, backends_of(wanted), allow_aws=options.allow_aws)
    printer.log(f"{options.file} asks for {amount(wanted)}")
    with connected(wanted, where, options.wait, clock, printer.progress) as (api, pool):
        if options.plan:
            return printer.plan(preview(wanted, api, pool))
        report = carry_out(wanted, api, pool, clock, printer.progress)
    return printer.report(report, clock.now() - start)


def amount(wanted: Desired) -> str:
    """`1 table and 2 buckets`"""
    counts = {each.kind: sum(key.kind == each.kind for key in wanted) for each in RESOURCE_TYPES}
    return " and ".join(f"{count} {kind}{'' if count == 1 else 's'}" for kind, count in counts.items())


class Interrupted(BaseException):
    """SIGINT or SIGTERM was received."""

    def __init__(self, number: int) -> None:
        self.name = signal.Signals(number).name
        self.exit_code = 128 + number
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
