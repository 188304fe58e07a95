"""The limit of a target's deliveries per second, new ones and retries. Nothing here reads a clock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from esb_cloud.sql.tables.deliveries import Delivery

_AHEAD: Final = 0.05  # seconds: what would be sent within them is sent at once, so that few wake-ups do
_MAX_TARGETS: Final = 1024


class Pacer:
    """Lets deliveries through whose request has `per_second`, as many as that. Times are the store's."""

    def __init__(self) -> None:
        self._next: dict[str, float] = {}  # when the next one may be sent, by target

    def admit(self, target: str, ready: Sequence[Delivery], now: float) -> tuple[Sequence[Delivery], float]:
        """The first of those that are ready, and the seconds until more of them may be sent; 0 if all may be."""
        free = max(now, self._next.get(target, now))
        for number, delivery in enumerate(ready):
            per_second = delivery.request.get("per_second")
            if per_second is None:
                continue
            interval = 1 / per_second
            earliest = free - max(0.0, _AHEAD - interval)
            if earliest > now:
                return ready[:number], earliest - now
            free += interval
            self._keep(target, free, now)
        return ready, 0.0

    def _keep(self, target: str, free: float, now: float) -> None:
        if len(self._next) > _MAX_TARGETS:
            self._next = {name: time for name, time in self._next.items() if time > now}
        self._next[target] = free
