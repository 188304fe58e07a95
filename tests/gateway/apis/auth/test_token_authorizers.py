"""Token authorizers from the request to the response."""

from __future__ import annotations

from typing import Any

import pytest

from esb_gateway.apis.auth.signing_keys import signing_key
from esb_wire.http.messages import Response
from tests.gateway.apis.auth.scenario import (
    HTTP_401,
    HTTP_403,
    IMPLICIT,
    NOW,
    POOL,
    SECRET,
    UNAUTHORIZED,
    AuthScenario,
    issued,
    said,
)


def challenge(response: Response) -> str | None:
    return dict(response.headers).get("WWW-Authenticate")


def test_a_token_of_the_stack_in_an_http_api(scenario: AuthScenario) -> None:
    assert scenario.call("/login", issued(groups=["a", "b"])).status == 200
    authorizer = scenario.context["authorizer"]
    assert authorizer["jwt"]["scopes"] is None
    assert (authorizer["jwt"]["claims"]["sub"], authorizer["jwt"]["claims"]["groups"]) == ("ada", "[a b]")
    assert set(map(type, authorizer["jwt"]["claims"].values())) == {str}
    scenario.call("/login-1", issued())
    assert set(scenario.context["authorizer"]) == {"claims", "scopes"}


@pytest.mark.parametrize(
    ("headers", "expected", "challenged"),
    [
        ([], HTTP_401, "Bearer"),
        ([("Authorization", "")], HTTP_401, "Bearer"),
        (
            [("Authorization", "Bearer x")],
            HTTP_401,
            'Bearer scope="" error="invalid_token" error_description="the token is not a JSON Web Token"',
        ),
        (
            [issued(exp=NOW)],
            HTTP_401,
            'Bearer scope="" error="invalid_token" error_description="the token has expired"',
        ),
        (
            [issued(aud="other")],
            HTTP_401,
            'Bearer scope="" error="invalid_token" error_description="the token does not have a valid audience"',
        ),
    ],
)
def test_a_token_that_an_http_api_refuses(scenario: AuthScenario, headers: Any, expected: Any, challenged: str) -> None:
    response = scenario.call("/login", *headers)
    assert (said(response), challenge(response)) == (expected, challenged)
    assert scenario.harness.invoker.submitted == []


def test_a_token_signed_with_another_secret(scenario: AuthScenario) -> None:
    claims = {"iss": POOL, "aud": "shop", "iat": NOW, "exp": NOW + 60}
    theirs = signing_key("another", POOL).sign(claims)
    response = scenario.call("/login", ("Authorization", theirs))
    assert said(response) == HTTP_401
    assert "the key that signed the token is not known" in str(challenge(response))


def test_scopes_in_an_http_api(scenario: AuthScenario) -> None:
    assert scenario.call("/login-scoped", issued(scope="write x")).status == 200
    assert scenario.context["authorizer"]["jwt"]["scopes"] == ["write", "x"]
    response = scenario.call("/login-scoped", issued(scope="x"))
    assert said(response) == HTTP_403
    assert 'error="insufficient_scope"' in str(challenge(response))


def test_user_pools_in_a_rest_api(scenario: AuthScenario) -> None:
    groups: Any = {"cognito:groups": ["a", "b"]}
    assert scenario.call("/pool", issued(**groups)).status == 200
    claims = scenario.context["authorizer"]["claims"]
    assert (claims["sub"], claims["cognito:groups"]) == ("ada", "a,b")
    assert said(scenario.call("/pool")) == UNAUTHORIZED
    assert said(scenario.call("/pool", ("Authorization", "x"))) == UNAUTHORIZED
    assert said(scenario.call("/pool", issued("access"))) == UNAUTHORIZED
    expired = (401, {"message": "The incoming token has expired"}, "UnauthorizedException")
    assert said(scenario.call("/pool", issued(exp=NOW - 1))) == expired
    assert scenario.call("/scoped", issued("access", scope="read")).status == 200
    assert said(scenario.call("/scoped", issued("access", scope="x"))) == IMPLICIT
    assert said(scenario.call("/scoped", issued(scope="read"))) == UNAUTHORIZED


def test_a_pool_that_is_not_of_this_stack_is_none(scenario: AuthScenario) -> None:
    other = POOL.replace("us-east-1_a", "us-east-1_b")
    token = signing_key(SECRET, other).sign({"iss": other, "exp": NOW + 60, "token_use": "id"})
    assert said(scenario.call("/pool", ("Authorization", token))) == UNAUTHORIZED
