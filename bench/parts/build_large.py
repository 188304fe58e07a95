"""One API of 200 and of 2,000 functions: against SAM's own transform, and how the cost grows."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

from bench.errors import NotHere
from bench.goals import Finding, at_most, ratio_at_most
from bench.parts.builds import application, esb_build, from_nothing
from bench.peers import python_peer, version_of
from bench.processes import Usage
from bench.run import ESB, Run, in_turns
from bench.samples import growth

SMALL, LARGE = 200, 2000
TRANSFORM = "the transform of aws-sam-translator alone"
SCRIPT = Path(__file__).parents[1] / "sam_transform.py"


def measure(run: Run) -> Iterator[Finding]:
    small, large = application(run, SMALL), application(run, LARGE)
    yield _against_the_transform(run, small)
    sides = {f"{ESB} {SMALL}": small, f"{ESB} {LARGE}": large}
    turns = in_turns(run.pairs, {name: from_nothing(folder, esb_build(run, folder)) for name, folder in sides.items()})
    yield from _cost(turns.found[f"{ESB} {LARGE}"])
    pairs = zip(*turns.found.values(), strict=True)
    exponents = tuple(growth(one.cpu, other.cpu, LARGE / SMALL) for one, other in pairs)
    yield Finding(f"growth of CPU from {SMALL} to {LARGE} functions (exponent)", "", exponents, goal=at_most(1.15))


def _against_the_transform(run: Run, folder: Path) -> Finding:
    validate = esb_build(run, folder, "validate")
    turns = in_turns(run.pairs, {ESB: lambda: validate().wall, TRANSFORM: lambda: transform(run, folder)})
    what = f"{SMALL} functions: the whole of esb validate"
    return turns.finding(what, "s", float, (ESB, TRANSFORM), ratio_at_most(1 / 20))


def transform(run: Run, folder: Path) -> float:
    """How many seconds SAM's transform takes, its imports and the reading of the template left out. Raises NotHere."""
    home = python_peer("sam")
    run.versions.add(version_of(home, "aws-sam-translator"))
    command = [str(home / "bin/python"), str(SCRIPT), str(folder / "template.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    if done.returncode:
        raise NotHere(f"aws-sam-translator: {done.stderr.strip().splitlines()[-1]}")
    return float(json.loads(done.stdout)["seconds"])


def _cost(builds: list[Usage]) -> Iterator[Finding]:
    name = f"{LARGE} functions, clean build"
    yield Finding(f"{name}: CPU", "s", tuple(usage.cpu for usage in builds), goal=at_most(2.5))
    yield Finding(f"{name}: peak memory", "MB", tuple(usage.memory for usage in builds), goal=at_most(150))
