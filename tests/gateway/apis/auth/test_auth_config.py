"""The authorization of routing.yml, compiled; the gateway does not start with what it does not understand."""

from __future__ import annotations

from typing import Any

import pytest

from esb_gateway.apis.auth.auth_config import issuer_of_pool
from esb_gateway.apis.route_auth import (
    IamAuthorizer,
    Issuer,
    LambdaAuthorizer,
    RouteAuth,
    TokenAuthorizer,
)
from esb_gateway.configuration.compiling import read_configuration
from esb_gateway.configuration.configuration import Configuration
from esb_gateway.errors import ConfigurationError

FUNCTIONS = {"functions": {name: {"handler": "a.b", "runtime": "python3.12"} for name in ("hello", "check")}}
HEADER = ["$request.header.A"]


def read(
    authorizer: dict[str, Any] | None = None, api_type: str = "REST", route: Any = None, **more: Any
) -> Configuration:
    api = {"type": api_type, "authorizers": {} if authorizer is None else {"It": authorizer}}
    entry = {"path": "/a", "method": "GET", "function": "hello", "api": "Api", **(route or {"authorizer": "It"})}
    return read_configuration(FUNCTIONS, {"apis": {"Api": api}, "routes": [entry], **more})


def route_auth(*arguments: Any, **more: Any) -> RouteAuth | None:
    return read(*arguments, **more).routes[0].auth


@pytest.mark.parametrize(
    ("api_type", "said", "payload", "ttl"),
    [
        ("REST", {"type": "REQUEST", "identity_sources": HEADER}, "1.0", 300),
        ("REST", {"type": "REQUEST", "identity_sources": HEADER, "result_ttl_in_seconds": 0}, "1.0", 0),
        ("REST", {"type": "REQUEST"}, "1.0", 0),
        ("HTTP", {"type": "REQUEST", "identity_sources": HEADER}, "2.0", 0),
        (
            "HTTP",
            {"type": "REQUEST", "payload": "1.0", "identity_sources": HEADER, "result_ttl_in_seconds": 9},
            "1.0",
            9,
        ),
    ],
)
def test_defaults_of_a_lambda_authorizer(api_type: str, said: dict[str, Any], payload: str, ttl: int) -> None:
    found = route_auth({"function": "check", **said}, api_type)
    assert found is not None
    assert isinstance(found.authorizer, LambdaAuthorizer)
    assert (found.authorizer.payload, found.authorizer.ttl, found.authorizer.simple) == (payload, ttl, False)


def test_token_authorizers() -> None:
    arns = [f"arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_{name}" for name in "ab"]
    found = route_auth(
        {"type": "COGNITO_USER_POOLS", "user_pool_arns": arns}, route={"authorizer": "It", "scopes": ["x"]}
    )
    issuers = tuple(Issuer(issuer_of_pool(arn), issued_here=True) for arn in arns)
    assert issuers[0].url == "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a"
    source = ("$request.header.Authorization",)
    assert found == RouteAuth(TokenAuthorizer("It", issuers, (), source, None, is_pool=True), ("x",))
    found = route_auth(
        {"type": "JWT", "issuer": "https://id.example", "audience": ["a"], "identity_sources": HEADER}, "HTTP"
    )
    issuer = Issuer("https://id.example", issued_here=False)
    assert found == RouteAuth(TokenAuthorizer("It", (issuer,), ("a",), tuple(HEADER), None, is_pool=False))


def test_the_issuer_of_a_pool_in_china() -> None:
    arn = "arn:aws-cn:cognito-idp:cn-north-1:123456789012:userpool/cn-north-1_a"
    assert issuer_of_pool(arn) == "https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_a"


def test_routes_without_an_authorizer() -> None:
    assert route_auth(route={"authorization": "NONE"}) is None
    assert route_auth(route={"authorization": "AWS_IAM"}) == RouteAuth(IamAuthorizer())
    assert route_auth(route={"api_key_required": True}) == RouteAuth(key_required=True)


@pytest.mark.parametrize(
    ("authorizer", "route", "said"),
    [
        ({"type": "TOKEN", "function": "gone"}, None, "apis.Api.authorizers.It.function: there is no function gone"),
        ({"type": "BIOMETRIC"}, None, "apis.Api.authorizers.It.type: authorizer type BIOMETRIC is not supported"),
        (
            {"type": "TOKEN", "function": "check", "validation_expression": "("},
            None,
            "apis.Api.authorizers.It.validation_expression: ( is not a valid regular expression",
        ),
        (None, None, "routes[0].authorizer: its API has no authorizer It; define it there"),
        (None, {"authorization": "CUSTOM"}, "routes[0].authorization: CUSTOM is not supported"),
    ],
)
def test_what_is_not_understood_is_refused(authorizer: Any, route: Any, said: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read(authorizer, route=route)
    assert str(refused.value).startswith(f"routing.yml: {said}")
