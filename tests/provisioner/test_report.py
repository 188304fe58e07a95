"""The exit code of a report."""

from __future__ import annotations

from esb_provisioner.report import Exit, Report, Result, State
from esb_provisioner.steps import Resource


def test_failure_counts_more_than_drift() -> None:
    drift = Result(Resource("table", "A"), State.DRIFT)
    failed = Result(Resource("table", "B"), State.FAILED)
    assert Report((drift,)).exit_code is Exit.DRIFT
    assert Report((drift, failed)).exit_code is Exit.FAILED
    assert Report().exit_code is Exit.DONE
