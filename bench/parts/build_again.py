"""A build of 50 functions when nothing has changed, against `sam build --cached`."""

from __future__ import annotations

from collections.abc import Iterator

from bench.goals import Finding, ratio_at_most
from bench.parts.builds import application, esb_build, sam_build
from bench.run import ESB, Run, in_turns

FUNCTIONS = 50
SAM = "sam build --cached"


def measure(run: Run) -> Iterator[Finding]:
    folder = application(run, FUNCTIONS)
    turns = in_turns(run.pairs, {ESB: esb_build(run, folder), SAM: sam_build(run, folder, "--cached")})
    pair = (ESB, SAM)
    yield turns.finding(f"{FUNCTIONS} functions: wall time", "s", lambda usage: usage.wall, pair, ratio_at_most(1 / 10))
    yield turns.finding(f"{FUNCTIONS} functions: CPU", "s", lambda usage: usage.cpu, pair)
