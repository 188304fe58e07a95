"""What a process takes, sampled, and whether it takes more in the end than in the beginning."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from statistics import median
from typing import Final

_PAGE: Final = os.sysconf("SC_PAGE_SIZE")

# How far the median of the last third may lie above that of the first: so much, and this share of the first.
BOUNDS: Final = {"memory_kb": (3072, 0.03), "descriptors": (8, 0.0), "processes": (2, 0.0)}


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


def _medians(samples: Sequence[Sample]) -> Sample:
    return Sample(*(int(median(getattr(each, field.name) for each in samples)) for field in fields(Sample)))
