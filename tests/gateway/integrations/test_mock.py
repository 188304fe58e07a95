"""Routes that the gateway itself answers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

from esb_wire.http.messages import Request
from tests.gateway.integrations.routes import configuration


def mock(**more: Any) -> dict[str, Any]:
    answer = {"type": "MOCK", "status": 418, "headers": {"X-A": "b", "Content-Type": "text/plain"}, "body": "tea"}
    return {"path": "/tea", "method": "GET", "api": "Shop", "integration": answer, **more}


class TestMock:
    def test_the_gateway_answers_itself(self, harness: Any, make_request: Callable[..., Request]) -> None:
        harness.configuration = configuration(mock())
        (response,) = harness.ask(make_request("GET", "/tea"))
        headers = dict(response.headers)
        assert (response.status, response.body, headers["X-A"]) == (418, b"tea", "b")
        assert "x-amzn-RequestId" in headers
        assert "X-Amzn-Trace-Id" not in headers
        assert harness.counts.routes == {("Shop", "GET", "/tea", 418): 1}
        assert [fields["status"] for kind, _, fields in harness.lines if kind == "access"] == [418]

    def test_callers_are_checked_first(self, harness: Any, make_request: Callable[..., Request]) -> None:
        authorizers = {"Asks": {"type": "TOKEN", "function": "check", "identity_sources": ["$request.header.T"]}}
        harness.configuration = configuration(mock(authorizer="Asks"), authorizers=authorizers)
        (response,) = harness.ask(make_request("GET", "/tea"))
        assert response.status == 401

    def test_a_body_that_is_too_large(self, harness: Any, make_request: Callable[..., Request]) -> None:
        harness.configuration = configuration(mock())
        assert harness.ask(make_request("GET", "/tea", too_large=True))[0].status == 413

    def test_nothing_is_loaded_for_it(self) -> None:
        program = "import sys, esb_gateway.serving.gateway; sys.exit('httpx' in sys.modules)"
        assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
