"""Defaults of routing.yml that depend on the type of the API or on other keys."""

from __future__ import annotations

import pytest

from esb_schemas import contract


def test_what_counts_by_the_type_of_an_api() -> None:
    route = contract.Route("/", "GET", "f")
    assert [contract.payload_of_route(route, "REST"), contract.payload_of_route(route, "HTTP")] == ["1.0", "2.0"]
    assert [contract.timeout_of_route(route, "REST"), contract.timeout_of_route(route, "HTTP")] == [29, 30]
    assert contract.timeout_of_route(route._replace(timeout_in_millis=50), "REST") == 0.05
    authorizer = contract.Authorizer("REQUEST", "f", identity_sources=("$request.header.A",))
    assert [contract.result_ttl_of(authorizer, "REST"), contract.result_ttl_of(authorizer, "HTTP")] == [300, 0]
    assert contract.result_ttl_of(authorizer._replace(result_ttl_in_seconds=0), "REST") == 0
    assert contract.result_ttl_of(authorizer._replace(identity_sources=()), "REST") == 0


@pytest.mark.parametrize(
    ("throttle", "burst"),
    [
        (contract.Throttle(10.5), 10),
        (contract.Throttle(0.1), 1),
        (contract.Throttle(10, 20), 20),
        (contract.Throttle(10, 0), 0),
    ],
)
def test_the_burst_of_a_throttle(throttle: contract.Throttle, burst: int) -> None:
    assert contract.burst_limit_of(throttle) == burst
