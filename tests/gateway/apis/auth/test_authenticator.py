"""Routes with authorization from the request to the response: signatures, API keys, and rules for all of them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from esb_gateway.apis.auth.api_keys import derived_value
from esb_gateway.configuration.compiling import read_configuration
from esb_wire.function_credentials import access_key_id, secret_access_key
from tests.gateway.apis.auth.scenario import (
    FORBIDDEN,
    FUNCTIONS,
    HTTP_401,
    HTTP_403,
    KEY,
    ROUTES,
    ROUTING,
    SECRET,
    TOKEN,
    UNAUTHORIZED,
    A,
    AuthScenario,
    issued,
    policy,
    said,
)

# AWS_IAM


def signed(
    scenario: AuthScenario, target: str, secret: str = "example", service: str = "execute-api", key: str = ""
) -> list[tuple[str, str]]:
    """The headers of a call as botocore signs it."""
    import botocore.auth  # noqa: PLC0415 - only here
    import botocore.awsrequest  # noqa: PLC0415
    import botocore.credentials  # noqa: PLC0415

    request = botocore.awsrequest.AWSRequest(
        "GET", f"http://localhost:8080{target}", headers={"Host": "localhost:8080"}
    )
    keys = botocore.credentials.Credentials(key or scenario.credentials.access_key, secret)
    botocore.auth.SigV4Auth(keys, service, "us-east-1").add_auth(request)
    return [(name, value) for name, value in request.headers.items() if name != "Host"]


@pytest.fixture
def today(scenario: AuthScenario) -> AuthScenario:
    """botocore signs by its own clock."""
    import time  # noqa: PLC0415

    scenario.now = time.time()
    return scenario


def test_a_signed_call_names_its_key_in_the_event(today: AuthScenario) -> None:
    assert today.call("/iam?a=1", *signed(today, "/iam?a=1")).status == 200
    iam = today.context["authorizer"]["iam"]
    assert (iam["accessKey"], iam["userArn"]) == ("AKIDEXAMPLE", "arn:aws:iam::123456789012:root")
    for target in ("/rest-iam", "/iam-1"):
        assert today.call(target, *signed(today, target)).status == 200
        identity = today.context["identity"]
        assert (identity["accessKey"], identity["userArn"]) == ("AKIDEXAMPLE", "arn:aws:iam::123456789012:root")


def test_a_call_that_a_function_signs_with_credentials_of_its_own(today: AuthScenario) -> None:
    key_id = access_key_id("orders")
    own = secret_access_key(today.credentials.secret_key, "orders")
    headers = [signed(today, target, own, key=key_id) for target in ("/iam", "/rest-iam")]
    arn = "arn:aws:sts::123456789012:assumed-role/orders/orders"
    assert today.call("/iam", *headers[0]).status == 200
    iam = today.context["authorizer"]["iam"]
    assert (iam["accessKey"], iam["userArn"], iam["callerId"]) == (key_id, arn, f"{key_id}:orders")
    assert today.call("/rest-iam", *headers[1]).status == 200
    assert today.context["identity"]["userArn"] == arn


def test_a_call_that_is_not_signed_rightly(today: AuthScenario) -> None:
    missing = (403, {"message": "Missing Authentication Token"}, "MissingAuthenticationTokenException")
    assert said(today.call("/rest-iam")) == missing
    assert said(today.call("/iam")) == HTTP_403
    for headers in (signed(today, "/iam", "wrong"), signed(today, "/iam", service="lambda"), signed(today, "/other")):
        assert said(today.call("/iam", *headers)) == HTTP_403
    assert said(today.call("/rest-iam", *signed(today, "/rest-iam", "wrong")))[0] == 403
    assert today.harness.invoker.submitted == []


def test_without_credentials_nobody_can_sign(today: AuthScenario) -> None:
    today.harness.auth = replace(today.harness.auth, verify_call=None)
    today.gateway = today.harness.gateway()
    assert said(today.call("/iam", *signed(today, "/iam", ""))) == HTTP_403


# API keys


def test_an_api_key_is_named_in_the_event(scenario: AuthScenario) -> None:
    assert scenario.call("/key", KEY).status == 200
    identity = scenario.context["identity"]
    assert (identity["apiKey"], identity["apiKeyId"]) == (KEY[1], "Key")


@pytest.mark.parametrize("headers", [[], [("x-api-key", "")], [("x-api-key", "wrong")], [("Authorization", KEY[1])]])
def test_a_call_without_a_right_key(scenario: AuthScenario, headers: Any) -> None:
    assert said(scenario.call("/key", *headers)) == FORBIDDEN
    assert scenario.harness.invoker.submitted == []


def test_a_key_without_a_plan_opens_nothing(scenario: AuthScenario) -> None:
    assert said(scenario.call("/key", ("x-api-key", derived_value(SECRET, "Spare")))) == FORBIDDEN


def test_a_key_is_throttled_by_its_plan(scenario: AuthScenario) -> None:
    assert [scenario.call("/key", KEY).status for _ in range(3)] == [200, 200, 429]
    too_many = (429, {"message": "Too Many Requests"}, "TooManyRequestsException")
    assert said(scenario.call("/key", KEY)) == too_many
    scenario.now += 1
    assert scenario.call("/key", KEY).status == 200


def test_a_new_configuration_gives_nothing_back(scenario: AuthScenario) -> None:
    scenario.verdict = policy()
    assert [scenario.call("/both", TOKEN, KEY).status for _ in range(2)] == [200, 200]
    scenario.gateway.configure(read_configuration(FUNCTIONS, ROUTING))
    assert scenario.call("/both", TOKEN, KEY).status == 429
    assert len(scenario.events("check")) == 2  # what an authorizer said before is asked again


def test_an_authorizer_and_a_key(scenario: AuthScenario) -> None:
    assert said(scenario.call("/both", KEY)) == UNAUTHORIZED
    assert said(scenario.call("/both", TOKEN)) == FORBIDDEN
    assert scenario.call("/both", TOKEN, KEY).status == 200


def test_a_key_of_the_authorizers(scenario: AuthScenario) -> None:
    scenario.verdict = policy(usageIdentifierKey=KEY[1])
    assert scenario.call("/usage", TOKEN).status == 200
    scenario.verdict = policy()
    assert said(scenario.call("/usage", ("Authorization", "t2"), KEY)) == FORBIDDEN


# All of them


def test_open_routes_stay_open_and_ask_nobody(scenario: AuthScenario) -> None:
    assert scenario.call("/open").status == 200
    assert scenario.events("check") == []
    assert "authorizer" not in scenario.context


@pytest.mark.parametrize("each", ROUTES, ids=lambda each: each["path"])
def test_nothing_but_the_open_route_is_open(scenario: AuthScenario, each: dict[str, Any]) -> None:
    scenario.verdict = policy("Deny")
    response = scenario.call(each["path"], TOKEN, A, method="POST")
    assert (response.status == 200) is (each["path"] == "/open")


def test_a_refusal_has_the_headers_of_an_answer(scenario: AuthScenario) -> None:
    response = scenario.call("/login", ("Origin", "https://shop.example"))
    headers = dict(response.headers)
    assert headers["Access-Control-Allow-Origin"] == "https://shop.example"
    assert headers["Apigw-Requestid"]
    assert dict(scenario.call("/pool").headers)["x-amzn-RequestId"]


def test_a_preflight_is_answered_without_a_check(scenario: AuthScenario) -> None:
    asked = [("Origin", "https://shop.example"), ("Access-Control-Request-Method", "GET")]
    assert scenario.call("/login", *asked, method="OPTIONS").status == 204
    assert said(scenario.call("/login", method="OPTIONS")) == HTTP_401


def test_a_body_that_is_too_large_is_refused_first(scenario: AuthScenario) -> None:
    assert scenario.call("/iam", too_large=True).status == 413
    assert scenario.call("/token", TOKEN, too_large=True).status == 413
    assert scenario.harness.invoker.submitted == []


def test_the_log_has_no_token_and_no_key(scenario: AuthScenario) -> None:
    scenario.verdict = {"policyDocument": "hush"}
    token = issued(aud="other")
    for target in ("/token?t=hush", "/login?t=hush", "/key?t=hush", "/rest-iam?t=hush", "/request?b=hush"):
        scenario.call(target, token, KEY, ("X-A", "hush"))
    lines = json.dumps(scenario.harness.lines)
    assert '"status": 401' in lines
    assert token[1].removeprefix("Bearer ") not in lines
    assert KEY[1] not in lines
    assert "hush" not in lines


def test_what_authorizers_decide_is_counted(scenario: AuthScenario) -> None:
    scenario.call("/token", TOKEN)
    scenario.call("/token", TOKEN)  # by the verdict that was kept
    scenario.call("/token")
    scenario.call("/key")
    scenario.call("/iam")
    scenario.verdict = b"nonsense"
    scenario.call("/once", TOKEN)
    scenario.call("/open")
    assert dict(scenario.harness.counts.authorizations) == {
        ("Rest", "Token", "allowed"): 2,
        ("Rest", "Token", "denied"): 1,
        ("Rest", "", "denied"): 1,
        ("Http", "AWS_IAM", "denied"): 1,
        ("Rest", "Once", "failed"): 1,
    }
