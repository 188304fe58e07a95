"""What a part is given to measure with, and how it takes turns."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Generic, TypeVar

from bench import native
from bench.errors import NotHere
from bench.goals import Finding, Goal

T = TypeVar("T")

ESB: Final = "ESB"  # how our side is called, and how the names of several of ours begin

_INHERITED = ("HOME", "LANG", "LC_ALL", "PATH", "TMPDIR")


@dataclass(slots=True)
class Run:
    """One run of the benchmark. `folder` is empty and the part's own; `versions` are those of the peers it met."""

    folder: Path
    programs: Path
    quick: bool
    say: Callable[[str], object]
    versions: set[str] = field(default_factory=set)

    @property
    def pairs(self) -> int:
        """How often both of a pair are measured."""
        return 3 if self.quick else 7

    @property
    def seconds(self) -> float:
        """How long a burst of requests takes."""
        return 0.5 if self.quick else 1.5

    @property
    def starts(self) -> int:
        """How often a process is started where that is what is measured."""
        return 5 if self.quick else 20

    def program(self, name: str) -> Path:
        """A compiled program of native/. Raises NotHere."""
        return native.compiled(name, self.programs)

    def environment(self, **more: str) -> dict[str, str]:
        """A plain environment in which the commands of this Python are found first; nobody's AWS settings are in it."""
        kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        kept["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", os.defpath)])
        return {**kept, "HOME": str(self.folder), **more}


Measure = Callable[[Run], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the benchmark; `work` says what is measured, in words for the table."""

    name: str
    work: str
    measure: Measure


class Turns(Generic[T]):
    """What was measured of each side, in pairs, and why a side is missing."""

    def __init__(self, absent: Mapping[str, str]) -> None:
        self.found: dict[str, list[T]] = {}
        self.absent = dict(absent)

    def finding(
        self, what: str, unit: str, pick: Callable[[T], float], sides: tuple[str, str], goal: Goal | None = None
    ) -> Finding:
        """Our side and the other one as a finding; `pick` gives the number."""
        ours, theirs = (tuple(map(pick, self.found.get(side, ()))) for side in sides)
        return Finding(what, unit, ours, sides[1], theirs, goal, self.absent.get(sides[1], ""))


def in_turns(pairs: int, sides: Mapping[str, Callable[[], T]], absent: Mapping[str, str] | None = None) -> Turns[T]:
    """Measure each side so many times, one after the other, each time in the other order.

    A first time, in which things get warm, is thrown away. A side that is not here is left out and said to be `absent`,
    as are those that the caller knows of; ours is `ESB`, which has to be here.
    """
    turns: Turns[T] = Turns(absent or {})
    turns.found = {name: [] for name in sides}
    order = list(sides)
    for turn in range(pairs + 1):
        for name in [name for name in order if name not in turns.absent]:
            try:
                value = sides[name]()
            except NotHere as error:
                if name.startswith(ESB):
                    raise
                turns.absent[name] = str(error)
                turns.found[name].clear()
            else:
                turns.found[name] += [value] if turn else []
        order.reverse()
    return turns


def cleanly(get: Callable[[], T], name: str, absent: dict[str, str]) -> T | None:
    """What can be had; else None, and `absent` says of `name` why not."""
    try:
        return get()
    except NotHere as error:
        absent[name] = str(error)
        return None
