"""The command esb-provision: the only module of this package that reads the process's environment, prints and exits."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Final, TextIO

from esb_provisioner import __version__, desired, settings
from esb_provisioner.answers import ServerError
from esb_provisioner.apply import Ending, Outcome
from esb_provisioner.desired import Desired
from esb_provisioner.embedding import DEFAULT_WAIT
from esb_provisioner.provisioning import Progress, carry_out, connect, preview, threads, wait_for_all
from esb_provisioner.report import Exit, Report, State
from esb_provisioner.settings import UsageError
from esb_provisioner.steps import Operation, Plan
from esb_provisioner.waiting import Clock, Unauthorized, Unreachable, WallClock
from esb_schemas import ContractError

DEFAULT_FILE: Final = Path("/app/config/resources.yml")
EPILOG: Final = """\
environment:
  DYNAMODB_ENDPOINT, S3_ENDPOINT            where the servers are, such as http://database:8000
  AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY  who asks
  AWS_REGION                                us-east-1 if not set

exit codes:
  0  everything is as the file says
  1  the file cannot be read, or something in it is wrong
  2  wrong usage, or the environment lacks something
  3  drift: something is there but different, and changing it would lose data; it was left alone
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
    except BrokenPipeError:  # nobody reads on; Python would complain once more when it closes stdout
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.FAILED


def run(argv: Sequence[str], environ: Mapping[str, str], out: TextIO, err: TextIO, clock: Clock | None = None) -> int:
    """The command as a function; gives the exit code."""
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            options = Options(**vars(parser().parse_args(argv)))
    except SystemExit as end:
        return int(end.code or 0)
    printer = Printer(options, out, err)
    try:
        return perform(options, environ, clock or WallClock(), printer)
    except tuple(ERRORS) as error:
        return printer.error(str(error), ERRORS[type(error)])


