"""The pages below `/_esb/` that show counts and states: metrics and schedules."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeAlias

from esb_gateway.admin.metric_sources import MetricSources
from esb_gateway.admin.metrics_page import MetricsPage
from esb_gateway.async_invoke.event_queue import EventQueue
from esb_gateway.event_sources.running_sources import RunningSources
from esb_gateway.event_sources.schedules.listing import describe, schedules_of
from esb_gateway.execution.functions import Functions
from esb_gateway.telemetry.telemetry import Telemetry
from esb_schemas.endpoints import ANYONE, Endpoint
from esb_wire.http.messages import Request, Response, json_response

Page: TypeAlias = Callable[[Request], Coroutine[Any, Any, Response]]

_METRICS: Final = Endpoint("GET", "/_esb/metrics", ANYONE, "counts and states for Prometheus: [metrics.md](metrics.md)")
_SCHEDULES: Final = Endpoint(
    "GET", "/_esb/schedules", ANYONE, "each schedule, with the next times: [schedules.md](schedules.md)"
)
COUNTS: Final = (_METRICS, _SCHEDULES)
_SHOWN_OCCURRENCES: Final = 5


def pages(
    functions: Functions,
    events: EventQueue,
    sources: RunningSources,
    telemetry: Telemetry,
    drifted: Callable[[], frozenset[str]],
) -> dict[str, Page]:
    """The pages by path. `drifted` gives the resources that differ from the file."""

    metrics = MetricsPage(MetricSources(functions.statistics, telemetry.counts, events.numbers, drifted))

    async def schedules(_: Request) -> Response:
        now, known = telemetry.clock(), schedules_of(sources.mappings)
        return json_response(200, {"schedules": [describe(each, now, _SHOWN_OCCURRENCES) for each in known]})

    return {_METRICS.path: metrics.get, _SCHEDULES.path: schedules}
