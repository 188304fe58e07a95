"""The answers of Lambda authorizers, kept for a while. Bounded; time is an argument."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

Answer = TypeVar("Answer")

Identity = tuple[str, ...]


class ResultCache(Generic[Answer]):
    """Answers of one authorizer by the values of its identity sources; those used longest ago go first."""

    def __init__(self, ttl: float, limit: int = 10_000) -> None:
        self._ttl = ttl
        self._limit = limit
        self._kept: OrderedDict[Identity, tuple[float, Answer]] = OrderedDict()

    def get(self, identity: Identity, now: float) -> Answer | None:
        """The answer that still holds, if any."""
        found = self._kept.get(identity)
        if found is None:
            return None
        since, answer = found
        if not since <= now < since + self._ttl:  # a clock that was set back makes nothing last longer
            del self._kept[identity]
            return None
        self._kept.move_to_end(identity)
        return answer

    def put(self, identity: Identity, answer: Answer, now: float) -> None:
        """Keep an answer; nothing is kept without a time to live or without an identity."""
        if self._ttl <= 0 or not identity:
            return
        self._kept[identity] = (now, answer)
        self._kept.move_to_end(identity)
        while len(self._kept) > self._limit:
            self._kept.popitem(last=False)
