"""Requests are counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from esb_gateway.invocation import Outcome
from esb_wire.http.messages import Request

Make = Callable[..., Request]


def test_requests_are_counted_by_route_and_status(
    bench: Any, make_request: Make, done: Callable[[str], Outcome]
) -> None:
    bench.invoker.answer = lambda _: done('{"statusCode":201}')
    bench.ask(make_request("POST", "/hello"))
    bench.ask(make_request("POST", "/hello"))
    bench.ask(make_request("GET", "/nowhere"))
    bench.ask(make_request("POST", "/2015-03-31/functions/hello/invocations", body=b"{}"))
    bench.ask(make_request("POST", "/2015-03-31/functions/nobody/invocations", body=b"{}"))
    assert dict(bench.counts.routes) == {("Shop", "ANY", "/hello", 201): 2, ("", "", "", 404): 1}
    assert dict(bench.counts.invoke_api) == {200: 1, 404: 1}
