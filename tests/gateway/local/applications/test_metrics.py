"""`/_esb/metrics` of a gateway that runs: each way in which an invocation ends is counted once."""

from __future__ import annotations

import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.gateway.local.local_gateway import LocalGateway

pytestmark = pytest.mark.server


def scrape(gateway: LocalGateway) -> dict[tuple[str, ...], float]:
    """Every sample by its name and the values of its labels."""
    with urllib.request.urlopen(gateway.addresses["ready"] + "/_esb/metrics", timeout=20) as answer:
        families = list(text_string_to_metric_families(answer.read().decode()))
    return {(each.name, *each.labels.values()): each.value for family in families for each in family.samples}


def test_what_has_happened_is_counted(shop: LocalGateway) -> None:
    shop.invoke("ReportFunction", {"day": "warm"})
    before = scrape(shop)
    shop.invoke("ReportFunction", {"day": "today"})
    shop.invoke("ReportFunction", {"pause": "none"})
    shop.call("GET", "/orders/unknown")
    after = scrape(shop)
    name = "ReportFunction"
    grown = {key: after[key] - before.get(key, 0) for key in after if after[key] != before.get(key, 0)}
    assert grown[("esb_invocations_total", name, "done")] == 1
    assert grown[("esb_invocations_total", name, "function_error")] == 1
    assert grown[("esb_invocation_duration_seconds_count", name)] == 2
    assert grown[("esb_invoke_requests_total", "200")] == 2
    assert grown[("esb_requests_total", "ShopApi", "GET /orders/{id}", "4xx")] == 1
    assert after[("esb_cold_start_duration_seconds_count", name)] >= 1
    assert after[("process_resident_memory_bytes",)] > 0
