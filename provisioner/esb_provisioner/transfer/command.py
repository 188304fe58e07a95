"""`esb-provision export FOLDER` and `import FOLDER`: their output and exit code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TextIO

from esb_provisioner.output import Output
from esb_provisioner.report import Exit
from esb_provisioner.servers.waiting import Clock
from esb_provisioner.transfer.options import TransferOptions
from esb_provisioner.transfer.results import TransferResult
from esb_provisioner.transfer.running import transfer
from esb_schemas.command_line.progress_line import ProgressLine


class TransferPrinter(Output):
    """What came of each table and bucket."""

    def __init__(self, options: TransferOptions, out: TextIO, err: TextIO, line: ProgressLine) -> None:
        super().__init__(out, err, line, {"folder": str(options.folder)}, is_json=options.json)
        self._options = options

    def step(self, text: str) -> None:
        """Show the current step on a terminal's progress line."""
        self._line.step(text)

    def results(self, results: Sequence[TransferResult]) -> int:
        """Print the result for each resource; returns the exit code."""
        code = Exit.FAILED if any(each.problem for each in results) else Exit.DONE
        for each in sorted(results):
            self.log(f"{each.result:<9} {each.resource}{': ' if each.records else ''}{each.records}")
            if each.problem:
                self.log(f"          {each.problem}")
            for warning in each.warnings:
                self.log(f"          warning: {warning}")
        if not results:
            self.log(f"nothing to {self._options.command}")
        return self._document(code, {"results": [_document(each) for each in sorted(results)]})


def run(options: TransferOptions, environ: Mapping[str, str], clock: Clock, printer: TransferPrinter) -> int:
    """Raises what `transfer` raises."""
    return printer.results(transfer(options, environ, clock, printer.log, printer.step))


def _document(each: TransferResult) -> dict[str, Any]:
    problems = [each.problem] if each.problem else []
    return {
        **each.resource._asdict(),
        "result": each.result,
        "records": each.records,
        "problems": problems,
        "warnings": list(each.warnings),
    }
