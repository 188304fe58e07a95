"""What ESB's sitecustomize.py adds to the start of every Python process of a function."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.goals import Finding, at_most
from bench.processes import Usage, finished
from bench.run import ESB, Run, measure_interleaved

WITHOUT = "without it"


def measure(run: Run) -> Iterator[Finding]:
    command = [sys.executable, "-c", "pass"]
    plain = run.environment()
    with_it = run.environment(PYTHONPATH=str(runtime_files()))
    sides = {
        ESB: partial(finished, command, run.folder, with_it),
        WITHOUT: partial(finished, command, run.folder, plain),
    }
    measured = measure_interleaved(run.starts, sides)
    yield measured.finding("start of the interpreter", "ms", lambda usage: usage.wall * 1000, (ESB, WITHOUT))
    added = [_added(*pair) for pair in zip(*measured.found.values(), strict=True)]
    yield Finding("CPU added", "ms", tuple(added), goal=at_most(3))


def runtime_files() -> Path:
    """The folder of sitecustomize.py, in the installed distribution or in the source tree."""
    spec = importlib.util.find_spec("esb_runtime")
    assert spec is not None
    assert spec.origin is not None
    installed = Path(spec.origin).parent / "files"
    return installed if installed.is_dir() else Path(spec.origin).parents[2]


def _added(with_it: Usage, without: Usage) -> float:
    return (with_it.cpu - without.cpu) * 1000
