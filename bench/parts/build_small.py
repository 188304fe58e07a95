"""A clean build of 1 and of 50 functions with a table and a bucket, against `sam build`."""

from __future__ import annotations

from collections.abc import Iterator

from bench.goals import Finding, ratio_at_most
from bench.parts.builds import application, esb_build, from_nothing, sam_build
from bench.run import ESB, Run, in_turns

SAM = "sam build"


def measure(run: Run) -> Iterator[Finding]:
    for functions in (1, 50):
        folder = application(run, functions)
        sides = {ESB: esb_build(run, folder), SAM: sam_build(run, folder)}
        turns = in_turns(run.pairs, {name: from_nothing(folder, build) for name, build in sides.items()})
        name = "1 function" if functions == 1 else f"{functions} functions"
        pair = (ESB, SAM)
        yield turns.finding(f"{name}: wall time", "s", lambda usage: usage.wall, pair, ratio_at_most(1 / 6))
        yield turns.finding(f"{name}: CPU", "s", lambda usage: usage.cpu, pair)
        yield turns.finding(f"{name}: peak memory", "MB", lambda usage: usage.memory, pair, ratio_at_most(1 / 2))
