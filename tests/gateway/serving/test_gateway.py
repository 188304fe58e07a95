"""Requests from the gateway's side: API routes, the limits of bodies, defects."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from esb_gateway.configuration.compiling import read_configuration
from esb_gateway.invocation import Ending, Outcome
from esb_wire.http.messages import Request, Response
from tests.gateway.fakes import ROUTING


def status_and_message(response: Response) -> tuple[int, str]:
    return response.status, json.loads(response.body)["message"]


def test_a_route_runs_its_function_with_an_event(
    harness: Any, make_request: Callable[..., Request], done: Callable[[str], Outcome]
) -> None:
    harness.invoker.answer = lambda _: done('{"statusCode":201,"body":"made"}')
    (response,) = harness.ask(make_request("POST", "/hello?a=1"))
    assert (response.status, response.body) == (201, b"made")
    (invocation,) = harness.invoker.submitted
    assert json.loads(invocation.payload)["routeKey"] == "ANY /hello"
    assert invocation.arn == "arn:aws:lambda:us-east-1:123456789012:function:hello"
    headers = dict(response.headers)
    assert headers["Apigw-Requestid"] == json.loads(invocation.payload)["requestContext"]["requestId"]
    assert "X-Amzn-Trace-Id" not in headers


def test_a_rest_api_tells_its_request_ids(
    harness: Any, make_request: Callable[..., Request], done: Callable[[str], Outcome]
) -> None:
    harness.invoker.answer = lambda _: done("{}")
    (response,) = harness.ask(make_request("GET", "/legacy"))
    context = json.loads(harness.invoker.submitted[0].payload)["requestContext"]
    headers = dict(response.headers)
    assert headers["x-amzn-RequestId"] == context["requestId"]
    assert headers["x-amz-apigw-id"] == context["extendedRequestId"]
    assert headers["X-Amzn-Trace-Id"] == harness.invoker.submitted[0].trace_id


@pytest.mark.parametrize(
    ("path", "expected"), [("/legacy", (502, "Internal server error")), ("/hello", (500, "Internal Server Error"))]
)
@pytest.mark.parametrize(
    "ending", [ending for ending in Ending if ending not in (Ending.DONE, Ending.NOT_RUN, Ending.STOPPED)]
)
def test_a_function_that_fails(
    harness: Any, make_request: Callable[..., Request], path: str, expected: tuple[int, str], ending: Ending
) -> None:
    harness.invoker.answer = lambda _: Outcome(ending, b'{"errorMessage":"boom"}')
    (response,) = harness.ask(make_request("GET", path))
    assert status_and_message(response) == expected


@pytest.mark.parametrize(
    ("path", "expected"), [("/legacy", (502, "Internal server error")), ("/hello", (500, "Internal Server Error"))]
)
@pytest.mark.parametrize("result", ['{"statusCode":200.5}', '{"statusCode":0}', '{"statusCode":"many"}'])
def test_a_result_with_an_invalid_status(
    harness: Any, make_request: Callable[..., Request], path: str, expected: tuple[int, str], result: str
) -> None:
    harness.invoker.answer = lambda _: Outcome(Ending.DONE, result.encode())
    (response,) = harness.ask(make_request("GET", path))
    assert status_and_message(response) == expected


def test_a_body_that_is_not_base64(harness: Any, make_request: Callable[..., Request]) -> None:
    result = b'{"statusCode":200,"isBase64Encoded":true,"body":"a"}'
    harness.invoker.answer = lambda _: Outcome(Ending.DONE, result)
    harness.configuration = read_configuration(
        {"functions": {"f": {"handler": "h", "runtime": "python3.12"}}},
        {
            "apis": {"A": {"type": "REST", "stage": "Prod", "binary_media_types": ["*/*"]}},
            "routes": [{"path": "/a", "method": "GET", "function": "f", "api": "A"}],
        },
    )
    (response,) = harness.ask(make_request("GET", "/a"))
    assert status_and_message(response) == (500, "Internal server error")


def test_an_answer_that_is_none_says_why_in_the_log(
    harness: Any, make_request: Callable[..., Request], done: Callable[[str], Outcome]
) -> None:
    harness.invoker.answer = lambda _: done('"text"')
    (response,) = harness.ask(make_request("GET", "/legacy"))
    assert status_and_message(response) == (502, "Internal server error")
    assert "it is not an object" in str(harness.lines)


@pytest.mark.parametrize(
    ("path", "seconds", "expected"),
    [("/legacy", 0.05, (504, "Endpoint request timed out")), ("/hello", 30.0, (503, "Service Unavailable"))],
)
def test_the_integration_timeout_answers_once(
    harness: Any, make_request: Callable[..., Request], path: str, seconds: float, expected: tuple[int, str]
) -> None:
    answers = harness.ask(make_request("GET", path))
    assert answers == []
    (timer,) = harness.timers
    assert timer.seconds == seconds
    timer.call()
    assert status_and_message(answers[0]) == expected
    harness.invoker.waiting[0](Outcome(Ending.DONE, b'{"statusCode":200}'))
    assert len(answers) == 1


def test_an_answer_in_time_cancels_the_timeout(harness: Any, make_request: Callable[..., Request]) -> None:
    answers = harness.ask(make_request("GET", "/hello"))
    harness.invoker.waiting[0](Outcome(Ending.DONE, b'{"statusCode":200}'))
    assert (answers[0].status, harness.timers[0].cancelled) == (200, True)


@pytest.mark.parametrize(
    ("path", "expected"), [("/legacy", (500, "Internal server error")), ("/hello", (500, "Internal Server Error"))]
)
def test_a_throttled_function(
    harness: Any, make_request: Callable[..., Request], path: str, expected: tuple[int, str]
) -> None:
    harness.invoker.throttle = "x"
    (refused,) = harness.ask(make_request("GET", path))
    assert status_and_message(refused) == expected


@pytest.mark.parametrize("path", ["/legacy", "/hello"])
@pytest.mark.parametrize("ending", [Ending.NOT_RUN, Ending.STOPPED])
def test_a_request_that_waited_in_vain_or_saw_the_gateway_stop_may_be_repeated(
    harness: Any, make_request: Callable[..., Request], path: str, ending: Ending
) -> None:
    harness.invoker.answer = lambda _: Outcome(ending, b'{"errorMessage":"boom"}')
    (response,) = harness.ask(make_request("GET", path))
    assert status_and_message(response) == (503, "Service Unavailable")
    assert dict(response.headers)["Retry-After"] == "1"


@pytest.mark.parametrize(("path", "message"), [("/legacy", "Request Too Long"), ("/hello", "Request Entity Too Large")])
def test_a_body_over_the_limits(harness: Any, make_request: Callable[..., Request], path: str, message: str) -> None:
    over_10_mb = harness.ask(make_request("POST", path, too_large=True))
    over_lambdas_6_mb = harness.ask(make_request("POST", path, body=b"x" * (6 * 1024 * 1024)))
    assert [status_and_message(answers[0]) for answers in (over_10_mb, over_lambdas_6_mb)] == [(413, message)] * 2
    assert harness.invoker.submitted == []


MB = 1024 * 1024
INVOKE = "/2015-03-31/functions/hello/invocations"


@pytest.mark.parametrize(
    ("target", "headers", "limit"),
    [
        (INVOKE, [], 6 * MB),
        (INVOKE, [["X-Amz-Invocation-Type", "Event"]], 1 * MB),
        ("/2021-11-15/functions/hello/response-streaming-invocations", [], 6 * MB),
        ("/_url/hello/", [], 6 * MB),
        ("/hello", [], 6 * MB),
        ("/legacy", [], 6 * MB),
        ("/tea", [], 10 * MB),
        ("/away", [], 10 * MB),
        ("/nowhere", [], 0),
        ("/_esb/ready", [], 0),
    ],
)
def test_how_large_a_body_may_be(
    harness: Any, make_request: Callable[..., Request], target: str, headers: list[list[str]], limit: int
) -> None:
    hello = {"handler": "app.handler", "runtime": "python3.12", "url": {"auth_type": "NONE"}}
    tea = {"path": "/tea", "method": "ANY", "api": "Legacy", "integration": {"type": "MOCK", "status": 418}}
    away = {"type": "HTTP_PROXY", "uri": "http://inventory.test/", "method": "ANY"}
    routes = [*ROUTING["routes"], tea, {"path": "/away", "method": "ANY", "api": "Shop", "integration": away}]
    harness.configuration = read_configuration({"functions": {"hello": hello}}, {**ROUTING, "routes": routes})
    request = make_request("POST", target, [["Host", "h"], *headers])
    assert harness.gateway().body_limit(request) == limit


@pytest.mark.parametrize("path", ["/_esb/ready", "/_esb/events"])
def test_a_page_takes_no_large_body(harness: Any, make_request: Callable[..., Request], path: str) -> None:
    (response,) = harness.ask(make_request("POST", path, too_large=True))
    assert status_and_message(response) == (413, "Request Entity Too Large")


@pytest.mark.parametrize(
    ("host", "expected"),
    [("localhost", (404, "Not Found")), ("Legacy.localhost:8080", (403, "Missing Authentication Token"))],
)
def test_a_request_without_a_route_gets_the_answer_of_its_api(
    harness: Any, make_request: Callable[..., Request], host: str, expected: tuple[int, str]
) -> None:
    (response,) = harness.ask(make_request("GET", "/nowhere", [["Host", host]]))
    assert status_and_message(response) == expected


class TestCors:
    def ask(self, harness: Any, make_request: Any, method: str, origin: str, *more: list[str]) -> dict[str, str]:
        headers = [["Host", "localhost"], ["Origin", origin], *more]
        (response,) = harness.ask(make_request(method, "/pages", headers))
        self.status = response.status
        return {name: value for name, value in response.headers if name.startswith("Access-Control-")}

    def test_a_preflight_is_answered_without_the_function(self, harness: Any, make_request: Any) -> None:
        asked = ["Access-Control-Request-Method", "GET"]
        headers = self.ask(harness, make_request, "OPTIONS", "https://shop.example", asked)
        assert (self.status, harness.invoker.submitted) == (204, [])
        assert headers == {
            "Access-Control-Allow-Origin": "https://shop.example",
            "Access-Control-Max-Age": "60",
        }

    def test_a_preflight_of_a_stranger(self, harness: Any, make_request: Any) -> None:
        asked = ["Access-Control-Request-Method", "GET"]
        assert self.ask(harness, make_request, "OPTIONS", "https://evil.example", asked) == {}
        assert self.status == 204

    def test_the_functions_own_headers_are_replaced(
        self, harness: Any, make_request: Any, done: Callable[[str], Outcome]
    ) -> None:
        harness.invoker.answer = lambda _: done('{"statusCode":200,"headers":{"Access-Control-Allow-Origin":"*"}}')
        assert self.ask(harness, make_request, "GET", "https://shop.example") == {
            "Access-Control-Allow-Origin": "https://shop.example",
            "Access-Control-Expose-Headers": "X-A",
        }
        assert self.ask(harness, make_request, "GET", "https://evil.example") == {}

    def test_a_rest_api_answers_options_for_its_paths(self, harness: Any, make_request: Callable[..., Request]) -> None:
        cors = {"allow_origins": ["*"], "allow_headers": ["X-A", "X-B"], "allow_credentials": True}
        harness.configuration = read_configuration(
            {"functions": {"f": {"handler": "h", "runtime": "python3.12"}}},
            {
                "apis": {"Legacy": {"type": "REST", "stage": "Prod", "cors": cors}},
                "routes": [{"path": "/a", "method": "PUT", "function": "f", "api": "Legacy"}],
            },
        )
        (response,) = harness.ask(make_request("OPTIONS", "/a"))
        assert (response.status, response.body, harness.invoker.submitted) == (200, b"", [])
        assert dict(response.headers) == {
            "Content-Type": "application/json",
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Allow-Headers": "X-A,X-B",
            "Access-Control-Allow-Methods": "OPTIONS,PUT",
            "Access-Control-Allow-Credentials": "true",
        }


def test_each_request_has_one_access_line(
    harness: Any, make_request: Callable[..., Request], done: Callable[[str], Outcome]
) -> None:
    harness.invoker.answer = lambda _: done('{"statusCode":200,"body":"hi"}')
    harness.ask(make_request("GET", "/hello"))
    harness.ask(make_request("GET", "/nowhere"))
    lines = [fields for line_type, _, fields in harness.lines if line_type == "access"]
    assert [(line["path"], line["status"], line["bytes"]) for line in lines] == [
        ("/hello", 200, 2),
        ("/nowhere", 404, 23),
    ]
    assert lines[0]["request_id"] == harness.invoker.submitted[0].request_id


def test_a_defect_is_a_500_and_a_log_line(harness: Any, make_request: Callable[..., Request]) -> None:
    harness.invoker.answer = lambda _: 1 / 0
    (response,) = harness.ask(make_request("GET", "/hello"))
    assert status_and_message(response) == (500, "Internal server error")
    assert "ZeroDivisionError" in str(harness.lines)


INVOKE = "/2015-03-31/functions/hello/invocations"


@pytest.mark.parametrize(("method", "path"), [("GET", "/hello"), ("GET", "/legacy"), ("POST", INVOKE)])
def test_a_defect_after_a_function_has_ended_is_a_500_too(
    harness: Any, make_request: Callable[..., Request], method: str, path: str
) -> None:
    answers = harness.ask(make_request(method, path))
    harness.invoker.waiting[0](None)
    assert [status_and_message(response) for response in answers] == [(500, "Internal server error")]
    assert "AttributeError" in str(harness.lines)


def test_a_defect_after_an_authorizer_has_let_somebody_in(harness: Any, make_request: Callable[..., Request]) -> None:
    harness.configuration = read_configuration(
        {"functions": {name: {"handler": "h", "runtime": "python3.12"} for name in ("f", "check")}},
        {
            "apis": {"A": {"type": "REST", "authorizers": {"Asks": {"type": "REQUEST", "function": "check"}}}},
            "routes": [{"path": "/a", "method": "GET", "function": "f", "api": "A", "authorizer": "Asks"}],
        },
    )
    answers = harness.ask(make_request("GET", "/a"))
    allow = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}
    verdict = {"principalId": "me", "policyDocument": {"Version": "2012-10-17", "Statement": [allow]}}
    harness.run(lambda: harness.invoker.waiting[0](Outcome(Ending.DONE, json.dumps(verdict).encode())))
    harness.run(lambda: harness.invoker.waiting[1](None))
    assert [status_and_message(response) for response in answers] == [(500, "Internal server error")]


def test_requests_are_counted_by_route_and_status(
    harness: Any, make_request: Callable[..., Request], done: Callable[[str], Outcome]
) -> None:
    harness.invoker.answer = lambda _: done('{"statusCode":201}')
    harness.ask(make_request("POST", "/hello"))
    harness.ask(make_request("POST", "/hello"))
    harness.ask(make_request("GET", "/nowhere"))
    harness.ask(make_request("POST", INVOKE, body=b"{}"))
    harness.ask(make_request("POST", INVOKE.replace("hello", "nobody"), body=b"{}"))
    assert dict(harness.counts.routes) == {("Shop", "ANY", "/hello", 201): 2, ("", "", "", 404): 1}
    assert dict(harness.counts.invoke_api) == {200: 1, 404: 1}
