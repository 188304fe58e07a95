"""Lambda authorizers from the request to the response."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from esb_gateway.invocation import Ending, Outcome
from esb_wire.offload import LARGE, MANY_VALUES
from tests.gateway.apis.auth.scenario import (
    ARN,
    EXPLICIT,
    FAILED,
    HTTP_401,
    HTTP_403,
    HTTP_500,
    IMPLICIT,
    TOKEN,
    UNAUTHORIZED,
    A,
    AuthScenario,
    policy,
    said,
)

CASES = Path(__file__).parent / "cases"

# Lambda authorizers: each type, with each answer. IN is a caller that is let in.
IN = None
STOPPED_REST = (503, {"message": "Service Unavailable"}, "ServiceUnavailableException")
STOPPED_HTTP = (503, {"message": "Service Unavailable"}, None)
OTHER = f"{ARN}:Rest/prod/PUT/*"
VERDICTS: list[tuple[str, Any, Ending, Any, Any]] = [
    ("allows", policy(), Ending.DONE, IN, IN),
    ("allows something else", policy(resource=OTHER), Ending.DONE, IMPLICIT, HTTP_403),
    ("denies", policy("Deny"), Ending.DONE, EXPLICIT, HTTP_403),
    ("has scalars as context", policy(context={"a": "b", "n": 1, "t": True, "z": None}), Ending.DONE, IN, IN),
    ("has lists as context", policy(context={"a": ["b"]}), Ending.DONE, FAILED, IN),
    ("has objects as context", policy(context={"a": {}}), Ending.DONE, FAILED, IN),
    ("has no object as context", policy(context="a"), Ending.DONE, FAILED, HTTP_500),
    ("has no policy", {"principalId": "ada"}, Ending.DONE, FAILED, HTTP_500),
    ("has a policy that is none", {**policy(), "policyDocument": {"Statement": [{}]}}, Ending.DONE, FAILED, HTTP_500),
    ("is text", "Allow", Ending.DONE, FAILED, HTTP_500),
    ("is null", b"null", Ending.DONE, FAILED, HTTP_500),
    ("is too large", policy(context={"a": "x" * LARGE}), Ending.DONE, FAILED, HTTP_500),
    ("has too many values", {**policy(), "more": [1] * MANY_VALUES}, Ending.DONE, FAILED, HTTP_500),
    ("is a large error", {"errorMessage": "Unauthorized", "a": "x" * LARGE}, Ending.FUNCTION_ERROR, FAILED, HTTP_500),
    ("is no JSON", b"{", Ending.DONE, FAILED, HTTP_500),
    ("has what is no JSON", policy(context={"n": float("nan")}), Ending.DONE, FAILED, HTTP_500),
    ("is a simple one, and not asked for", {"isAuthorized": True}, Ending.DONE, FAILED, HTTP_500),
    ("is Unauthorized", {"errorMessage": "Unauthorized"}, Ending.FUNCTION_ERROR, UNAUTHORIZED, HTTP_500),
    ("is another error", {"errorMessage": "boom"}, Ending.FUNCTION_ERROR, FAILED, HTTP_500),
    ("is an error that allows", policy(), Ending.FUNCTION_ERROR, FAILED, HTTP_500),
    ("comes too late", policy(), Ending.TIMED_OUT, FAILED, HTTP_500),
    ("never comes", policy(), Ending.NOT_RUN, STOPPED_REST, STOPPED_HTTP),
    ("ends with the gateway", policy(), Ending.STOPPED, STOPPED_REST, STOPPED_HTTP),
    ("is an exit", policy(), Ending.EXITED, FAILED, HTTP_500),
]


@pytest.mark.parametrize("case", VERDICTS, ids=lambda case: str(case[0]))
@pytest.mark.parametrize("target", ["/token", "/request?b=2", "/bare", "/old", "/new?b=2", "/old-1"])
def test_what_a_functions_answer_means(
    scenario: AuthScenario, target: str, case: tuple[str, Any, Ending, Any, Any]
) -> None:
    _, scenario.verdict, scenario.ending, rest, http = case
    expected = rest if target in ("/token", "/request?b=2", "/bare") else http
    response = scenario.call(target, TOKEN, A)
    assert (None if response.status == 200 else said(response)) == expected
    assert len(scenario.events("hello")) == (1 if expected is IN else 0)
    assert len(scenario.events("check")) == 1


@pytest.mark.parametrize("length", [[], [("Content-Length", "200000")]])
@pytest.mark.parametrize("target", ["/old", "/new?b=2"])
def test_the_event_has_the_length_of_the_body_and_not_the_body(
    scenario: AuthScenario, target: str, length: list[tuple[str, str]]
) -> None:
    scenario.call(target, TOKEN, A, *length, method="GET", body=b"x" * 200_000)
    (event,) = scenario.events("check")
    lengths = [value for name, value in event["headers"].items() if name.lower() == "content-length"]
    assert (lengths, "body" in event, "isBase64Encoded" in event) == (["200000"], False, False)


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        ({"isAuthorized": True}, IN),
        ({"isAuthorized": True, "context": {"a": [1]}}, IN),
        ({"isAuthorized": False}, HTTP_403),
        ({"isAuthorized": "true"}, HTTP_500),
        ({"isAuthorized": 1}, HTTP_500),
        ({}, HTTP_500),
        (policy(), HTTP_500),
    ],
)
def test_simple_responses(scenario: AuthScenario, verdict: Any, expected: Any) -> None:
    scenario.verdict = verdict
    response = scenario.call("/simple", A)
    assert (None if response.status == 200 else said(response)) == expected


@pytest.mark.parametrize(
    ("target", "headers", "expected"),
    [
        ("/token", [], UNAUTHORIZED),
        ("/token", [("Authorization", "")], UNAUTHORIZED),
        ("/valid", [("Authorization", "t1x")], UNAUTHORIZED),
        ("/valid", [("Authorization", "x\nt1")], UNAUTHORIZED),
        ("/slow", [("Authorization", "a" * 60 + "b")], UNAUTHORIZED),
        ("/request", [A], UNAUTHORIZED),
        ("/request?b=", [A], UNAUTHORIZED),
        ("/request?b=2", [], UNAUTHORIZED),
        ("/new?b=2", [], HTTP_401),
        ("/new", [A], HTTP_401),
        ("/simple", [], HTTP_401),
    ],
)
def test_without_an_identity_nobody_is_asked(scenario: AuthScenario, target: str, headers: Any, expected: Any) -> None:
    assert said(scenario.call(target, *headers)) == expected
    assert scenario.harness.invoker.submitted == []


def test_a_token_that_fits_its_expression(scenario: AuthScenario) -> None:
    assert scenario.call("/valid", TOKEN).status == 200


def test_an_authorizer_that_does_not_answer(scenario: AuthScenario) -> None:
    scenario.verdict = None
    answers = scenario.wait("/token", TOKEN)
    assert answers == []
    (timer,) = scenario.harness.timers
    assert timer.seconds == 10
    scenario.harness.run(timer.call)
    assert said(answers[0]) == FAILED
    late = Outcome(Ending.DONE, json.dumps(policy()).encode())
    scenario.harness.run(lambda: scenario.harness.invoker.waiting[0](late))
    assert (len(answers), scenario.events("hello")) == (1, [])


def test_an_authorizer_that_is_throttled(scenario: AuthScenario) -> None:
    scenario.harness.invoker.throttle = "x"
    assert said(scenario.call("/token", TOKEN)) == FAILED


# What is asked


def test_what_a_token_authorizer_gets(scenario: AuthScenario) -> None:
    scenario.call("/token/7?x=1", TOKEN, method="PUT", body=b"{}")
    assert scenario.events("check") == [
        {"type": "TOKEN", "authorizationToken": "t1", "methodArn": f"{ARN}:Rest/prod/PUT/token/7"}
    ]


def test_what_a_request_authorizer_of_a_rest_api_gets(scenario: AuthScenario) -> None:
    scenario.call("/request?b=2", A, body=b"secret")
    (event,) = scenario.events("check")
    assert (event["type"], event["methodArn"]) == ("REQUEST", f"{ARN}:Rest/prod/GET/request")
    assert event["headers"]["X-A"] == "one"
    assert event["queryStringParameters"] == {"b": "2"}
    assert event["requestContext"]["identity"]["sourceIp"] == "192.0.2.1"
    assert not {"body", "isBase64Encoded", "version"} & set(event)


def test_what_authorizers_of_an_http_api_get(scenario: AuthScenario) -> None:
    scenario.call("/old", A)
    scenario.call("/new?b=2", A)
    old, new = scenario.events("check")
    assert {name: old[name] for name in ("version", "type", "methodArn", "identitySource", "authorizationToken")} == {
        "version": "1.0",
        "type": "REQUEST",
        "methodArn": f"{ARN}:Http/$default/GET/old",
        "identitySource": "one",
        "authorizationToken": "one",
    }
    assert (old["httpMethod"], old["headers"]["X-A"]) == ("GET", "one")
    assert {name: new[name] for name in ("version", "type", "routeArn", "identitySource", "routeKey", "rawPath")} == {
        "version": "2.0",
        "type": "REQUEST",
        "routeArn": f"{ARN}:Http/$default/GET/new",
        "identitySource": ["one", "2"],
        "routeKey": "ANY /new",
        "rawPath": "/new",
    }


# What the function is told


CONTEXT = {"text": "a", "number": 1.5, "flag": True, "nothing": None}


def test_context_in_a_rest_api(scenario: AuthScenario) -> None:
    scenario.verdict = policy(context=CONTEXT)
    scenario.call("/token", TOKEN)
    assert scenario.context["authorizer"] == {
        "text": "a",
        "number": "1.5",
        "flag": "true",
        "nothing": None,
        "principalId": "ada",
        "integrationLatency": 0,
    }


def test_context_in_an_http_api(scenario: AuthScenario) -> None:
    scenario.verdict = policy(context={**CONTEXT, "list": [1]})
    scenario.call("/new?b=2", A)
    assert scenario.context["authorizer"] == {"lambda": {**CONTEXT, "list": [1]}}
    scenario.call("/old-1", A)
    assert scenario.context["authorizer"]["list"] == "[1]"


# What is kept


def test_an_answer_is_kept_by_identity(scenario: AuthScenario) -> None:
    for _ in range(3):
        assert scenario.call("/token", TOKEN).status == 200
    assert len(scenario.events("check")) == 1
    scenario.call("/token", ("Authorization", "t2"))
    assert len(scenario.events("check")) == 2
    scenario.now += 299
    scenario.call("/token", TOKEN)
    assert len(scenario.events("check")) == 2
    scenario.now += 1
    scenario.call("/token", TOKEN)
    assert len(scenario.events("check")) == 3


def test_a_kept_policy_is_weighed_for_each_method(scenario: AuthScenario) -> None:
    scenario.verdict = policy(resource=f"{ARN}:Rest/prod/GET/token/*")
    assert scenario.call("/token/7", TOKEN).status == 200
    assert said(scenario.call("/token/7", TOKEN, method="PUT")) == IMPLICIT
    assert said(scenario.call("/token", TOKEN)) == IMPLICIT
    assert len(scenario.events("check")) == 1


def test_a_denial_is_kept_and_a_failure_is_not(scenario: AuthScenario) -> None:
    scenario.verdict = policy("Deny")
    for _ in range(2):
        assert said(scenario.call("/token", TOKEN)) == EXPLICIT
    assert len(scenario.events("check")) == 1
    scenario.verdict, scenario.ending = {"errorMessage": "boom"}, Ending.FUNCTION_ERROR
    for _ in range(2):
        assert said(scenario.call("/token", ("Authorization", "t2"))) == FAILED
    assert len(scenario.events("check")) == 3


@pytest.mark.parametrize(
    ("target", "calls"),
    [("/once", 2), ("/bare", 2), ("/request?b=2", 1), ("/old", 2), ("/simple", 2), ("/new?b=2", 1)],
)
def test_how_long_each_keeps_its_answers(scenario: AuthScenario, target: str, calls: int) -> None:
    scenario.verdict = {**policy(), "isAuthorized": True}
    for _ in range(2):
        assert scenario.call(target, TOKEN, A).status == 200
    assert len(scenario.events("check")) == calls


def test_authorizers_do_not_share_what_they_keep(scenario: AuthScenario) -> None:
    scenario.call("/token", TOKEN)
    scenario.call("/valid", TOKEN)
    assert len(scenario.events("check")) == 2


def test_what_is_kept_for_one_value_does_not_hold_for_two(scenario: AuthScenario) -> None:
    """The function reads the last value of a parameter, and so would the authorizer: neither may be led astray."""
    assert scenario.call("/request?b=good", A).status == 200
    scenario.verdict = policy("Deny")
    assert said(scenario.call("/request?b=good&b=evil", A)) == EXPLICIT
    assert said(scenario.call("/request?b=evil&b=good", A)) == EXPLICIT
    assert said(scenario.call("/request?b=good", A, ("x-a", "two"))) == EXPLICIT
    assert scenario.call("/request?b=good", A).status == 200


def test_spelling_a_path_otherwise_evades_no_policy(scenario: AuthScenario) -> None:
    statements = [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "*", "Resource": f"{ARN}:Rest/prod/GET/token/admin"},
    ]
    scenario.verdict = {"principalId": "ada", "policyDocument": {"Statement": statements}}
    for target in ("/token/admin", "/token/%61dmin", "/token/admin/", "/prod/token/admin"):
        assert said(scenario.call(target, TOKEN)) == EXPLICIT, target
    assert scenario.events("hello") == []


@pytest.mark.parametrize("path", sorted(CASES.glob("*.json")), ids=lambda path: path.stem)
def test_the_event_of_an_authorizer_is_what_aws_documents(scenario: AuthScenario, path: Path) -> None:
    case = json.loads(path.read_text("utf-8"))
    assert case["source"]
    request = case["request"]
    scenario.call(request["target"], *map(tuple, request["headers"]), method=request["method"])
    assert scenario.events("check") == [case["event"]]
