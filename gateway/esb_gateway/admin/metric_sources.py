"""What the metrics are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from esb_gateway.async_invoke.event_queue import QueueNumbers
from esb_gateway.execution.statistics import Statistics
from esb_gateway.telemetry.counts import RequestCounts


@dataclass(frozen=True, slots=True)
class Numbers:
    """The counts and states of one moment. Those of a function may still change, but none is added."""

    functions: Mapping[str, Statistics]
    requests: RequestCounts
    events: QueueNumbers
    drifted: frozenset[str]


@dataclass(frozen=True, slots=True)
class MetricSources:
    """The objects that a scrape reads."""

    functions: Callable[[], Mapping[str, Statistics]]
    requests: RequestCounts
    events: Callable[[], QueueNumbers]
    drifted: Callable[[], frozenset[str]]

    def read(self) -> Numbers:
        return Numbers(self.functions(), self.requests.copy(), self.events(), self.drifted())
