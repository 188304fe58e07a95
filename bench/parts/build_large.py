"""One API of 200 and of 2,000 functions: against SAM's own transform, and the growth of the cost."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

from bench.errors import Unavailable
from bench.goals import Finding, at_most, ratio_at_most
from bench.parts.builds import application, clean_build, cpu, esb_build, wall
from bench.peers import python_peer, version_of
from bench.processes import Usage
from bench.run import ESB, Comparison, Run, measure_interleaved
from bench.samples import growth

SMALL, LARGE = 200, 2000
TRANSFORM = "the transform of aws-sam-translator alone"
SCRIPT = Path(__file__).parents[1] / "sam_transform.py"


def measure(run: Run) -> Iterator[Finding]:
    yield _against_the_transform(run)
    measured = measure_interleaved(run.pairs, {f"{ESB} {size}": clean_build(run, size) for size in (SMALL, LARGE)})
    yield from _cost(measured.found[f"{ESB} {LARGE}"])
    pairs = zip(*measured.found.values(), strict=True)
    exponents = tuple(growth(one.cpu, other.cpu, LARGE / SMALL) for one, other in pairs)
    yield Finding(f"growth of CPU from {SMALL} to {LARGE} functions (exponent)", "", exponents, goal=at_most(1.15))


def compare(revisions: Comparison) -> Iterator[Finding]:
    measured = revisions.measure({side: clean_build(run, LARGE) for side, run in revisions.runs.items()})
    yield revisions.finding(measured, f"{LARGE} functions: CPU", "s", cpu)
    runs = revisions.runs.items()
    measured = revisions.measure({side: esb_build(run, application(run, SMALL), "validate") for side, run in runs})
    yield revisions.finding(measured, f"{SMALL} functions: esb validate", "s", wall)


def _against_the_transform(run: Run) -> Finding:
    folder = application(run.in_folder("validate"), SMALL)
    validate = esb_build(run, folder, "validate")
    sides = {ESB: lambda: validate().wall, TRANSFORM: lambda: transform(run, folder)}
    measured = measure_interleaved(run.pairs, sides)
    return measured.finding(f"{SMALL} functions: esb validate", "s", float, (ESB, TRANSFORM), ratio_at_most(1 / 20))


def transform(run: Run, folder: Path) -> float:
    """The seconds of SAM's transform, without its imports and without reading the template. Raises Unavailable."""
    home = python_peer("sam")
    run.versions.add(version_of(home, "aws-sam-translator"))
    command = [str(home / "bin/python"), str(SCRIPT), str(folder / "template.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    if done.returncode:
        raise Unavailable(f"aws-sam-translator: {done.stderr.strip().splitlines()[-1]}")
    return float(json.loads(done.stdout)["seconds"])


def _cost(builds: list[Usage]) -> Iterator[Finding]:
    name = f"{LARGE} functions, clean build"
    yield Finding(f"{name}: CPU", "s", tuple(map(cpu, builds)), goal=at_most(2.5))
    yield Finding(f"{name}: peak memory", "MB", tuple(usage.memory for usage in builds), goal=at_most(150))
