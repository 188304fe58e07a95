"""What several measurements of the same thing say. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Summary:
    """The middle of some values, and how far apart they lie."""

    median: float
    low: float
    high: float
    count: int


def summary(values: Sequence[float]) -> Summary:
    """Raises ValueError when there is no value."""
    if not values:
        raise ValueError("nothing was measured")
    return Summary(median(values), min(values), max(values), len(values))


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, ...]:
    """Ours divided by theirs, pair by pair: both of a pair were measured one right after the other."""
    return tuple(one / other for one, other in zip(ours, theirs, strict=True))


def growth(small: float, large: float, factor: float) -> float:
    """The exponent with which the cost grows when the work is `factor` times as much; 1 is in proportion."""
    return math.log(large / small) / math.log(factor)