@dataclass(frozen=True)
class Options:
    """The parsed command line."""

    file: Path
    plan: bool
    json: bool
    wait: float
    allow_aws: bool


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(
        prog="esb-provision",
        description="Make the tables and buckets that resources.yml asks for, and nothing twice.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    result.add_argument("file", metavar="FILE", nargs="?", type=Path, default=DEFAULT_FILE, help=f"({DEFAULT_FILE})")
    result.add_argument("--plan", action="store_true", help="only print what there is to do")
    result.add_argument("--json", action="store_true", help="one JSON document on stdout, progress on stderr")
    result.add_argument(
        "--wait", metavar="SECONDS", type=seconds, default=DEFAULT_WAIT, help="how long to wait for the servers (120)"
    )
    result.add_argument("--allow-aws", action="store_true", help="without an endpoint, talk to real AWS")
    result.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    return result


def seconds(text: str) -> float:
    """A number of seconds, not negative."""
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
    where = settings.read(environ, wanted.services, allow_aws=options.allow_aws)
    printer.say(f"{options.file} asks for {amount(wanted)}")
    with threads(clock) as pool:
        servers, probes = connect(where, wanted)
        wait_for_all(probes, options.wait, pool, clock, printer.progress)
        if options.plan:
            return printer.plan(preview(wanted, servers, pool))
        report = carry_out(wanted, servers, pool, clock, printer.progress)
    return printer.report(report, clock.now() - start)


def amount(wanted: Desired) -> str:
    """How much the file asks for, in words."""
    tables, buckets = len(wanted.tables), len(wanted.buckets)
    return f"{tables} table{'' if tables == 1 else 's'} and {buckets} bucket{'' if buckets == 1 else 's'}"


class Printer:
    """Says things: results on stdout, errors on stderr; with --json one document on stdout, all else on stderr."""

    def __init__(self, options: Options, out: TextIO, err: TextIO) -> None:
        self._options = options
        self._out = out
        self._err = err
        self._talk = err if options.json or options.plan else out
        self._lock = threading.Lock()
        self._steps: list[Outcome] = []

    @property
    def progress(self) -> Progress:
        """What the run tells."""
        return Progress(self.say, self.step)

    def say(self, line: str) -> None:
        """A line about what happens."""
        self._write(self._talk, line)

    def step(self, outcome: Outcome) -> None:
        """A step has ended; waits are only worth a line when they fail."""
        self._steps.append(outcome)
        if isinstance(outcome.step, Operation) or outcome.ending is not Ending.DONE:
            reason = f": {outcome.detail}" if outcome.detail else ""
            self.say(f"  {WORDS[outcome.ending]:<11} {outcome.step}{reason}")

    def plan(self, plan: Plan) -> int:
        """The plan and its exit code."""
        broken = any(each.unreadable for each in plan.resources)
        drifted = any(each.drifts for each in plan.resources)
        code = Exit.FAILED if broken else Exit.DRIFT if drifted else Exit.DONE
        if self._options.json:
            return self._document(code, plan_as_json(plan))
        self._write(self._out, str(plan) or "nothing to do")
        for each in plan.resources:
            for drift in each.drifts:
                self.say(f"drift in {drift.resource}: {drift.mend}")
            for note in each.notes:
                self.say(f"warning: {each.resource}: {note}")
        return code

    def report(self, report: Report, took: float) -> int:
        """Each resource's result, and the exit code."""
        if self._options.json:
            steps = [step_as_json(outcome) for outcome in self._steps]
            return self._document(report.exit_code, {"results": report.as_json(), "steps": steps})
        for result in report.results:
            self.say(f"{result.state.value:<9} {result.resource}")
            for problem in result.problems:
                self.say(f"          {problem}")
            for warning in result.warnings:
                self.say(f"          warning: {warning}")
        counts = [f"{count} {state.value}" for state in State if (count := report.count(state))]
        self.say(f"{', '.join(counts) or 'nothing to do'} in {took:.1f} s")
        return report.exit_code

    def error(self, sentence: str, code: Exit) -> int:
        """A sentence that ends the run."""
        self._write(self._err, f"esb-provision: {sentence}")
        return self._document(code, {"error": sentence}) if self._options.json else code

    def _document(self, code: Exit, content: Mapping[str, Any]) -> int:
        self._write(self._out, json.dumps({"file": str(self._options.file), "exit_code": code, **content}, indent=2))
        return code

    def _write(self, stream: TextIO, line: str) -> None:
        with self._lock:
            stream.write(f"{line}\n")
            stream.flush()


WORDS: Final[Mapping[Ending, str]] = {
    Ending.DONE: "done",
    Ending.RACED: "overtaken",
    Ending.UNSUPPORTED: "unsupported",
    Ending.FAILED: "failed",
}


def plan_as_json(plan: Plan) -> dict[str, Any]:
    """A plan as plain data."""
    return {
        "plan": [
            {"kind": each.resource.kind, "name": each.resource.name, "cause": each.cause, **vars(each.call)}
            for each in plan.operations
        ],
        "drift": [
            {"kind": drift.resource.kind, "name": drift.resource.name, "cause": drift.cause, "mend": drift.mend}
            for each in plan.resources
            for drift in each.drifts
        ],
        "unreadable": [
            {"kind": each.resource.kind, "name": each.resource.name, "cause": each.unreadable}
            for each in plan.resources
            if each.unreadable
        ],
        "warnings": [
            {"kind": each.resource.kind, "name": each.resource.name, "text": note}
            for each in plan.resources
            for note in each.notes
        ],
    }


def step_as_json(outcome: Outcome) -> dict[str, Any]:
    """A step that was carried out, as plain data."""
    kind, name = outcome.step.resource
    step = outcome.step.call.operation if isinstance(outcome.step, Operation) else outcome.step.what
    return {"kind": kind, "name": name, "step": step, "result": outcome.ending.value, "detail": outcome.detail}


class Interrupted(BaseException):
    """SIGINT or SIGTERM arrived."""

    def __init__(self, number: int) -> None:
        self.name = signal.Signals(number).name
        self.exit_code = 128 + number
        super().__init__(self.name)


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """Turn SIGINT and SIGTERM into Interrupted; as process 1 of a container, Python would not end on SIGTERM."""
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
