"""The tools with which a part measures, and interleaved measurements."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Generic, TypeVar

from bench import native
from bench.errors import Unavailable
from bench.goals import Finding, Goal, ratio_at_most

T = TypeVar("T")

ESB: Final = "ESB"  # the name of our side, and the prefix if there are several
SLOWDOWN: Final = 1.05  # the largest accepted ratio of two revisions

_INHERITED = ("HOME", "LANG", "LC_ALL", "PATH", "TMPDIR")


@dataclass(slots=True)
class Run:
    """One run of the benchmark.

    `folder` is empty and belongs to the part alone. `commands` is the folder of ESB's console commands. `versions`
    collects the versions of the tools that a part compares with.
    """

    folder: Path
    programs: Path
    quick: bool
    commands: Path = Path(sys.executable).parent
    versions: set[str] = field(default_factory=set)

    @property
    def pairs(self) -> int:
        """The number of times that both of a pair are measured."""
        return 3 if self.quick else 7

    @property
    def seconds(self) -> float:
        """Seconds that a burst of requests takes."""
        return 0.5 if self.quick else 1.5

    @property
    def starts(self) -> int:
        """The number of starts, where the start of a process is measured."""
        return 5 if self.quick else 20

    def program(self, name: str) -> Path:
        """A compiled program of native/. Raises Unavailable."""
        return native.compiled(name, self.programs)

    def command(self, name: str) -> str:
        """The path of one of ESB's console commands."""
        return str(self.commands / name)

    def environment(self, **more: str) -> dict[str, str]:
        """A minimal environment: `commands` first in PATH, `folder` as HOME, no AWS settings of the user."""
        kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        kept["PATH"] = os.pathsep.join([str(self.commands), kept.get("PATH", os.defpath)])
        return {**kept, "HOME": str(self.folder), **more}

    def in_folder(self, name: str, commands: Path | None = None) -> Run:
        """The same run in a subfolder, optionally with the console commands of another revision."""
        folder = self.folder / name
        folder.mkdir(parents=True)
        return replace(self, folder=folder, commands=commands or self.commands)


Measure = Callable[[Run], Iterable[Finding]]
Compare = Callable[["Comparison"], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the benchmark. `work` is the sentence above its table; `compare` measures two revisions of ESB, which
    have the console command `needs`.
    """

    name: str
    work: str
    measure: Measure
    compare: Compare | None = None
    needs: str = "esb-gateway"


class Interleaved(Generic[T]):
    """The samples of each side, in pairs, and why a side is missing."""

    def __init__(self, absent: Mapping[str, str]) -> None:
        self.found: dict[str, list[T]] = {}
        self.absent = dict(absent)

    def finding(
        self, what: str, unit: str, pick: Callable[[T], float], sides: tuple[str, str], goal: Goal | None = None
    ) -> Finding:
        """A finding of our side and another one; `pick` gives the number of a sample."""
        ours, theirs = (tuple(map(pick, self.found.get(side, ()))) for side in sides)
        return Finding(what, unit, ours, sides[1], theirs, goal, self.absent.get(sides[1], ""))


def measure_interleaved(
    pairs: int, sides: Mapping[str, Callable[[], T]], absent: Mapping[str, str] | None = None
) -> Interleaved[T]:
    """Measure each side `pairs` times, in alternating order, so that a change of the machine's speed hits all sides.

    The first round warms caches and is dropped. A side that raises Unavailable is left out and listed as absent, beside
    those in `absent`. A side whose name begins with ESB must be available: its Unavailable is raised.
    """
    measured: Interleaved[T] = Interleaved(absent or {})
    measured.found = {name: [] for name in sides}
    order = list(sides)
    for turn in range(pairs + 1):
        for name in [name for name in order if name not in measured.absent]:
            try:
                value = sides[name]()
            except Unavailable as error:
                if name.startswith(ESB):
                    raise
                measured.absent[name] = str(error)
                measured.found[name].clear()
            else:
                measured.found[name] += [value] if turn else []
        order.reverse()
    return measured


class Comparison:
    """This revision of ESB and another one, each with its own folder and console commands."""

    def __init__(self, run: Run, name: str, commands: Path) -> None:
        self.name = name
        self.pairs = 5 if run.quick else 15
        self.runs = {ESB: run.in_folder("new"), name: run.in_folder("old", commands)}

    def measure(self, sides: Mapping[str, Callable[[], T]]) -> Interleaved[T]:
        """Measure both, interleaved; the keys of `sides` are those of `runs`."""
        return measure_interleaved(self.pairs, sides)

    def finding(self, measured: Interleaved[T], what: str, unit: str, pick: Callable[[T], float]) -> Finding:
        """A finding whose goal is that the new revision is not slower; `pick` gives a number where less is better."""
        return measured.finding(what, unit, pick, (ESB, self.name), ratio_at_most(SLOWDOWN))


def optional(get: Callable[[], T], name: str, absent: dict[str, str]) -> T | None:
    """The result of `get`; None if it raises Unavailable, whose message is then stored in `absent` under `name`."""
    try:
        return get()
    except Unavailable as error:
        absent[name] = str(error)
        return None
