"""Routes of an API with a resource policy. The client's address is 192.0.2.1."""

from __future__ import annotations

from typing import Any

import pytest

from esb_gateway.configuration.compiling import read_configuration
from esb_gateway.errors import ConfigurationError
from tests.gateway.apis.auth.scenario import (
    ARN,
    EXPLICIT,
    FUNCTIONS,
    IMPLICIT,
    KEY,
    REST,
    ROUTES,
    ROUTING,
    TOKEN,
    UNAUTHORIZED,
    AuthScenario,
    issued,
    policy,
    said,
)

HERE, ELSEWHERE = {"aws:SourceIp": ["192.0.2.0/24"]}, {"aws:SourceIp": ["10.0.0.0/8"]}
ALLOW: dict[str, Any] = {"effect": "Allow", "resources": ["execute-api:/*"]}


def guarded(scenario: AuthScenario, *statements: dict[str, Any], **more: Any) -> AuthScenario:
    """The scenario with a resource policy of the API Rest."""
    apis: dict[str, Any] = {**ROUTING["apis"], "Rest": {**REST, "policy": [*statements], **more}}
    scenario.gateway.configure(read_configuration(FUNCTIONS, {**ROUTING, "apis": apis, "routes": ROUTES}))
    return scenario


def refused(path: str, method: str = "GET", *, explicitly: bool = False) -> tuple[int, Any, str]:
    arn = f"{ARN.replace('12345678', '********')}:Rest/prod/{method}{path}"
    text = f"User: anonymous is not authorized to perform: execute-api:Invoke on resource: {arn}"
    return 403, {"Message": text + " with an explicit deny" * explicitly}, "AccessDeniedException"


@pytest.mark.parametrize(
    "statements",
    [
        [ALLOW],
        [{**ALLOW, "conditions": {"IpAddress": HERE}}],
        [ALLOW, {**ALLOW, "effect": "Deny", "conditions": {"NotIpAddress": HERE}}],
        [ALLOW, {"effect": "Deny", "resources": ["execute-api:/prod/POST/*", "execute-api:/test/*"]}],
        [{"effect": "Allow", "resources": [f"{ARN}:*/prod/GET/op?n"]}],
        [{**ALLOW, "conditions": {"DateLessThan": {"aws:CurrentTime": ["2024-02-01"]}}}],
    ],
)
def test_who_is_let_in(scenario: AuthScenario, statements: list[dict[str, Any]]) -> None:
    assert guarded(scenario, *statements).call("/open").status == 200


@pytest.mark.parametrize(
    ("statements", "explicitly"),
    [
        ([{**ALLOW, "conditions": {"IpAddress": ELSEWHERE}}], False),
        ([{**ALLOW, "conditions": {"IpAddress": HERE, "Bool": {"aws:SecureTransport": ["true"]}}}], False),
        ([{"effect": "Allow", "resources": ["execute-api:/prod/GET/other"]}], False),
        ([{"effect": "Allow", "resources": [f"{ARN}:Other/*"]}], False),
        ([ALLOW, {**ALLOW, "effect": "Deny", "conditions": {"IpAddress": HERE}}], True),
        ([ALLOW, {"effect": "Deny", "resources": ["arn:aws:execute-api:eu-west-1:9:abc/prod/GET/open"]}], True),
        ([ALLOW, {"effect": "Deny", "resources": [f"{ARN}:*/GET/open"]}], True),
        ([ALLOW, {"effect": "Deny", "resources": ["arn:aws:execute-api:eu-west-1:9:abc"]}], True),
        ([ALLOW, {**ALLOW, "effect": "Deny", "conditions": {"NotIpAddress": ELSEWHERE}}], True),
    ],
)
def test_who_is_kept_out(scenario: AuthScenario, statements: list[dict[str, Any]], explicitly: bool) -> None:
    assert said(guarded(scenario, *statements).call("/open")) == refused("/open", explicitly=explicitly)
    assert scenario.events("hello") == []
    assert scenario.call("/open", ("X-Forwarded-For", "10.0.0.1")).status == 403  # anybody may write this header


