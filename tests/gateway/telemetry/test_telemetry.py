"""The lines of requests in the log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from esb_gateway.configuration.compiling import read_configuration
from esb_gateway.invocation import Ending, Outcome
from esb_wire.http.messages import Request
from tests.gateway.fakes import GatewayHarness

FAILED = Outcome(Ending.FUNCTION_ERROR, b'{"errorMessage": "no", "errorType": "KeyError"}')


@pytest.fixture
def access(harness: GatewayHarness, make_request: Callable[..., Request]) -> Callable[..., dict[str, Any]]:
    """Makes a request and returns its line."""
    harness.configuration = read_configuration(
        {"functions": {"f": {"handler": "h", "runtime": "python3.12", "url": {"auth_type": "NONE"}}}},
        {"routes": [{"method": "GET", "path": "/a", "function": "f"}]},
    )

    def line(method: str, path: str, outcome: Outcome) -> dict[str, Any]:
        harness.invoker.answer = lambda _: outcome
        harness.ask(make_request(method, path))
        *_, (kind, level, fields) = harness.lines
        assert (kind, level) == ("access", "INFO")
        return fields

    return line


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/a", 500),
        ("GET", "/_url/f/", 502),
        ("POST", "/2015-03-31/functions/f/invocations", 200),
    ],
)
def test_a_request_has_the_error_type_of_its_function(
    access: Callable[..., dict[str, Any]], method: str, path: str, status: int
) -> None:
    failed = access(method, path, FAILED)
    assert (failed["status"], failed["error_type"]) == (status, "KeyError")
    assert failed["message"] == f"{method} {path} {status} KeyError"
    returned = access(method, path, Outcome(Ending.DONE, b'{"errorType": "mine"}'))
    assert (returned["error_type"], returned["message"]) == ("", f"{method} {path} 200")


@pytest.mark.parametrize("payload", [b"", b"[]", b"{}", b"x" * 100_000])
def test_an_error_document_without_a_type_has_none(payload: bytes) -> None:
    assert Outcome(Ending.FUNCTION_ERROR, payload).error_type == ""
