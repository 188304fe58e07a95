"""A cache for the results of a Lambda authorizer. Bounded; time is an argument."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

from esb_gateway.apis.auth.identity_sources import Identity

T = TypeVar("T")


class ResultCache(Generic[T]):
    """Results of one authorizer by the values of its identity sources. The least recently used are dropped first."""

    def __init__(self, ttl: float, limit: int = 10_000) -> None:
        self._ttl = ttl
        self._limit = limit
        self._kept: OrderedDict[Identity, tuple[float, T]] = OrderedDict()

    def get(self, identity: Identity, now: float) -> T | None:
        """The result that still holds, if there is one."""
        found = self._kept.get(identity)
        if found is None:
            return None
        since, result = found
        if not since <= now < since + self._ttl:  # a clock that is set back must not make anything last longer
            del self._kept[identity]
            return None
        self._kept.move_to_end(identity)
        return result

    def put(self, identity: Identity, result: T, now: float) -> None:
        """Keep a result, unless the time to live is 0 or there are no identity sources."""
        if self._ttl <= 0 or not identity:
            return
        self._kept[identity] = (now, result)
        self._kept.move_to_end(identity)
        while len(self._kept) > self._limit:
            self._kept.popitem(last=False)