def test_another_spelling_of_a_path_does_not_evade_a_statement(scenario: AuthScenario) -> None:
    guarded(scenario, ALLOW, {"effect": "Deny", "resources": ["execute-api:/prod/*/open"]})
    for target in ("/open", "/open/", "/%6fpen", "//open"):
        assert said(scenario.call(target)) == refused("/open", explicitly=True)


def test_a_denial_comes_before_an_authorizer(scenario: AuthScenario) -> None:
    guarded(scenario, {**ALLOW, "effect": "Deny"})
    for target, path in (("/token", "/token"), ("/pool", "/pool"), ("/rest-iam", "/rest-iam")):
        assert said(scenario.call(target, TOKEN)) == refused(path, explicitly=True)
    assert scenario.events("check") == []


def test_a_function_or_the_policy_must_allow_the_call(scenario: AuthScenario) -> None:
    other = policy(resource=f"{ARN}:Rest/prod/GET/other")
    guarded(scenario, {**ALLOW, "conditions": {"IpAddress": ELSEWHERE}})  # says nothing of this call
    assert scenario.call("/token", TOKEN).status == 200
    scenario.verdict = other
    assert said(scenario.call("/once", TOKEN)) == IMPLICIT
    guarded(scenario, ALLOW)
    assert scenario.call("/once", TOKEN).status == 200
    scenario.verdict = policy("Deny")
    assert said(scenario.call("/once", TOKEN)) == EXPLICIT


NO_OPTIONS = [{"effect": "Allow", "resources": ["execute-api:/prod/GET/*"]}]
NOT_OPEN = [ALLOW, {"effect": "Deny", "resources": ["execute-api:/prod/*/open"]}]


@pytest.mark.parametrize(("statements", "explicitly"), [(NO_OPTIONS, False), (NOT_OPEN, True)])
@pytest.mark.parametrize("target", ["/open", "/prod/open", "/%6fpen"])
def test_the_options_method_that_cors_adds_is_behind_the_policy_too(
    scenario: AuthScenario, statements: list[dict[str, Any]], explicitly: bool, target: str
) -> None:
    guarded(scenario, *statements, cors={"allow_origins": ["https://shop.example"]})
    assert said(scenario.call(target, method="OPTIONS")) == refused("/open", "OPTIONS", explicitly=explicitly)
    guarded(scenario, ALLOW, cors={"allow_origins": ["https://shop.example"]})
    answer = scenario.call(target, method="OPTIONS")
    assert (answer.status, dict(answer.headers)["Access-Control-Allow-Origin"]) == (200, "https://shop.example")


def test_a_token_needs_a_statement_that_allows_the_call(scenario: AuthScenario) -> None:
    assert guarded(scenario, ALLOW).call("/pool", issued()).status == 200
    assert said(scenario.call("/pool")) == UNAUTHORIZED
    guarded(scenario, {**ALLOW, "conditions": {"IpAddress": ELSEWHERE}})
    assert said(scenario.call("/pool", issued())) == refused("/pool")


def test_an_api_key_is_asked_for_as_well(scenario: AuthScenario) -> None:
    guarded(scenario, ALLOW)
    assert scenario.call("/key").status == 403
    assert scenario.call("/key", KEY).status == 200


def test_other_apis_are_as_open_as_before(scenario: AuthScenario) -> None:
    guarded(scenario, {**ALLOW, "effect": "Deny"})
    assert scenario.call("/simple", ("X-A", "one")).status != 404
    assert scenario.call("/usage", TOKEN, KEY).status == 403  # by its own key, not by Rest's policy
    assert len(scenario.events("check")) == 2


def test_a_condition_that_is_not_known_is_refused() -> None:
    statement = {**ALLOW, "conditions": {"StringEquals": {"aws:SourceVpce": ["vpce-1"]}}}
    routing = {"apis": {"Rest": {"type": "REST", "policy": [statement]}}, "routes": []}
    with pytest.raises(ConfigurationError, match="StringEquals of aws:SourceVpce cannot be checked"):
        read_configuration(FUNCTIONS, routing)
