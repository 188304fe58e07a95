"""The end of a work: it is counted, logged, and told to its caller."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from esb_gateway.clocks import Clock
from esb_gateway.execution.pools.slots import Result, Work
from esb_gateway.invocation import Outcome
from esb_gateway.telemetry.counts import FunctionCounts


@dataclass(frozen=True, slots=True)
class Outcomes:
    """`failed` gets the defect of a caller that does not take its outcome: it must not harm the others."""

    clock: Clock
    failed: Callable[[Exception], object]

    def finish(self, counts: FunctionCounts, work: Work, result: Result) -> None:
        """The work has ended; `counts` are those of its function."""
        counts.endings[result.ending] += 1
        if work.slot is None:
            self._report(work, Outcome(result.ending, result.payload, b"", result.content_type))
            return
        duration = self.clock() - work.started
        counts.durations.observe(duration)

        runner = work.slot.runner
        outcome = Outcome(result.ending, result.payload, b"", result.content_type, duration * 1000)
        if work.invocation.want_log_tail:
            runner.finish(
                work, result.ending, duration, lambda tail: self._report(work, outcome._replace(log_tail=tail))
            )
        else:  # the caller need not wait for the log
            self._report(work, outcome)
            runner.finish(work, result.ending, duration, _no_tail)

    def _report(self, work: Work, outcome: Outcome) -> None:
        try:
            work.done(outcome)
        except Exception as error:
            self.failed(error)


def _no_tail(_: bytes) -> None:
    """What `finish` is given for an invocation that wants none."""
