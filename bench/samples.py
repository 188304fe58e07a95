"""Statistics of repeated measurements. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Summary:
    """Median, minimum, maximum and number of some values."""

    median: float
    low: float
    high: float
    count: int


def summary(values: Sequence[float]) -> Summary:
    """Raises ValueError if there are no values."""
    if not values:
        raise ValueError("nothing was measured")
    return Summary(median(values), min(values), max(values), len(values))


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, ...]:
    """Ours divided by theirs, pair by pair, because the values of a pair were measured right after each other."""
    return tuple(one / other for one, other in zip(ours, theirs, strict=True))


def growth(small: float, large: float, factor: float) -> float:
    """The exponent of the cost's growth if the work grows by `factor`; 1 is linear."""
    return math.log(large / small) / math.log(factor)
