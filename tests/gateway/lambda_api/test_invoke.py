"""The Invoke API: what is asked for, and AWS's answers, errors included."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from esb_gateway.invocation import Ending, NotAccepted, Outcome
from esb_wire.function_credentials import access_key_id, secret_access_key
from esb_wire.http.messages import Request, Response
from esb_wire.sigv4 import Credentials, sign
from tests.gateway.fakes import NOW

ARN = "arn:aws:lambda:us-east-1:123456789012:function:hello"


def path_of(name: str, query: str = "") -> str:
    return f"/2015-03-31/functions/{name}/invocations{query}"


def error_of(response: Response) -> tuple[int, str]:
    return response.status, dict(response.headers)["x-amzn-ErrorType"]


@pytest.mark.parametrize(
    ("name", "arn"),
    [
        ("hello", ARN),
        ("hello:live", ARN + ":live"),
        ("hello:%24LATEST", ARN + ":$LATEST"),
        ("123456789012:function:hello", ARN),
        ("arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Ahello%3Alive", ARN + ":live"),
        ("function:hello", ARN),
        ("hello?Qualifier=live", ARN + ":live"),
        ("hello:live?Qualifier=live", ARN + ":live"),
    ],
)
def test_every_form_of_a_name(
    harness: Any, make_request: Callable[..., Request], done: Callable[[str], Outcome], name: str, arn: str
) -> None:
    harness.invoker.answer = lambda _: done('{"ok":true}')
    name, _, query = name.partition("?")
    (response,) = harness.ask(make_request("POST", path_of(name, f"?{query}" if query else ""), body=b'{"a":1}'))
    assert (response.status, response.body) == (200, b'{"ok":true}')
    (invocation,) = harness.invoker.submitted
    assert (invocation.function, invocation.arn, invocation.payload) == ("hello", arn, b'{"a":1}')


NOT_FOUND = (404, "ResourceNotFoundException", "Function not found: ")
INVALID = (400, "ValidationException", "1 validation error detected: Value ")
NOT_JSON = (400, "InvalidRequestContentException", "Could not parse request body into json")
ELSEWHERE = "arn:aws:lambda:eu-west-1:123456789012:function:hello"


@pytest.mark.parametrize(
    ("target", "more", "error"),
    [
        (path_of("nope"), b"", (*NOT_FOUND[:2], f"Function not found: {ARN[:-5]}nope:$LATEST")),
        (
            path_of("helo"),
            b"",
            (*NOT_FOUND[:2], f"Function not found: {ARN[:-5]}helo:$LATEST (did you mean hello?)"),
        ),
        (path_of("hello:dead"), b"", (*NOT_FOUND[:2], f"Function not found: {ARN}:dead")),
        (path_of("hello", "?Qualifier=1"), b"", (*NOT_FOUND[:2], f"Function not found: {ARN}:1")),
        (
            path_of("Ordering", "?Qualifier=dead"),
            b"",
            (*NOT_FOUND[:2], f"Function not found: {ARN[:-5]}orders:dead (Ordering is the logical id of orders)"),
        ),
        (path_of(ELSEWHERE), b"", (*NOT_FOUND[:2], f"Function not found: {ELSEWHERE}")),
        (path_of("he%20llo"), b"", INVALID),
        (path_of("x" * 171), b"", INVALID),
        (path_of("hello:live", "?Qualifier=x"), b"", (400, "InvalidParameterValueException", "The derived")),
        (path_of("hello"), ["X-Amz-Invocation-Type", "Later"], INVALID),
        (path_of("hello"), ["X-Amz-Log-Type", "Head"], INVALID),
        (path_of("hello"), b"{", NOT_JSON),
        (path_of("hello"), b"\xff", NOT_JSON),
        (path_of("hello"), ["X-Amz-Client-Context", "e"], (*NOT_JSON[:2], "Client context must be")),
        (path_of("hello"), ["X-Amz-Client-Context", "W1tb" * 5000], (*NOT_JSON[:2], "Client context must be")),
        (path_of("hello"), ["X-Amz-Client-Context", "IiI" * 1200], (*NOT_JSON[:2], "Client context must be")),
        ("/2015-03-31/functions/hello", b"", (404, "UnknownOperationException", "POST /2015-03-31/functions/")),
    ],
)
def test_an_invalid_call_gets_the_error_of_aws(
    harness: Any,
    make_request: Callable[..., Request],
    target: str,
    more: bytes | list[str],
    error: tuple[int, str, str],
) -> None:
    """`more` is a body, or a header."""
    status, error_type, message = error
    headers, body = ([], more) if isinstance(more, bytes) else ([more], b"")
    (response,) = harness.ask(make_request("POST", target, [["Host", "localhost"], *headers], body))
    assert error_of(response) == (status, error_type)
    content = json.loads(response.body)
    assert content["Type"] == "User"
    assert str(content.get("Message", content.get("message"))).startswith(message)
    assert harness.invoker.submitted == []


@pytest.mark.parametrize(
    ("invocation_type", "limit", "status"), [("RequestResponse", 6 * 1024 * 1024, 200), ("Event", 1024 * 1024, 202)]
)
def test_the_size_of_a_payload(
    harness: Any, make_request: Callable[..., Request], invocation_type: str, limit: int, status: int
) -> None:
    harness.invoker.answer = lambda _: Outcome(Ending.DONE, b"1")
    headers = [["Host", "localhost"], ["X-Amz-Invocation-Type", invocation_type]]
    largest = b'"' + b"x" * (limit - 2) + b'"'
    (taken,) = harness.ask(make_request("POST", path_of("hello"), headers, largest))
    (refused,) = harness.ask(make_request("POST", path_of("hello"), headers, largest + b" "))
    assert taken.status == status
    assert error_of(refused) == (413, "RequestTooLargeException")


@pytest.mark.parametrize(
    ("name", "qualifier", "version"),
    [
        ("orders", "", "$LATEST"),
        ("orders:$LATEST", ":$LATEST", "$LATEST"),
        ("orders:live", ":live", "1"),
        ("orders?Qualifier=1", ":1", "1"),
        ("Ordering", "", "$LATEST"),
        ("Ordering:1", ":1", "1"),
        ("hello:live", ":live", "$LATEST"),
    ],
)
def test_the_version_that_ran(
    harness: Any, make_request: Callable[..., Request], name: str, qualifier: str, version: str
) -> None:
    """As recorded in LocalStack's test_invocation_with_qualifier and test_lambda_versions_with_code_changes."""
    harness.invoker.answer = lambda _: Outcome(Ending.DONE, b"1")
    name, _, query = name.partition("?")
    (response,) = harness.ask(make_request("POST", path_of(name, f"?{query}" if query else "")))
    assert dict(response.headers)["X-Amz-Executed-Version"] == version
    function = "hello" if name.startswith("hello") else "orders"
    assert harness.invoker.submitted[0].function == function
    assert harness.invoker.submitted[0].arn == f"{ARN[:-5]}{function}{qualifier}"


