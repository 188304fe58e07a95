"""Resources of a process and response times of its clients, compared between the first and the last third."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from statistics import median, quantiles
from typing import Final

_PAGE: Final = os.sysconf("SC_PAGE_SIZE")

# The allowed growth of the median from the first to the last third: an amount plus a share of the first. The gateway
# has five descriptors for each child process, and the number of child processes varies.
BOUNDS: Final = {
    "memory_kb": (3072, 0.03),
    "descriptors": (16, 0.0),
    "processes": (2, 0.0),
    "files_kb": (4096, 0.1),
}

# The allowed growth of response times. Machines have slow minutes, so this is no measure of performance.
MAX_SLOWDOWN: Final = 2.0


@dataclass(frozen=True)
class Sample:
    """A process at one moment: resident memory, open descriptors, child processes, and the files that it writes."""

    memory_kb: int
    descriptors: int
    processes: int
    files_kb: int = 0


def sample(pid: int, files: Iterable[Path] = ()) -> Sample:
    """Sample a process now. A file that is gone counts as nothing."""
    process = Path(f"/proc/{pid}")
    pages = int((process / "statm").read_text().split()[1])
    children = (process / f"task/{pid}/children").read_text().split()
    descriptors = len(list((process / "fd").iterdir()))
    return Sample(pages * _PAGE // 1024, descriptors, len(children), sum(map(_size, files)) // 1024)


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0


def thirds(samples: Sequence[Sample]) -> tuple[Sample, Sample]:
    """The medians of the first and of the last third."""
    third = max(1, len(samples) // 3)
    return _medians(samples[:third]), _medians(samples[-third:])


def growth(first: Sample, last: Sample) -> list[str]:
    """A sentence for each value that has grown beyond its bound."""
    return [
        f"{name} grew from {before} to {after}; the limit is {before + extra + int(before * share)}"
        for (name, (extra, share)), before, after in zip(BOUNDS.items(), astuple(first), astuple(last), strict=True)
        if after > before + extra + int(before * share)
    ]


@dataclass(frozen=True)
class ResponseTime:
    """The response time of a request, and when the response came; in seconds."""

    at: float
    seconds: float


@dataclass(frozen=True)
class Percentiles:
    """Percentiles of response times, in milliseconds."""

    p50: float
    p99: float


def times_by_third(times: Sequence[ResponseTime]) -> tuple[Percentiles, Percentiles]:
    """The percentiles of the first and of the last third of the responses."""
    ordered = sorted(times, key=lambda time: time.at)
    third = len(ordered) // 3
    return _percentiles(ordered[:third]), _percentiles(ordered[-third:])


def slowdown(first: Percentiles, last: Percentiles) -> list[str]:
    """A sentence if responses became slower."""
    if last.p99 <= MAX_SLOWDOWN * first.p99:
        return []
    return [f"p99 grew from {first.p99:.1f} to {last.p99:.1f} ms; the limit is {MAX_SLOWDOWN * first.p99:.1f} ms"]


def _percentiles(times: Sequence[ResponseTime]) -> Percentiles:
    cuts = quantiles((time.seconds * 1000 for time in times), n=100)
    return Percentiles(round(cuts[49], 2), round(cuts[98], 2))


def _medians(samples: Sequence[Sample]) -> Sample:
    return Sample(*(int(median(getattr(each, field.name) for each in samples)) for field in fields(Sample)))
