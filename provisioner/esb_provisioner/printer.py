"""The output of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TextIO

from esb_provisioner.apply import Outcome, Status
from esb_provisioner.documents import explain_document, plan_document, report_document, unmanaged_document
from esb_provisioner.explain import Explanation, side_by_side
from esb_provisioner.options import Options
from esb_provisioner.output import Output
from esb_provisioner.provisioning import Progress
from esb_provisioner.report import Exit, Report, State
from esb_provisioner.steps import Plan, Wait
from esb_provisioner.unmanaged import Unmanaged
from esb_schemas.command_line.progress_line import ProgressLine


class Printer(Output):
    """What is planned, and the outcome of each step and resource."""

    def __init__(self, options: Options, out: TextIO, err: TextIO, line: ProgressLine) -> None:
        super().__init__(out, err, line, {"file": str(options.file)}, is_json=options.json)
        self._options = options
        if options.changes_nothing:
            self._log = err
        self._begun = 0
        self._steps: list[Outcome] = []

    @property
    def progress(self) -> Progress:
        return Progress(self.log, self.outcome, self._begin, self._line.step)

    def _begin(self, steps: int) -> None:
        self._begun += steps
        self._show_steps()

    def _show_steps(self) -> None:
        self._line.step(f"{len(self._steps)} of {self._begun} steps")

    def outcome(self, outcome: Outcome) -> None:
        """The end of a step; a wait that succeeds gets no line."""
        self._steps.append(outcome)
        self._show_steps()
        if not isinstance(outcome.step, Wait) or outcome.status is not Status.DONE:
            reason = f": {outcome.detail}" if outcome.detail else ""
            self.log(f"  {WORDS[outcome.status]:<11} {outcome.step}{reason}")

    def plan(self, plan: Plan, others: Unmanaged, explained: Sequence[Explanation] | None) -> int:
        """Print a plan or an explanation, and unmanaged resources; returns the exit code of the plan."""
        broken = any(each.unreadable for each in plan.resources)
        drifted = any(each.drifts for each in plan.resources)
        code = self._allowed(Exit.FAILED if broken else Exit.DRIFT if drifted else Exit.DONE)
        if self._options.json:
            content = plan_document(plan) if explained is None else explain_document(explained)
            return self._document(code, content | unmanaged_document(others))
        text = str(plan) if explained is None else side_by_side(explained)
        self._write(self._out, text or "nothing to do")
        for each in plan.resources:
            for drift in each.drifts:
                self.log(f"drift in {drift.resource}: {drift.hint}")
            for note in each.notes:
                self.log(f"warning: {each.resource}: {note}")
        self._others(others)
        return code

    def report(self, report: Report, others: Unmanaged, took: float) -> int:
        """Print the result for each resource, and unmanaged resources; returns the exit code."""
        code = self._allowed(report.exit_code)
        if self._options.json:
            return self._document(code, report_document(report, self._steps) | unmanaged_document(others))
        for result in report.results:
            self.log(f"{result.state.value:<9} {result.resource}")
            for problem in result.problems:
                self.log(f"          {problem}")
            for warning in result.warnings:
                self.log(f"          warning: {warning}")
        counts = [f"{count} {state.value}" for state in State if (count := report.count(state))]
        self._others(others)
        self.log(f"{', '.join(counts) or 'nothing to do'} in {took:.1f} s")
        return code

    def _others(self, others: Unmanaged) -> None:
        for resource in others.resources:
            self.log(f"unmanaged: {resource} is not in the file; it is left as it is")
        for problem in others.problems:
            self.log(f"warning: {problem}")

    def _allowed(self, code: Exit) -> Exit:
        if code is not Exit.DRIFT or not self._options.allow_drift:
            return code
        self.log("drift is allowed: what has drifted is left as it is")
        return Exit.DONE


WORDS: Final[Mapping[Status, str]] = {
    Status.DONE: "done",
    Status.RACED: "overtaken",
    Status.UNSUPPORTED: "unsupported",
    Status.REJECTED: "rejected",
    Status.FAILED: "failed",
}