def test_a_dry_run_runs_nothing(harness: Any, make_request: Callable[..., Request]) -> None:
    headers = [["Host", "localhost"], ["X-Amz-Invocation-Type", "DryRun"]]
    (response,) = harness.ask(make_request("POST", path_of("hello"), headers))
    assert (response.status, response.body, harness.invoker.submitted) == (204, b"", [])


def test_an_event_is_accepted_when_it_is_durable(harness: Any, make_request: Callable[..., Request]) -> None:
    headers = [["Host", "localhost"], ["X-Amz-Invocation-Type", "Event"]]
    (response,) = harness.ask(make_request("POST", path_of("hello"), headers))
    assert (response.status, response.body) == (202, b"")
    (accepted,) = harness.events.accepted
    assert accepted.request_id == dict(response.headers)["x-amzn-RequestId"]
    assert harness.invoker.submitted == []


@pytest.mark.parametrize(
    ("full", "status", "code"), [(True, 429, "TooManyRequestsException"), (False, 500, "ServiceException")]
)
def test_an_event_that_is_not_durable_is_refused(
    harness: Any, make_request: Callable[..., Request], full: bool, status: int, code: str
) -> None:
    harness.events.refusal = NotAccepted("The disk is full.", full=full)
    headers = [["Host", "localhost"], ["X-Amz-Invocation-Type", "Event"]]
    (response,) = harness.ask(make_request("POST", path_of("hello"), headers))
    assert (response.status, dict(response.headers)["x-amzn-ErrorType"]) == (status, code)
    assert json.loads(response.body)["message"] == "The disk is full."


def test_no_body_is_the_empty_object(harness: Any, make_request: Callable[..., Request]) -> None:
    harness.ask(make_request("POST", path_of("hello")))
    assert harness.invoker.submitted[0].payload == b"{}"


