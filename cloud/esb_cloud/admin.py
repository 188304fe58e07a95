"""`/health` and `/_esb/metrics`: for those who watch the server, without a signature."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector, CollectorRegistry

from esb_cloud.aws.dispatch import Dispatcher
from esb_cloud.aws.service import Gauge, Service
from esb_cloud.sql.transaction import Transaction
from esb_schemas.endpoints import ANYONE, Endpoint, EndpointTable
from esb_wire.errors import AwsError
from esb_wire.http.limited_page import LimitedPage
from esb_wire.http.messages import Request, Respond, Response, json_response
from esb_wire.task_set import TaskSet

_HEALTH: Final = Endpoint("GET", "/health", ANYONE, "200, or 503 when the file cannot be written")
_OWN_HEALTH: Final = Endpoint("GET", "/_esb/health", ANYONE, "the same")
_METRICS: Final = Endpoint(
    "GET",
    "/_esb/metrics",
    ANYONE,
    "counts and states for Prometheus",
)
ENDPOINTS: Final = EndpointTable("", "", (_HEALTH, _OWN_HEALTH, _METRICS))
_METRICS_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


class Admin:
    """Answers what is no AWS API, and hands everything else on."""

    def __init__(self, dispatcher: Dispatcher, services: tuple[Service, ...]) -> None:
        self.dispatcher: Final = dispatcher
        self.services: Final = services
        self._metrics: Final = LimitedPage(self._make_metrics)
        self._tasks: Final = TaskSet()

    def handle(self, request: Request, respond: Respond) -> None:
        """Answer a request. Raises nothing."""
        asked = ENDPOINTS.find(request.method, request.path)
        if asked is None:
            self.dispatcher.handle(request, respond)
        elif asked.endpoint is _METRICS:
            self._tasks.start(self._answer_metrics(request, respond))
        else:
            respond(self._health())

    def _health(self) -> Response:
        problem = self.dispatcher.store.problem
        if problem is None:
            return json_response(200, {"status": "ok", "services": [service.name for service in self.services]})
        return json_response(503, {"status": "failed", "message": f"The file cannot be written: {problem}."})

    async def _answer_metrics(self, request: Request, respond: Respond) -> None:
        try:
            response = await self._metrics.get()
        except Exception as error:
            known = error if isinstance(error, AwsError) else self.dispatcher.defect(request, error)
            response = json_response(known.status, {"message": str(known)})
        respond(response)

    async def _make_metrics(self) -> tuple[Response, float]:
        """The page, and the CPU time of the store's threads and of this one: the store counts all messages."""

        def gauges(transaction: Transaction) -> tuple[list[Gauge], float]:
            begun = time.thread_time()
            found = [gauge for service in self.services for gauge in service.gauges(transaction)]
            return found, time.thread_time() - begun

        found, seconds = await self.dispatcher.store.do(gauges)
        begun = time.thread_time()
        registry = CollectorRegistry()
        registry.register(_Collected([*self._own(), *_families(found)]))
        page = Response(200, (("Content-Type", _METRICS_TYPE),), generate_latest(registry))
        return page, seconds + time.thread_time() - begun

    def _own(self) -> Iterator[Metric]:
        store = self.dispatcher.store
        requests = CounterMetricFamily(
            "esb_cloud_requests", "Requests to the AWS APIs.", labels=("service", "operation", "status")
        )
        for (service, operation, status), count in self.dispatcher.counts.items():
            requests.add_metric((service, operation, str(status)), count)
        used, most = store.size
        yield requests
        yield CounterMetricFamily("esb_cloud_commits", "Transactions that were made durable.", store.commits)
        yield GaugeMetricFamily("esb_cloud_file_bytes", "Bytes in use in the file.", used)
        yield GaugeMetricFamily("esb_cloud_file_max_bytes", "Bytes that may be in use (--max-size).", most)
        yield GaugeMetricFamily("esb_cloud_waiting", "Long polls that wait.", len(self.dispatcher.waiters))


@dataclass(frozen=True, slots=True, eq=False)
class _Collected(Collector):
    families: list[Metric]

    def collect(self) -> Iterable[Metric]:
        return self.families


def _families(gauges: Iterable[Gauge]) -> Iterator[Metric]:
    by_name: dict[str, GaugeMetricFamily] = {}
    for gauge in gauges:
        family = by_name.get(gauge.name)
        if family is None:
            family = by_name[gauge.name] = GaugeMetricFamily(gauge.name, gauge.help, labels=tuple(gauge.labels))
        family.add_metric(tuple(gauge.labels.values()), gauge.value)
    yield from by_name.values()
