"""Which paths are the Lambda API, and what is said of operations that are not answered."""

from __future__ import annotations

import json
import re
from typing import Any

import botocore.session
import pytest

from esb_gateway.lambda_api.operations import Operation, is_lambda_api, requested_operation
from tests.gateway.fakes import GatewayHarness, build_request

_MODEL: Any = botocore.session.Session().get_service_model("lambda")
_REQUESTS = {
    name: (http["method"], re.sub(r"\{[^}]+\}", "x", http["requestUri"].partition("?")[0]))
    for name in _MODEL.operation_names
    for http in [_MODEL.operation_model(name).http]
}


def test_every_path_of_botocore_is_the_lambda_api() -> None:
    assert [path for _, path in _REQUESTS.values() if not is_lambda_api(path)] == []


@pytest.mark.parametrize("operation", Operation)
def test_an_operation_is_known_by_the_request_that_botocore_makes_for_it(operation: Operation) -> None:
    assert requested_operation(*_REQUESTS[operation.value]).operation is operation


@pytest.mark.parametrize("path", ["/2024-01-01/report", "/2015-03-31", "/functions", "/x/2015-03-31/functions"])
def test_a_route_may_begin_with_a_date(path: str) -> None:
    assert not is_lambda_api(path)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/2016-08-19/account-settings/more"),
        ("POST", "/2015-03-31/functions"),
        ("DELETE", "/2015-03-31/functions/hello"),
        ("GET", "/2018-10-31/layers"),
        ("POST", "/2015-03-31/event-source-mappings/"),
        ("GET", "/2017-03-31/tags/arn"),
    ],
)
def test_an_operation_that_is_not_answered_is_unknown(harness: GatewayHarness, method: str, path: str) -> None:
    (response,) = harness.ask(build_request(method, path))
    assert (response.status, dict(response.headers)["x-amzn-ErrorType"]) == (404, "UnknownOperationException")
    message = json.loads(response.body)["message"]
    assert message.startswith(f"{method} {path}: of Lambda's API, these alone are answered here: Invoke, ")
    assert harness.invoker.submitted == []
