"""REST APIs and function URLs against what AWS was recorded to answer."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from esb_gateway.config import read_configuration
from esb_gateway.invocation import Ending, Outcome
from esb_wire.http.messages import Request, Response
from esb_wire.sigv4 import Credentials
from tests.gateway.fakes import GatewayHarness

Recorded = Callable[[str, str], dict[str, Any]]
Make = Callable[..., Request]

FUNCTION = {"handler": "h", "runtime": "python3.12", "url": {"auth_type": "NONE"}}
FUNCTIONS = {"functions": {"f": FUNCTION, "signed": {**FUNCTION, "url": {"auth_type": "AWS_IAM"}}}}
HEADERS = [
    ["Host", "api.example"],
    ["User-Agent", "python-requests/testing"],
    ["Accept-Encoding", "gzip, deflate"],
    ["Accept", "*/*"],
]


@pytest.fixture
def rest(harness: GatewayHarness) -> GatewayHarness:
    """A REST API with the resources of the recorded one; its function answers 200."""
    routes = [
        {"path": path, "method": method, "function": "f", "api": "Api"}
        for path, method in (("/{proxy+}", "ANY"), ("/hardcoded", "ANY"), ("/existing", "GET"))
    ]
    harness.configuration = read_configuration(
        FUNCTIONS, {"apis": {"Api": {"type": "REST", "stage": "stage"}}, "routes": routes}
    )
    harness.invoker.answer = lambda _: Outcome(Ending.DONE, b'{"statusCode":200,"body":"{}"}')
    return harness


# The requests of test_lambda_aws_proxy_integration, from the names of its steps and what they recorded.
PLAIN = [["Authorization", "random-value"], ["tEsT-HEADeR", "aValUE"]]
ENCODED = (
    "dateTimeOffset=2023-06-12T18:05:10.123456+00:00&email=test%2Balias@gmail.com&plus=test+alias@gmail.com"
    "&url=https://www.google.com/&whitespace=foo%20bar&zhash=abort/#"
)
CALLS: dict[str, tuple[str, list[list[str]], bytes]] = {
    "invocation-payload-without-trailing-slash": ("/stage/proxy-value", PLAIN, b""),
    "invocation-payload-with-trailing-slash": ("/stage/proxy-value/", PLAIN, b""),
    "invocation-payload-without-trailing-slash-and-query-params": ("/stage/proxy-value?urlparam=test", PLAIN, b""),
    "invocation-payload-with-trailing-slash-and-query-params": ("/stage/proxy-value/?urlparam=test", PLAIN, b""),
    "invocation-payload-with-prepended-slash": ("/stage//proxy-value", PLAIN, b""),
    "invocation-payload-with-prepended-slash-to-stage": ("//stage/proxy-value", PLAIN, b""),
    "invocation-payload-with-double-slash": ("/stage/proxy-value//double-slash", PLAIN, b""),
    "invocation-hardcoded": ("/stage//hardcoded", PLAIN, b""),
    "invocation-payload-with-path-encoded-email": (
        "/stage/proxy-value/api/user/test%2Balias@gmail.com/plus/test+alias@gmail.com", PLAIN, b"",
    ),
    "invocation-payload-with-params-encoding": (f"/stage/proxy-value/api?{ENCODED[:-1]}", PLAIN, b""),
    "invocation-payload-with-params-encoding-multi": (
        "/stage/proxy-value?category=electronics&category=books&price=10&price=20&price=30",
        [["Authorization", "Bearer token123;API key456"], ["Content-Type", "application/json;charset=utf-8"]],
        b'{"message": "hello world"}',
    ),
}  # fmt: skip

# What an event here cannot have: CloudFront is AWS's own, ids and addresses differ.
OF_CLOUDFRONT = ("CloudFront-", "Via", "X-Amz-Cf-Id")
MASKED = ("X-Amzn-Trace-Id", "X-Forwarded-For", "X-Forwarded-Port", "X-Forwarded-Proto", "Host")
OF_CONTEXT = (
    "accountId", "apiId", "deploymentId", "domainName", "domainPrefix", "extendedRequestId", "requestId", "requestTime",
    "requestTimeEpoch", "resourceId",
)  # fmt: skip


def masked(event: dict[str, Any]) -> dict[str, Any]:
    """An event without values that differ from run to run; which of them there are stays."""

    def headers(entries: dict[str, Any]) -> dict[str, Any]:
        kept = {name: value for name, value in entries.items() if not name.startswith(OF_CLOUDFRONT)}
        return kept | {name: "masked" for name in kept if name in MASKED}

    context = dict(event["requestContext"])
    context |= {name: "masked" for name in OF_CONTEXT if name in context}
    context["identity"] = {**context["identity"], "sourceIp": "masked"}
    body = event["body"]
    return {
        **event,
        "headers": headers(event["headers"]),
        "multiValueHeaders": headers(event["multiValueHeaders"]),
        "requestContext": context,
        "body": json.loads(body) if isinstance(body, str) else body,
    }


@pytest.mark.parametrize("step", CALLS)
def test_the_event_of_a_rest_api(rest: GatewayHarness, recorded: Recorded, make_request: Make, step: str) -> None:
    expected = recorded("apigateway/test_apigateway_lambda", "test_lambda_aws_proxy_integration")[step]
    target, headers, body = CALLS[step]
    method = "POST" if body else "GET"
    rest.ask(make_request(method, target, [*HEADERS, *headers], body))
    event = masked(json.loads(rest.invoker.submitted[0].payload))
    assert event == masked({**expected, "httpMethod": method})


def test_headers_that_reach_a_function(rest: GatewayHarness, recorded: Recorded, make_request: Make) -> None:
    test = "TestApiGatewayHeaderRemapping::test_apigateway_header_remapping_aws[AWS_PROXY]"
    steps = recorded("apigateway/test_apigateway_integrations", test)
    expected = steps["no-param-integration"]
    dropped = (
        "Connection", "Content-MD5", "Expect", "Max-Forwards", "Proxy-Authenticate", "Server", "TE", "Trailer",
        "Upgrade", "WWW-Authenticate",
    )  # fmt: skip
    sent = {name: value for name, value in expected["headers"].items() if not name.startswith("X-")}
    request = make_request("GET", "/stage/x", [*map(list, sent.items()), *([name, "x"] for name in dropped)])
    (response,) = rest.ask(request)
    event = json.loads(rest.invoker.submitted[0].payload)
    assert event["headers"].keys() == expected["headers"].keys()
    assert {name: event["headers"][name] for name in sent} == sent
    own = {name.lower() for name, _ in response.headers}
    assert own == {name.lower() for name in expected["response-headers"]} - {"connection", "content-length", "date"}


def test_a_route_that_is_not_there(rest: GatewayHarness, recorded: Recorded, make_request: Make) -> None:
    steps = recorded("apigateway/test_apigateway_common", "TestApigatewayRouting::test_routing_not_found")
    routes = [{"path": "/existing", "method": "GET", "function": "f", "api": "Api"}]
    rest.configuration = read_configuration(FUNCTIONS, {"apis": {"Api": {"type": "REST"}}, "routes": routes})
    for step, method, path in (("not-found", "GET", "/nowhere"), ("wrong-method", "POST", "/existing")):
        (response,) = rest.ask(make_request(method, path))
        assert json.loads(response.body) == steps[step]["content"]
        assert dict(response.headers)["x-amzn-ErrorType"] == steps[step]["errorType"]


RESULTS = {
    "boolean": "true",
    "dict": '{"hello": "world"}',
    "float": "3.1",
    "http-response": '{"statusCode": 200, "body": "body123"}',
    "http-response-json": '{"statusCode": 200, "body": "{\\"hello\\": \\"world\\"}"}',
    "integer": "3",
    "list-mixed": '["hello", 3, true]',
    "string": '"hello"',
}


@pytest.mark.parametrize("kind", RESULTS)
def test_what_a_function_url_answers(
    harness: GatewayHarness, recorded: Recorded, make_request: Make, kind: str
) -> None:
    steps = recorded("lambda/test_lambda", f"TestLambdaURL::test_lambda_url_invocation[{kind}]")
    expected = steps["lambda_url_invocation"]
    harness.configuration = read_configuration(FUNCTIONS, {"routes": []})
    harness.invoker.answer = lambda _: Outcome(Ending.DONE, RESULTS[kind].encode())
    (response,) = harness.ask(make_request("GET", "/_url/f/"))
    content = expected["content"]
    text = response.body.decode()
    assert (json.loads(text) if isinstance(content, dict) else text) == content
    assert response.status == expected["statuscode"]
    assert expected["headers"] == {
        "Content-Length": str(len(response.body)), "Content-Type": dict(response.headers)["Content-Type"],
    }  # fmt: skip


ECHOED = [["Host", "f.lambda-url.localhost"], ["accept", "*/*"], ["accept-encoding", "gzip, deflate"]]


JSON = [["content-type", "application/json"], ["user-agent", "test/echo"], ["ExTrA-HeADErs", "With WeiRd CapS"]]


@pytest.mark.parametrize(
    ("test", "target"),
    [
        ("test_lambda_url_echo_http_fixture_default", "/pa2%25Fth/1?q=query&multiQuery=foo&multiQuery=%2Fbar"),
        ("test_lambda_url_echo_http_fixture_trim_x_headers", "/path/1?q=query"),
    ],
)
def test_the_event_of_a_function_url(
    harness: GatewayHarness, recorded: Recorded, make_request: Make, test: str, target: str
) -> None:
    expected = recorded("lambda/test_lambda", f"TestLambdaURL::{test}")["url_response"]
    harness.configuration = read_configuration(FUNCTIONS, {"routes": []})
    harness.ask(make_request("POST", target, [*ECHOED, *JSON, ["content-length", "14"]], b'{"foo": "bar"}'))
    event = json.loads(harness.invoker.submitted[0].payload)
    http = event["requestContext"]["http"]
    assert (http["method"], http["path"]) == (expected["method"], expected["path"])
    assert event["queryStringParameters"] == expected["args"]
    assert json.loads(event["body"]) == expected["data"]
    # Names that begin with x- are AWS's own: those of a TLS connection, and addresses.
    assert {name: value for name, value in event["headers"].items() if name[:2] not in ("x-", "ho")} == {
        name: value for name, value in expected["headers"].items() if name[:2] not in ("x-", "ho")
    }


def test_a_form_for_a_function_url_is_base64(harness: GatewayHarness, recorded: Recorded, make_request: Make) -> None:
    expected = recorded("lambda/test_lambda", "TestLambdaURL::test_lambda_url_form_payload")["url_response"]
    harness.configuration = read_configuration(FUNCTIONS, {"routes": []})
    kind = ["content-type", expected["headers"]["content-type"]]
    harness.ask(make_request("POST", "/test/value", [*ECHOED, kind], base64.b64decode(expected["data"])))
    event = json.loads(harness.invoker.submitted[0].payload)
    assert (event["body"], event["isBase64Encoded"]) == (expected["data"], True)


def test_a_caller_that_does_not_sign(harness: GatewayHarness, recorded: Recorded, make_request: Make) -> None:
    steps = recorded("lambda/test_lambda", "TestLambdaPermissions::test_lambda_permission_url_invocation")
    harness.configuration = read_configuration(FUNCTIONS, {"routes": []})
    harness.credentials = Credentials("AKIDEXAMPLE", "example")
    (response,) = harness.ask(make_request("GET", "/_url/signed/"))
    assert said(response) == (403, steps["lambda_url_invocation_missing_permission"])


def said(response: Response) -> tuple[int, Any]:
    return response.status, json.loads(response.body)
