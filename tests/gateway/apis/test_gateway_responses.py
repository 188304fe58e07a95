"""Responses that a REST API changes: "Gateway response types" in API Gateway's developer guide."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from esb_gateway.configuration.compiling import read_configuration
from esb_gateway.invocation import Ending, Outcome
from esb_wire.http.messages import Request, Response
from tests.gateway.fakes import GatewayHarness

JSON = "application/json"
Ask = Callable[..., Response]


@pytest.fixture
def ask(harness: GatewayHarness, make_request: Callable[..., Request]) -> Callable[..., Ask]:
    """For an API with some gateway responses: asks it, and gives the response."""

    def api(**changes: dict[str, Any]) -> Ask:
        routes: list[dict[str, Any]] = [
            {"path": "/key", "api_key_required": True},
            {"path": "/signed", "authorization": "AWS_IAM"},
            {"path": "/valid", "validation": {"parameters": ["querystring.a"], "bodies": {JSON: {"type": "array"}}}},
            {"path": "/open"},
        ]
        harness.configuration = read_configuration(
            {"functions": {"f": {"handler": "h", "runtime": "python3.12"}}},
            {
                "apis": {"Shop": {"type": "REST", "stage": "prod", "gateway_responses": changes}},
                "routes": [{"method": "GET", "function": "f", "api": "Shop", **route} for route in routes],
            },
        )
        harness.invoker.answer = lambda _: Outcome(Ending.FUNCTION_ERROR, b"{}")
        gateway = harness.gateway()

        def call(target: str, *headers: tuple[str, str]) -> Response:
            (response,) = harness.ask(make_request("GET", target, [*map(list, headers)]), gateway)
            return response

        return call

    return api


ORIGIN = {"headers": {"Access-Control-Allow-Origin": "*"}}


@pytest.mark.parametrize("target", ["/nowhere", "/key", "/signed", "/valid", "/valid?a=1"])
def test_default_4xx_is_for_every_type_with_such_a_status(ask: Callable[..., Ask], target: str) -> None:
    plain, changed = ask()(target), ask(DEFAULT_4XX=ORIGIN, DEFAULT_5XX={"status": 599})(target)
    assert 400 <= plain.status < 500
    assert changed.status == plain.status
    assert dict(changed.headers)["Access-Control-Allow-Origin"] == "*"
    assert {"x-amzn-ErrorType", "Content-Type"} <= dict(changed.headers).keys()
    assert changed.body == plain.body


def test_default_5xx(ask: Callable[..., Ask]) -> None:
    changed = ask(DEFAULT_4XX={"status": 499}, DEFAULT_5XX={"status": 503, **ORIGIN})("/open")
    assert (changed.status, changed.body) == (503, b'{"message":"Internal server error"}')
    assert dict(changed.headers)["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    ("target", "type_", "text"),
    [
        ("/nowhere", "MISSING_AUTHENTICATION_TOKEN", "Missing Authentication Token"),
        ("/key", "INVALID_API_KEY", "Forbidden"),
        ("/valid", "BAD_REQUEST_PARAMETERS", "Missing required request parameters: [a]"),
        ("/valid?a=1", "BAD_REQUEST_BODY", "Invalid request body"),
        ("/open", "DEFAULT_5XX", "Internal server error"),
    ],
)
def test_a_type_of_its_own_comes_before_the_default(
    ask: Callable[..., Ask], target: str, type_: str, text: str
) -> None:
    template = (
        '{"error":$context.error.messageString,"text":"$context.error.message","of":"$context.error.responseType"}'
    )
    own = {"status": 418, "templates": {JSON: template}}
    changed = ask(**{"DEFAULT_4XX": ORIGIN, type_: own})(target)
    assert changed.status == 418
    assert changed.body.decode() == f'{{"error":"{text}","text":"{text}","of":"{type_}"}}'
    assert "Access-Control-Allow-Origin" not in dict(changed.headers)


def test_the_ids_of_the_request_are_variables(ask: Callable[..., Ask]) -> None:
    template = "$context.requestId $context.extendedRequestId"
    changed = ask(INVALID_API_KEY={"templates": {"text/plain": template}})("/key")
    headers = dict(changed.headers)
    assert changed.body.decode() == f"{headers['x-amzn-RequestId']} {headers['x-amz-apigw-id']}"
    assert headers["Content-Type"] == "text/plain"


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/html", "text/html"),
        ("text/html;q=0.9, application/json", "text/html"),
        ("application/json", JSON),
        ("*/*", JSON),
        ("image/png", JSON),
    ],
)
def test_accept_chooses_the_template(ask: Callable[..., Ask], accept: str, kind: str) -> None:
    changed = ask(DEFAULT_4XX={"templates": {"text/html": "text/html", JSON: JSON}})("/key", ("Accept", accept))
    assert (changed.body.decode(), dict(changed.headers)["Content-Type"]) == (kind, kind)


def test_without_json_the_first_template_counts(ask: Callable[..., Ask]) -> None:
    changed = ask(DEFAULT_4XX={"templates": {"text/html": "<p>", "text/plain": "p"}})("/key")
    assert (changed.body, dict(changed.headers)["Content-Type"]) == (b"<p>", "text/html")


def test_a_header_replaces_one_of_the_same_name(ask: Callable[..., Ask]) -> None:
    own = {"content-type": "application/problem+json", "X-Amzn-ErrorType": "Mine"}
    changed = ask(INVALID_API_KEY={"headers": own, "templates": {JSON: "{}"}})("/key")
    names = [name.lower() for name, _ in changed.headers]
    assert names.count("content-type") == names.count("x-amzn-errortype") == 1
    assert dict(changed.headers).items() >= own.items()
