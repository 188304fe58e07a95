"""The number of items that a call of the sweeper takes. A database with one writer serves nobody else meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

CALL_TIME: Final = 0.01  # seconds that a call may take
FEWEST: Final = 5  # items; where each is large, or has many indexes
_LARGEST_STEP: Final = 2.0


@dataclass(slots=True)
class Amount:
    """Up to `most` items, so that a call takes `CALL_TIME`, as the last one shows."""

    most: int
    items: int = field(default=FEWEST, init=False)

    def adapt(self, seconds: float) -> None:
        """A call with `items` has taken so long. One that waited for others is soon forgotten."""
        step = min(CALL_TIME / max(seconds, 1e-6), _LARGEST_STEP)
        self.items = max(FEWEST, min(self.most, round(self.items * max(step, 1 / _LARGEST_STEP))))
