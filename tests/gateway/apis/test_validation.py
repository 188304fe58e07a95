"""Which requests a REST API refuses because they are not valid.

The two messages are those that AWS was recorded to answer (LocalStack's snapshot tests of request validators). That a
parameter must not be blank, and which bodies are not checked, is in "Request validation for REST APIs" of API Gateway's
developer guide.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from esb_gateway.configuration.compiling import read_configuration
from esb_gateway.invocation import Ending, Outcome
from esb_wire.http.messages import Request, Response
from esb_wire.offload import LARGE, Backlog
from tests.gateway.fakes import GatewayHarness

ORDER = {"type": "object", "required": ["item"], "properties": {"item": {"type": "string"}}}
ROUTE = {"path": "/orders/{id}", "method": "POST", "function": "f", "api": "Shop"}
Ask = Callable[..., Response]


@pytest.fixture
def ask(harness: GatewayHarness, make_request: Callable[..., Request]) -> Callable[..., Ask]:
    """For a route with some validation: asks it, and gives the response."""

    def route(validation: dict[str, Any], models: dict[str, Any] | None = None, **more: Any) -> Ask:
        api = {"type": "REST", "stage": "prod", "models": models or {}}
        harness.configuration = read_configuration(
            {"functions": {"f": {"handler": "h", "runtime": "python3.12"}}},
            {"apis": {"Shop": api}, "routes": [{**ROUTE, "validation": validation, **more}]},
        )
        harness.invoker.answer = lambda _: Outcome(Ending.DONE, b'{"statusCode":200,"body":"in"}')
        gateway = harness.gateway()

        def call(target: str = "/orders/1", *headers: tuple[str, str], body: bytes = b"") -> Response:
            answers = harness.ask(make_request("POST", target, [*map(list, headers)], body), gateway)
            deadline = time.monotonic() + 10
            while not answers and time.monotonic() < deadline:  # a large body is validated in a thread
                harness.run(lambda: None)
            (response,) = answers
            return response

        return call

    return route


def message(response: Response) -> str | None:
    """The message of a 400; None if the function was invoked."""
    if response.status == 200:
        return None
    assert response.status == 400
    assert dict(response.headers)["x-amzn-ErrorType"] == "BadRequestException"
    assert json.loads(response.body).keys() == {"message"}
    return str(json.loads(response.body)["message"])


HEADER = ("X-Header-Param", "a")


@pytest.mark.parametrize(
    ("target", "headers", "expected"),
    [
        ("/orders/1", [], "Missing required request parameters: [x-header-param, qs1]"),
        ("/orders/1?qs1=a", [], "Missing required request parameters: [x-header-param]"),
        ("/orders/1", [HEADER], "Missing required request parameters: [qs1]"),
        ("/orders/1?qs1=", [HEADER], "Missing required request parameters: [qs1]"),
        ("/orders/1?qs1=&qs1=b", [HEADER], None),
        ("/orders/1?QS1=a", [HEADER], "Missing required request parameters: [qs1]"),
        ("/orders/1?q%731=a", [("x-header-param", "")], "Missing required request parameters: [x-header-param]"),
        ("/orders/1?qs1=a", [HEADER], None),
    ],
)
def test_required_parameters(
    ask: Callable[..., Ask], target: str, headers: list[tuple[str, str]], expected: str | None
) -> None:
    route = ask({"parameters": ["querystring.qs1", "path.id", "header.x-header-param"]})
    assert message(route(target, *headers)) == expected


JSON = ("Content-Type", "application/json")
TEXT = ("Content-Type", "text/plain")
INVALID = "Invalid request body"


@pytest.mark.parametrize(
    ("headers", "body", "expected"),
    [
        ([JSON], b'{"item":"tea"}', None),
        ([("content-type", "APPLICATION/JSON; charset=utf-8")], b'{"item":"tea"}', None),
        ([], b'{"item":"tea"}', None),
        ([JSON], b'{"item":1}', INVALID),
        ([], b"{}", INVALID),
        ([JSON], b"", INVALID),
        ([JSON], b"[]", INVALID),
        ([JSON], b'{"item":"tea"', INVALID),
        ([JSON], b'{"item":"tea","n":NaN}', INVALID),
        ([JSON], b'{"item":"\xff"}', INVALID),
        ([JSON], b"[" * 100_000, INVALID),
        ([JSON], b'{"item":"' + b"a" * 100_000 + b'"}', None),
        ([JSON], b'{"item":1,"b":"' + b"a" * 100_000 + b'"}', INVALID),
        ([TEXT], b"no JSON", None),
    ],
)
def test_a_body_must_be_valid_by_the_model_of_its_type(
    ask: Callable[..., Ask], headers: list[tuple[str, str]], body: bytes, expected: str | None
) -> None:
    route = ask({"bodies": {"application/json": {"$ref": "model:Order"}}}, {"Order": ORDER})
    assert message(route("/orders/1", *headers, body=body)) == expected


def test_a_pattern_that_explodes_is_a_400_and_the_log_says_so(ask: Callable[..., Ask]) -> None:
    schema = {"type": "object", "properties": {"item": {"type": "string", "pattern": "^(a|aa)+$"}}}
    route = ask({"bodies": {"application/json": schema}})
    assert message(route(body=b'{"item":"aaa"}')) is None
    assert message(route(body=b'{"item":"' + b"a" * 60 + b'b"}')) == INVALID


def test_the_default_schema_is_for_every_other_media_type(ask: Callable[..., Ask]) -> None:
    route = ask({"bodies": {"application/json": {}, "$default": ORDER}})
    assert message(route("/orders/1", TEXT, body=b"no JSON")) == INVALID
    assert message(route("/orders/1", ("Content-Type", "application/vnd.api+json"), body=b"{}")) == INVALID
    assert message(route("/orders/1", TEXT, body=b'{"item":"tea"}')) is None
    assert message(route("/orders/1", JSON, body=b"1")) is None


def test_parameters_come_before_the_body_and_the_caller_before_both(ask: Callable[..., Ask]) -> None:
    validation = {"parameters": ["header.A"], "bodies": {"application/json": ORDER}}
    assert message(ask(validation)(body=b"{}")) == "Missing required request parameters: [A]"
    assert ask(validation, api_key_required=True)(body=b"{}").status == 403


def test_a_model_refers_to_itself_and_to_others(ask: Callable[..., Ask]) -> None:
    tree = {"type": "object", "properties": {"leaf": {"$ref": "model:Order"}, "left": {"$ref": "model:Tree"}}}
    route = ask({"bodies": {"application/json": {"$ref": "model:Tree"}}}, {"Order": ORDER, "Tree": tree})
    assert message(route(body=b'{"left":{"left":{"leaf":{"item":"tea"}}}}')) is None
    assert message(route(body=b'{"left":{"left":{"leaf":{}}}}')) == INVALID
    assert message(route(body=b'{"left":' * 50_000 + b"{}" + b"}" * 50_000)) == INVALID


def test_a_large_body_is_validated_in_another_process(ask: Callable[..., Ask], harness: GatewayHarness) -> None:
    order = {**ORDER, "properties": {"item": {"$ref": "model:Item"}}}
    call = ask({"bodies": {"application/json": order}}, {"Item": {"type": "string"}})
    for item, expected in (("x" * LARGE, None), (["x" * LARGE], "Invalid request body")):
        assert message(call(body=json.dumps({"item": item}).encode())) == expected
    assert harness.offload.works[0] == harness.offload.works[-1] == "_is_valid"


def test_too_many_large_bodies_at_once_are_refused(ask: Callable[..., Ask], harness: GatewayHarness) -> None:
    harness.offload.backlog = Backlog(LARGE)
    response = ask({"bodies": {"application/json": ORDER}})(body=b'{"item":"%b"}' % (b"x" * LARGE))
    assert (response.status, harness.invoker.submitted) == (503, [])
