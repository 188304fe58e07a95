"""The cost that ESB's sitecustomize.py adds to the start of a function's Python process."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.goals import Finding, at_most
from bench.parts.builds import application, esb_build
from bench.processes import Usage, finished
from bench.run import ESB, Run, measure_interleaved

WITHOUT = "without it"


def measure(run: Run) -> Iterator[Finding]:
    command = [sys.executable, "-c", "pass"]
    plain = run.environment()
    with_it = run.environment(PYTHONPATH=str(runtime_files(run)))
    sides = {
        ESB: partial(finished, command, run.folder, with_it),
        WITHOUT: partial(finished, command, run.folder, plain),
    }
    measured = measure_interleaved(run.starts, sides)
    yield measured.finding("start of the interpreter", "ms", lambda usage: usage.wall * 1000, (ESB, WITHOUT))
    added = [_added(*pair) for pair in zip(*measured.found.values(), strict=True)]
    yield Finding("CPU added", "ms", tuple(added), goal=at_most(3))


def runtime_files(run: Run) -> Path:
    """The folder that `esb build` writes for the images of functions. Raises Unavailable."""
    folder = application(run.in_folder("runtime"), 1)
    esb_build(run, folder)()
    return folder / ".esb/runtime/python"


def _added(with_it: Usage, without: Usage) -> float:
    return (with_it.cpu - without.cpu) * 1000
