"""What a process takes and how long its clients wait, and whether that is more in the end than in the beginning."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from statistics import median, quantiles
from typing import Final

_PAGE: Final = os.sysconf("SC_PAGE_SIZE")

# How far the median of the last third may lie above that of the first: so much, and this share of the first. The
# gateway has five descriptors for each of its children, which are now a few more and now a few less.
BOUNDS: Final = {"memory_kb": (3072, 0.03), "descriptors": (16, 0.0), "processes": (2, 0.0)}

# How far clients' waits may: machines have slow minutes, which is why this is no figure of performance.
LONGER: Final = 2.0


@dataclass(frozen=True)
class Sample:
    """A process at a moment: its resident memory, its open descriptors and its children."""

    memory_kb: int
    descriptors: int
    processes: int


def sample(pid: int) -> Sample:
    """The process as it is now."""
    process = Path(f"/proc/{pid}")
    pages = int((process / "statm").read_text().split()[1])
    children = (process / f"task/{pid}/children").read_text().split()
    return Sample(pages * _PAGE // 1024, len(list((process / "fd").iterdir())), len(children))


def thirds(samples: Sequence[Sample]) -> tuple[Sample, Sample]:
    """The medians of the first third and of the last."""
    third = max(1, len(samples) // 3)
    return _medians(samples[:third]), _medians(samples[-third:])


def growth(first: Sample, last: Sample) -> list[str]:
    """A sentence for each value that has grown beyond its bound."""
    return [
        f"{name} grew from {before} to {after}; at most {before + extra + int(before * share)} is well"
        for (name, (extra, share)), before, after in zip(BOUNDS.items(), astuple(first), astuple(last), strict=True)
        if after > before + extra + int(before * share)
    ]


@dataclass(frozen=True)
class Wait:
    """How long a client waited for an answer, and when it had it; in seconds."""

    at: float
    seconds: float


@dataclass(frozen=True)
class Waits:
    """The median of some waits, and what 99 of 100 do not exceed; in milliseconds."""

    p50: float
    p99: float


def waits_by_third(waits: Sequence[Wait]) -> tuple[Waits, Waits]:
    """Those of the first third of the answers and of the last."""
    ordered = sorted(waits, key=lambda wait: wait.at)
    third = len(ordered) // 3
    return _waits(ordered[:third]), _waits(ordered[-third:])


def slowing(first: Waits, last: Waits) -> list[str]:
    """A sentence if clients wait longer."""
    if last.p99 <= LONGER * first.p99:
        return []
    return [f"p99 grew from {first.p99:.1f} to {last.p99:.1f} ms; at most {LONGER * first.p99:.1f} is well"]


def _waits(waits: Sequence[Wait]) -> Waits:
    cuts = quantiles((wait.seconds * 1000 for wait in waits), n=100)
    return Waits(round(cuts[49], 2), round(cuts[98], 2))


def _medians(samples: Sequence[Sample]) -> Sample:
    return Sample(*(int(median(getattr(each, field.name) for each in samples)) for field in fields(Sample)))