def test_a_function_error_is_a_200_with_a_header(harness: Any, make_request: Callable[..., Request]) -> None:
    document = b'{"errorMessage":"boom","errorType":"ValueError"}'
    harness.invoker.answer = lambda _: Outcome(Ending.FUNCTION_ERROR, document)
    (response,) = harness.ask(make_request("POST", path_of("hello")))
    assert (response.status, response.body) == (200, document)
    assert dict(response.headers)["X-Amz-Function-Error"] == "Unhandled"
    assert dict(response.headers)["X-Amz-Executed-Version"] == "$LATEST"


def test_the_log_tail_comes_when_it_is_asked_for(harness: Any, make_request: Callable[..., Request]) -> None:
    harness.invoker.answer = lambda invocation: Outcome(
        Ending.DONE, b"1", b"START" if invocation.want_log_tail else b""
    )
    (without,) = harness.ask(make_request("POST", path_of("hello")))
    (tail,) = harness.ask(make_request("POST", path_of("hello"), [["Host", "h"], ["X-Amz-Log-Type", "Tail"]]))
    assert "X-Amz-Log-Result" not in dict(without.headers)
    assert base64.b64decode(dict(tail.headers)["X-Amz-Log-Result"]) == b"START"


def test_the_client_context_reaches_the_function_as_json(harness: Any, make_request: Callable[..., Request]) -> None:
    context = base64.b64encode(b'{"custom":{"k":"v"}}').decode()
    harness.ask(make_request("POST", path_of("hello"), [["Host", "h"], ["X-Amz-Client-Context", context]]))
    assert harness.invoker.submitted[0].client_context == '{"custom":{"k":"v"}}'


def test_a_throttle_gives_awss_reason(harness: Any, make_request: Callable[..., Request]) -> None:
    harness.invoker.throttle = "ReservedFunctionConcurrentInvocationLimitExceeded"
    (response,) = harness.ask(make_request("POST", path_of("hello")))
    assert error_of(response) == (429, "TooManyRequestsException")
    assert json.loads(response.body) == {
        "Reason": "ReservedFunctionConcurrentInvocationLimitExceeded",
        "Type": "User",
        "message": "Rate Exceeded.",
    }


def test_a_call_that_waited_in_vain_is_a_throttle(harness: Any, make_request: Callable[..., Request]) -> None:
    harness.invoker.answer = lambda _: Outcome(Ending.NOT_RUN, b"{}")
    (response,) = harness.ask(make_request("POST", path_of("hello")))
    assert error_of(response) == (429, "TooManyRequestsException")
    assert json.loads(response.body)["Reason"] == "ConcurrentInvocationLimitExceeded"


def test_the_trace_is_passed_on_and_returned(harness: Any, make_request: Callable[..., Request]) -> None:
    harness.invoker.answer = lambda _: Outcome(Ending.DONE, b"1")
    trace = "Root=1-65a7f3c0-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=1"
    (response,) = harness.ask(make_request("POST", path_of("hello"), [["Host", "h"], ["X-Amzn-Trace-Id", trace]]))
    assert harness.invoker.submitted[0].trace_id == trace == dict(response.headers)["X-Amzn-Trace-Id"]
    assert dict(response.headers)["x-amzn-RequestId"] == harness.invoker.submitted[0].request_id


def test_the_function_that_calls_is_in_the_access_log(
    harness: Any, make_request: Callable[..., Request], credentials: Any
) -> None:
    harness.credentials, harness.invoker.answer = credentials, lambda _: Outcome(Ending.DONE, b"1")
    own = Credentials(access_key_id("other"), secret_access_key(credentials.secret_key, "other"))
    callers = []
    for each in (own, credentials):
        request = make_request("POST", path_of("hello"), [["Host", "h"]])
        headers = [["Host", "h"], *map(list, sign(request, each, NOW).items())]
        (response,) = harness.ask(make_request("POST", path_of("hello"), headers))
        assert response.status == 200
        callers.append(harness.lines[-1][2].get("caller"))
    assert callers == ["other", None]


def test_an_unsigned_request_is_refused_before_anything_else(
    harness: Any, make_request: Callable[..., Request], credentials: Any
) -> None:
    harness.credentials = credentials
    (response,) = harness.ask(make_request("POST", path_of("nope")))
    assert error_of(response) == (403, "MissingAuthenticationTokenException")
    assert json.loads(response.body) == {"message": "Missing Authentication Token"}
