"""The end of a work, with the runner that recorded it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from esb_gateway.execution.outcomes import Outcomes
from esb_gateway.execution.pools.slots import LogTailTaker, Result, Slot, State, Work
from esb_gateway.invocation import Ending, Invocation, Outcome
from esb_gateway.telemetry.counts import FunctionCounts
from tests.gateway.execution.fakes import RecordingRunner

RESULT = Result(Ending.DONE, b"1")


class FinishingRunner(RecordingRunner):
    """Gives the tail of the log when the test says so."""

    def finish(self, work: Work, ending: Ending, duration: float, finished: LogTailTaker) -> None:
        self.calls.append(f"finish after {duration:g} s")
        self.finished = finished


class OutcomesFixture:
    def __init__(self) -> None:
        self.counts, self.runner = FunctionCounts(), FinishingRunner()
        self.taken: list[Outcome] = []
        self.errors: list[Exception] = []
        self.outcomes = Outcomes(lambda: 12.5, self.errors.append)

    def finish(self, done: Callable[[Outcome], None] | None = None, *, want_log_tail: bool = False) -> None:
        invocation = Invocation("orders", b"", "a", "", "arn", want_log_tail=want_log_tail)
        slot = Slot(0, State.RETURNING, since=0.0)
        slot.runner = self.runner
        work = Work(invocation, done or self.taken.append, accepted=9.0, started=10.0, slot=slot)
        self.outcomes.finish(self.counts, work, RESULT)


def test_a_caller_gets_its_outcome_before_the_log_is_read() -> None:
    fixture = OutcomesFixture()
    fixture.finish()
    assert fixture.taken == [Outcome(Ending.DONE, b"1", duration_ms=2500)]
    assert fixture.runner.calls == ["finish after 2.5 s"]
    assert (fixture.counts.endings[Ending.DONE], fixture.counts.durations.total) == (1, 2.5)


def test_a_caller_that_wants_the_tail_of_the_log_waits_for_it() -> None:
    fixture = OutcomesFixture()
    fixture.finish(want_log_tail=True)
    assert fixture.taken == []
    fixture.runner.finished(b"END\n")
    assert [outcome.log_tail for outcome in fixture.taken] == [b"END\n"]


def test_work_that_never_had_a_slot_is_counted_and_has_no_duration() -> None:
    fixture = OutcomesFixture()
    work = Work(Invocation("orders", b"", "a", "", "arn"), fixture.taken.append, accepted=9.0)
    fixture.outcomes.finish(fixture.counts, work, Result(Ending.NOT_RUN, b"{}"))
    assert fixture.taken == [Outcome(Ending.NOT_RUN, b"{}")]
    assert (fixture.counts.endings[Ending.NOT_RUN], fixture.counts.durations.total) == (1, 0.0)


@pytest.mark.parametrize("want_log_tail", [False, True])
def test_a_callers_defect_does_not_harm_the_slot(want_log_tail: bool) -> None:
    defect = ValueError("of the caller")

    def done(_: Outcome) -> None:
        raise defect

    fixture = OutcomesFixture()
    fixture.finish(done, want_log_tail=want_log_tail)
    if want_log_tail:
        fixture.runner.finished(b"")
    assert (fixture.errors, fixture.runner.calls) == ([defect], ["finish after 2.5 s"])
