"""Counts and states of the gateway as metrics of Prometheus. docs/metrics.md has a table of the names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, NamedTuple, TypeAlias

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from esb_gateway.admin.metric_sources import Numbers
from esb_gateway.async_invoke.event_queue import QueueNumbers
from esb_gateway.execution.statistics import Statistics
from esb_gateway.telemetry.counts import Histogram, RequestCounts

_Counted: TypeAlias = Iterable[tuple[tuple[str, ...], int]]  # by the values of labels


def encoder(accept: str) -> tuple[Callable[[Numbers], bytes], str]:
    """What makes the page for a scraper that accepts these types, and the type of the page."""
    encode, content_type = choose_encoder(accept)
    return (lambda numbers: encode(registry(numbers))), content_type


def registry(numbers: Numbers) -> CollectorRegistry:
    """Everything that is exported: the gateway's own metrics, and the system's about its process."""
    made = CollectorRegistry()
    made.register(_Collector(numbers))
    ProcessCollector(registry=made)
    return made


class _Collector(Collector):
    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers

    def collect(self) -> Iterator[Metric]:
        yield from _invocations(self._numbers.functions)
        yield from _slots(self._numbers.functions)
        yield from _requests(self._numbers.requests)
        yield from _events(self._numbers.events)
        yield from _drift(self._numbers.drifted)


def _invocations(statistics: Mapping[str, Statistics]) -> Iterator[Metric]:
    ended = CounterMetricFamily("esb_invocations", "Invocations that have ended.", labels=("function", "outcome"))
    throttled = CounterMetricFamily("esb_throttles", "Invocations that were refused.", labels=("function",))
    durations = HistogramMetricFamily(
        "esb_invocation_duration_seconds", "How long invocations ran.", labels=("function",)
    )
    inits = HistogramMetricFamily(
        "esb_cold_start_duration_seconds", "How long slots took to their first poll.", labels=("function",)
    )
    for name, function in statistics.items():
        for ending, count in function.counts.endings.items():
            ended.add_metric((name, ending.name.lower()), count)
        throttled.add_metric((name,), function.counts.throttled)
        _add(durations, name, function.counts.durations)
        _add(inits, name, function.counts.inits)
    yield from (ended, throttled, durations, inits)


def _add(family: HistogramMetricFamily, function: str, histogram: Histogram) -> None:
    buckets, sofar = [], 0
    for bound, count in zip((*map(str, histogram.bounds), "+Inf"), histogram.counts, strict=True):
        sofar += count
        buckets.append((bound, sofar))
    family.add_metric((function,), buckets, histogram.total)


def _slots(statistics: Mapping[str, Statistics]) -> Iterator[Metric]:
    slots = GaugeMetricFamily("esb_slots", "Slots of a function.", labels=("function", "state"))
    queued = GaugeMetricFamily("esb_queued_invocations", "Invocations that wait for a slot.", labels=("function",))
    oldest = GaugeMetricFamily("esb_queue_oldest_age_seconds", "Age of the first of these.", labels=("function",))
    for name, function in statistics.items():
        for state, count in function.slots.items():
            slots.add_metric((name, state.value), count)
        queued.add_metric((name,), function.queued)
        oldest.add_metric((name,), function.oldest_age)
    yield from (slots, queued, oldest)


def _by_route(counts: RequestCounts) -> _Counted:
    return (
        ((api, f"{method} {path}".strip(), _class(status)), count)
        for (api, method, path, status), count in counts.routes.items()
    )


def _by_url(counts: RequestCounts) -> _Counted:
    return (((function, _class(status)), count) for (function, status), count in counts.urls.items())


def _by_status(counts: RequestCounts) -> _Counted:
    return (((str(status),), count) for status, count in counts.invoke_api.items())


def _by_engine(counts: RequestCounts) -> _Counted:
    return (((service, str(status)), count) for (service, status), count in counts.engines.items())


def _by_table(counts: RequestCounts) -> _Counted:
    return (((table,), count) for table, count in counts.expired.items())


class _Counter(NamedTuple):
    """A counter of requests, and its counts by the values of its labels."""

    name: str
    text: str
    labels: tuple[str, ...]
    counted: Callable[[RequestCounts], _Counted]


_MAPPING: Final = ("function", "mapping", "outcome")
_COUNTERS: Final = (
    _Counter("esb_requests", "Requests to APIs.", ("api", "route", "status"), _by_route),
    _Counter("esb_url_requests", "Requests to function URLs.", ("function", "status"), _by_url),
    _Counter("esb_invoke_requests", "Requests to the Lambda API.", ("status",), _by_status),
    _Counter("esb_engine_requests", "Requests to ports of engines.", ("service", "status"), _by_engine),
    _Counter("esb_expired_items_deleted", "Items that expired and were deleted.", ("table",), _by_table),
    _Counter(
        "esb_authorizations",
        "Calls of guarded routes.",
        ("api", "authorizer", "result"),
        lambda counts: counts.authorizations.items(),
    ),
    _Counter(
        "esb_schedule_firings",
        "Schedules that were due.",
        ("function", "schedule", "outcome"),
        lambda counts: counts.occurrences.items(),
    ),
    _Counter(
        "esb_mapping_batches", "Batches of event source mappings.", _MAPPING, lambda counts: counts.batches.items()
    ),
    _Counter("esb_mapping_messages", "Messages of these.", _MAPPING, lambda counts: counts.messages.items()),
    _Counter(
        "esb_bucket_notifications",
        "Messages about changed objects.",
        ("bucket", "configuration"),
        lambda counts: counts.notifications.items(),
    ),
    _Counter(
        "esb_recursive_invocations_dropped",
        "Invocations that would have gone on a loop.",
        ("function",),
        lambda counts: counts.loops.items(),
    ),
)


def _requests(counts: RequestCounts) -> Iterator[Metric]:
    for row in _COUNTERS:
        family = CounterMetricFamily(row.name, row.text, labels=row.labels)
        _add_all(family, row.counted(counts))
        yield family


def _add_all(family: CounterMetricFamily, counted: _Counted) -> None:
    """Add the counts; those with the same labels are added up."""
    sums: dict[tuple[str, ...], int] = defaultdict(int)
    for labels, count in counted:
        sums[labels] += count
    for labels, count in sums.items():
        family.add_metric(labels, count)


def _class(status: int) -> str:
    return f"{status // 100}xx"


def _events(events: QueueNumbers) -> Iterator[Metric]:
    yield GaugeMetricFamily("esb_events_queued", "Asynchronous invocations that are not over.", events.queued)
    yield GaugeMetricFamily("esb_events_oldest_age_seconds", "Age of the oldest of these.", events.oldest_age)
    yield GaugeMetricFamily("esb_events_kept", "Asynchronous invocations that ended and are kept.", events.kept)


def _drift(resources: Iterable[str]) -> Iterator[Metric]:
    drifted = GaugeMetricFamily("esb_drift", "1 for a resource that differs from the file.", labels=("resource",))
    for resource in sorted(resources):
        drifted.add_metric((resource,), 1)
    yield drifted
