"""A clean build of 1 and of 50 functions with a table and a bucket, against `sam build`."""

from __future__ import annotations

from collections.abc import Iterator

from bench.goals import Finding, ratio_at_most
from bench.parts.builds import application, clean_build, cpu, esb_build, from_nothing, sam_build, wall
from bench.run import ESB, Comparison, Run, measure_interleaved

SAM = "sam build"
SIZES = {1: "1 function", 50: "50 functions"}


def measure(run: Run) -> Iterator[Finding]:
    pair = (ESB, SAM)
    for functions, name in SIZES.items():
        folder = application(run, functions)
        sides = {ESB: esb_build(run, folder), SAM: sam_build(run, folder)}
        sides = {side: from_nothing(folder, build) for side, build in sides.items()}
        measured = measure_interleaved(run.pairs, sides)
        yield measured.finding(f"{name}: wall time", "s", wall, pair, ratio_at_most(1 / 6))
        yield measured.finding(f"{name}: CPU", "s", cpu, pair)
        yield measured.finding(f"{name}: peak memory", "MB", lambda usage: usage.memory, pair, ratio_at_most(1 / 2))


def compare(revisions: Comparison) -> Iterator[Finding]:
    for functions, name in SIZES.items():
        measured = revisions.measure({side: clean_build(run, functions) for side, run in revisions.runs.items()})
        yield revisions.finding(measured, f"{name}: wall time", "s", wall)
        yield revisions.finding(measured, f"{name}: CPU", "s", cpu)
