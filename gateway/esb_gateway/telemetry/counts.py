"""Counts since the start, as plain numbers: cheap to add to, read only for a scrape of the metrics."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

from esb_gateway.invocation import Ending

# Upper bounds in seconds: from a function that does nothing to Lambda's longest timeout.
DURATIONS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0)
INITS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


@dataclass(slots=True, eq=False)
class Histogram:
    """A histogram: the number of values up to each bound and above the one before; the last is of those above all."""

    bounds: tuple[float, ...]
    counts: list[int] = field(init=False)
    total: float = 0.0

    def __post_init__(self) -> None:
        self.counts = [0] * (len(self.bounds) + 1)

    def observe(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


@dataclass(slots=True, eq=False)
class FunctionCounts:
    """One function's invocations: how they ended, how long they ran, and how long slots took to start (seconds)."""

    endings: dict[Ending, int] = field(default_factory=lambda: dict.fromkeys(Ending, 0))
    throttled: int = 0
    durations: Histogram = field(default_factory=lambda: Histogram(DURATIONS))
    inits: Histogram = field(default_factory=lambda: Histogram(INITS))


@dataclass(slots=True, eq=False)
class RequestCounts:
    """Answered requests, occurrences of schedules, and what mappings have received.

    `routes` are by API, method and path of the route (all empty if no route matched) and status; `urls` by function
    and status; `invoke_api` by status; `authorizations` by API, authorizer and result; `occurrences` by function,
    schedule and outcome; `engines` by service and status; `batches` and `messages` by function, mapping and outcome;
    `notifications` by bucket and configuration. `expired` are items that were deleted, by table. `loops` are
    invocations that did not happen because a chain of events goes round, by function.
    """

    routes: defaultdict[tuple[str, str, str, int], int] = field(default_factory=lambda: defaultdict(int))
    urls: defaultdict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    invoke_api: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    authorizations: defaultdict[tuple[str, str, str], int] = field(default_factory=lambda: defaultdict(int))
    occurrences: defaultdict[tuple[str, str, str], int] = field(default_factory=lambda: defaultdict(int))
    engines: defaultdict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    batches: defaultdict[tuple[str, str, str], int] = field(default_factory=lambda: defaultdict(int))
    messages: defaultdict[tuple[str, str, str], int] = field(default_factory=lambda: defaultdict(int))
    expired: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    notifications: defaultdict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    loops: defaultdict[tuple[str], int] = field(default_factory=lambda: defaultdict(int))

    def copy(self) -> RequestCounts:
        """The counts as they are now."""
        return RequestCounts(
            self.routes.copy(),
            self.urls.copy(),
            self.invoke_api.copy(),
            self.authorizations.copy(),
            self.occurrences.copy(),
            self.engines.copy(),
            self.batches.copy(),
            self.messages.copy(),
            self.expired.copy(),
            self.notifications.copy(),
            self.loops.copy(),
        )
