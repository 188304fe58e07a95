"""A build of 50 functions without changes, against `sam build --cached`."""

from __future__ import annotations

from collections.abc import Iterator

from bench.goals import Finding, ratio_at_most
from bench.parts.builds import application, cpu, esb_build, sam_build, wall
from bench.run import ESB, Comparison, Run, measure_interleaved

FUNCTIONS = 50
SAM = "sam build --cached"


def measure(run: Run) -> Iterator[Finding]:
    folder = application(run, FUNCTIONS)
    measured = measure_interleaved(run.pairs, {ESB: esb_build(run, folder), SAM: sam_build(run, folder, "--cached")})
    pair, name = (ESB, SAM), f"{FUNCTIONS} functions"
    yield measured.finding(f"{name}: wall time", "s", wall, pair, ratio_at_most(1 / 10))
    yield measured.finding(f"{name}: CPU", "s", cpu, pair)


def compare(revisions: Comparison) -> Iterator[Finding]:
    runs = revisions.runs.items()
    measured = revisions.measure({side: esb_build(run, application(run, FUNCTIONS)) for side, run in runs})
    yield revisions.finding(measured, f"{FUNCTIONS} functions: wall time", "s", wall)
    yield revisions.finding(measured, f"{FUNCTIONS} functions: CPU", "s", cpu)
