"""`/_esb/metrics`: what is exported is what docs/metrics.md says, with the numbers that were counted."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from esb_gateway.admin.metric_sources import MetricSources
from esb_gateway.admin.metrics import registry
from esb_gateway.admin.metrics_page import MetricsPage
from esb_gateway.async_invoke.event_queue import QueueNumbers
from esb_gateway.execution.pools.slots import State
from esb_gateway.execution.statistics import Statistics
from esb_gateway.invocation import Ending
from esb_gateway.telemetry.counts import FunctionCounts, RequestCounts
from esb_wire.http.messages import Request, Response
from tests.gateway.fakes import GatewayHarness

DOCUMENT = Path(__file__).parents[3] / "docs/metrics.md"


@pytest.fixture
def sources() -> MetricSources:
    counts = FunctionCounts(throttled=2)
    counts.endings[Ending.DONE] = 3
    counts.endings[Ending.FUNCTION_ERROR] = 1
    for seconds in (0.004, 0.05, 0.05, 3000.0):
        counts.durations.observe(seconds)
    counts.inits.observe(0.3)
    slots = dict.fromkeys(State, 0) | {State.BUSY: 1}
    requests = RequestCounts()
    requests.routes["Shop", "GET", "/orders/{id}", 200] = 4
    requests.routes["Shop", "GET", "/orders/{id}", 204] = 1
    requests.routes["", "", "", 404] = 2
    requests.urls["hello", 200] = 1
    requests.urls["hello", 201] = 1
    requests.invoke_api[429] = 2
    requests.engines["dynamodb", 403] = 4
    requests.expired["Sessions"] = 9
    requests.occurrences["hello", "Nightly", "fired"] = 6
    requests.authorizations["Shop", "Tokens", "denied"] = 1
    requests.batches["hello", "Orders", "failed"] = 2
    requests.messages["hello", "Orders", "succeeded"] = 18
    requests.notifications["uploads", "images"] = 3
    requests.loops["hello",] = 2
    return MetricSources(
        lambda: {"hello": Statistics(slots, 5, 1, 1.5, counts)},
        requests,
        lambda: QueueNumbers(7, 3, 12.5),
        lambda: frozenset({"table Orders"}),
    )


def request(page: str, accept: str = "") -> Request:
    return Request("GET", f"/_esb/{page}", "", (), {"accept": accept}, b"", "192.0.2.1")


def scraped(sources: MetricSources, accept: str = "") -> Response:
    return asyncio.run(MetricsPage(sources).get(request("metrics", accept)))


def values(text: str) -> dict[str, float]:
    """Every sample, written as in the format itself."""
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {f"{each.name}{each.labels or ''}": each.value for each in samples}


def test_each_count_has_a_metric(sources: MetricSources) -> None:
    response = scraped(sources)
    assert dict(response.headers)["Content-Type"].startswith("text/plain; version=")
    found = values(response.body.decode())
    expected = {
        "esb_invocations_total{'function': 'hello', 'outcome': 'done'}": 3,
        "esb_invocations_total{'function': 'hello', 'outcome': 'function_error'}": 1,
        "esb_invocations_total{'function': 'hello', 'outcome': 'timed_out'}": 0,
        "esb_throttles_total{'function': 'hello'}": 2,
        "esb_invocation_duration_seconds_bucket{'function': 'hello', 'le': '0.005'}": 1,
        "esb_invocation_duration_seconds_bucket{'function': 'hello', 'le': '0.05'}": 3,
        "esb_invocation_duration_seconds_bucket{'function': 'hello', 'le': '900.0'}": 3,
        "esb_invocation_duration_seconds_bucket{'function': 'hello', 'le': '+Inf'}": 4,
        "esb_invocation_duration_seconds_count{'function': 'hello'}": 4,
        "esb_invocation_duration_seconds_sum{'function': 'hello'}": 3000.104,
        "esb_cold_start_duration_seconds_count{'function': 'hello'}": 1,
        "esb_slots{'function': 'hello', 'state': 'busy'}": 1,
        "esb_queued_invocations{'function': 'hello'}": 5,
        "esb_queue_oldest_age_seconds{'function': 'hello'}": 1.5,
        "esb_requests_total{'api': 'Shop', 'route': 'GET /orders/{id}', 'status': '2xx'}": 5,
        "esb_requests_total{'api': '', 'route': '', 'status': '4xx'}": 2,
        "esb_url_requests_total{'function': 'hello', 'status': '2xx'}": 2,
        "esb_invoke_requests_total{'status': '429'}": 2,
        "esb_expired_items_deleted_total{'table': 'Sessions'}": 9,
        "esb_recursive_invocations_dropped_total{'function': 'hello'}": 2,
        "esb_engine_requests_total{'service': 'dynamodb', 'status': '403'}": 4,
        "esb_events_queued": 7,
        "esb_events_oldest_age_seconds": 12.5,
        "esb_events_kept": 3,
        "esb_schedule_firings_total{'function': 'hello', 'outcome': 'fired', 'schedule': 'Nightly'}": 6,
        "esb_mapping_batches_total{'function': 'hello', 'mapping': 'Orders', 'outcome': 'failed'}": 2,
        "esb_mapping_messages_total{'function': 'hello', 'mapping': 'Orders', 'outcome': 'succeeded'}": 18,
        "esb_authorizations_total{'api': 'Shop', 'authorizer': 'Tokens', 'result': 'denied'}": 1,
        "esb_drift{'resource': 'table Orders'}": 1,
    }
    assert {name: found.get(name) for name in expected} == expected


def test_a_scraper_may_ask_for_openmetrics(sources: MetricSources) -> None:
    response = scraped(sources, "application/openmetrics-text; version=1.0.0")
    assert dict(response.headers)["Content-Type"].startswith("application/openmetrics-text")
    parse: Any = openmetrics.text_string_to_metric_families
    assert "esb_invocations" in [family.name for family in parse(response.body.decode())]


def test_the_document_has_every_metric_with_its_labels(sources: MetricSources) -> None:
    exported = {
        family.name + ("_total" if family.type == "counter" else ""): {
            label for sample in family.samples for label in sample.labels if label != "le"
        }
        for family in registry(sources.read()).collect()
    }
    rows = re.findall(r"^\| `((?:esb|process)_\w+)` \|([^|]*)\|", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    assert {name: set(re.findall(r"`(\w+)`", labels)) for name, labels in rows} == exported


def test_each_format_has_a_page_with_the_numbers_of_its_time(sources: MetricSources) -> None:
    async def scenario() -> None:
        page = MetricsPage(sources)
        first = await page.get(request("metrics"))
        sources.requests.urls["hello", 200] += 5
        assert await page.get(request("metrics")) != first
        other = await page.get(request("metrics", "application/openmetrics-text; version=1.0.0"))
        assert b'esb_url_requests_total{function="hello",status="2xx"} 7.0' in other.body

    asyncio.run(scenario())


def test_requests_that_are_counted_while_a_page_is_made_do_not_disturb_it(sources: MetricSources) -> None:
    numbers = sources.read()
    collecting = registry(numbers).collect()
    next(iter(collecting))
    sources.requests.routes["Shop", "GET", "/new", 200] += 1
    assert not [family for family in collecting if "/new" in str(family.samples)]


def test_the_gateway_serves_the_page(harness: GatewayHarness, make_request: Callable[..., Request]) -> None:
    async def page(_: Request) -> Response:
        return Response(200, (), b"numbers")

    harness.pages = {"/_esb/metrics": page}
    assert [each.status for each in harness.ask(make_request("GET", "/_esb/metrics"))] == [200]
    assert [each.status for each in harness.ask(make_request("GET", "/_esb/metric"))] == [404]
