"""Large requests and results: they are what small ones are, and disturb nobody."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from esb_gateway.configuration.compiling import read_configuration
from esb_gateway.invocation import Ending, Outcome
from esb_wire.http.messages import Request, Response
from esb_wire.offload import LARGE, Backlog
from tests.gateway.fakes import FUNCTIONS, ROUTING, GatewayHarness

URL = {"handler": "app.handler", "runtime": "python3.12", "url": {"auth_type": "NONE"}}
STREAM_URL = {**URL, "url": {"auth_type": "NONE", "invoke_mode": "RESPONSE_STREAM"}}
INVOKE = "/2015-03-31/functions/hello/invocations"
STREAM = "/2021-11-15/functions/hello/response-streaming-invocations"

Ask = Callable[..., Response]


@pytest.fixture
def ask(harness: GatewayHarness, make_request: Callable[..., Request]) -> Ask:
    functions = {"functions": {**FUNCTIONS["functions"], "hello": URL, "streams": STREAM_URL}}
    harness.configuration = read_configuration(functions, ROUTING)
    harness.invoker.answer = lambda _: Outcome(Ending.DONE, b'{"statusCode":200,"body":"said"}')

    def ask(target: str, body: bytes, content_type: str = "application/json", **headers: str) -> Response:
        pairs = [["Host", "h"], ["Content-Type", content_type], *([n.replace("_", "-"), v] for n, v in headers.items())]
        (response,) = harness.ask(make_request("POST", target, pairs, body))
        return response

    return ask


@pytest.mark.parametrize("path", ["/hello", "/legacy", "/_url/hello/"])
@pytest.mark.parametrize(("content_type", "is_base64"), [("application/json", False), ("image/png", True)])
def test_a_large_event_is_made_elsewhere_and_is_the_same(
    ask: Ask, harness: GatewayHarness, path: str, content_type: str, is_base64: bool
) -> None:
    events = []
    for size in (LARGE, LARGE + 1):
        assert ask(path, b"x" * size, content_type).body == b"said"
        events.append(json.loads(harness.invoker.submitted[-1].payload))
    assert harness.offload.works == ["_payload"]
    small, large = events
    is_base64 = is_base64 and path != "/legacy"
    assert (small["isBase64Encoded"], large["isBase64Encoded"]) == (is_base64, is_base64)
    assert len(large["body"]) > LARGE
    assert large.keys() == small.keys()
    assert large["headers"].keys() == small["headers"].keys()


@pytest.mark.parametrize(
    ("path", "status", "header"),
    [
        ("/hello", 503, "Retry-After"),
        ("/legacy", 503, "Retry-After"),
        ("/_url/hello/", 503, "Retry-After"),
        (INVOKE, 429, "x-amzn-ErrorType"),
    ],
)
def test_too_many_large_requests_at_once_are_refused(
    ask: Ask, harness: GatewayHarness, path: str, status: int, header: str
) -> None:
    harness.offload.backlog = Backlog(2 * LARGE)
    with harness.offload.backlog.holding(LARGE):
        refused = ask(path, b'"' + b"x" * LARGE + b'"')
        assert (refused.status, header in dict(refused.headers), harness.invoker.submitted) == (status, True, [])
        assert ask(path, b'"x"').status == 200
    assert ask(path, b'"' + b"x" * LARGE + b'"').status == 200


@pytest.mark.parametrize("path", ["/hello", "/legacy", "/_url/hello/"])
def test_an_event_with_a_long_query(ask: Ask, harness: GatewayHarness, path: str) -> None:
    for times in (2048, 2049):
        assert ask(f"{path}?{'a=1&' * times}", b"").body == b"said"
        parameters = json.loads(harness.invoker.submitted[-1].payload)["queryStringParameters"]
        assert parameters["a"] in ("1", ",".join("1" * times))
    assert harness.offload.works == ["_payload"]


@pytest.mark.parametrize("path", ["/hello", "/legacy", "/_url/hello/"])
def test_a_large_result_is_read_elsewhere_with_the_same_response(ask: Ask, harness: GatewayHarness, path: str) -> None:
    responses = []
    for size in (1, LARGE):
        payload = json.dumps({"statusCode": 201, "headers": {"X-A": "b"}, "body": "x" * size}).encode()
        harness.invoker.answer = lambda _, payload=payload: Outcome(Ending.DONE, payload)  # type: ignore[misc]
        responses.append(ask(path, b""))
    small, large = responses
    assert len(harness.offload.works) == 1
    assert (large.status, large.body) == (201, b"x" * LARGE)
    assert [name for name, _ in large.headers] == [name for name, _ in small.headers]


@pytest.mark.parametrize(("path", "status"), [("/hello", 500), ("/legacy", 502), ("/_url/hello/", 502)])
def test_a_result_that_is_not_valid(ask: Ask, harness: GatewayHarness, path: str, status: int) -> None:
    payload = b'{"statusCode":1000,"body":"%b"}' % (b"x" * LARGE)
    harness.invoker.answer = lambda _: Outcome(Ending.DONE, payload)
    assert ask(path, b"").status == status
    assert "statusCode is not a number" in str(harness.lines)


def test_the_result_of_a_url_that_streams_is_passed_as_it_is(ask: Ask, harness: GatewayHarness) -> None:
    harness.invoker.answer = lambda _: Outcome(Ending.DONE, b"x" * (LARGE + 1), content_type="text/html")
    response = ask("/_url/streams/", b"")
    assert (response.body, response.headers[0]) == (b"x" * (LARGE + 1), ("Content-Type", "text/html"))


def test_a_payload_that_is_not_json_is_refused_in_the_same_words(ask: Ask, harness: GatewayHarness) -> None:
    small, large = ask(INVOKE, b'["x", y]'), ask(INVOKE, b'["%b", y]' % (b"x" * LARGE))
    for response, column in ((small, 7), (large, 65542)):
        message = f"Could not parse request body into json: Expecting value: line 1 column {column} (char {column - 1})"
        assert (response.status, json.loads(response.body)["message"]) == (400, message)
    assert harness.offload.works == ["json_problem"]
    assert harness.invoker.submitted == []


def test_a_large_payload_is_invoked_and_may_be_throttled(ask: Ask, harness: GatewayHarness) -> None:
    payload = json.dumps("x" * LARGE).encode()
    assert ask(INVOKE, payload).status == 200
    assert ask(INVOKE, payload, X_Amz_Invocation_Type="Event").status == 202
    assert [each.payload for each in (*harness.invoker.submitted, *harness.events.accepted)] == [payload] * 2
    harness.invoker.throttle = "x"
    assert ask(INVOKE, payload).status == 429
    assert ask(INVOKE.replace("hello", "nope"), payload).status == 404


@pytest.mark.parametrize("payload", [b'{"a' + b"x" * LARGE + b"}", b'{"a":' * LARGE + b"}", b"[1]"])
def test_an_error_that_is_no_document_ends_a_stream(ask: Ask, harness: GatewayHarness, payload: bytes) -> None:
    harness.invoker.answer = lambda _: Outcome(Ending.FUNCTION_ERROR, payload)
    response = ask(STREAM, b"")
    assert (response.status, b'"ErrorCode": "Unhandled"' in response.body) == (200, True)


def test_a_large_error_ends_a_stream(ask: Ask, harness: GatewayHarness) -> None:
    error = json.dumps({"errorType": "Oh", "errorMessage": "x" * LARGE}).encode()
    harness.invoker.answer = lambda _: Outcome(Ending.FUNCTION_ERROR, error)
    body = ask(STREAM, b"").body
    assert (body.count(b"InvokeComplete"), b'"ErrorCode": "Oh"' in body) == (1, True)
    assert harness.offload.works == ["complete"]
