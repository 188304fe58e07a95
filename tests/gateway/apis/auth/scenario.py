"""A gateway whose routes have every kind of authorization."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from esb_gateway.apis.auth.api_keys import derived_value
from esb_gateway.apis.auth.auth_context import AuthContext
from esb_gateway.apis.auth.key_finder import KeyFinder
from esb_gateway.apis.auth.key_sets import VerificationKey
from esb_gateway.apis.auth.signing_keys import signing_key
from esb_gateway.apis.auth.token_authorizers import TokenAuthorizerHandler
from esb_gateway.apis.route_auth import Issuer
from esb_gateway.configuration.compiling import read_configuration
from esb_gateway.invocation import Ending, Invocation, Outcome
from esb_gateway.serving.gateway import Gateway
from esb_wire.http.messages import Request, Response
from esb_wire.sigv4 import Credentials, Verifier

NOW = 1705505536.5  # as in conftest.py
SECRET = "secret"
POOL_ARN = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_a"
POOL = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_a"
HEADER = ["$request.header.Authorization"]
ARN = "arn:aws:execute-api:us-east-1:123456789012"

REST: dict[str, Any] = {
    "type": "REST",
    "stage": "prod",
    "stage_variables": {"color": "blue"},
    "authorizers": {
        "Token": {"type": "TOKEN", "function": "check", "identity_sources": HEADER},
        "Valid": {"type": "TOKEN", "function": "check", "identity_sources": HEADER, "validation_expression": "t[0-9]"},
        "Slow": {"type": "TOKEN", "function": "check", "identity_sources": HEADER, "validation_expression": "(a|aa)+"},
        "Once": {"type": "TOKEN", "function": "check", "identity_sources": HEADER, "result_ttl_in_seconds": 0},
        "Request": {
            "type": "REQUEST",
            "function": "check",
            "identity_sources": [
                "$request.header.X-A",
                "$request.querystring.b",
                "$stageVariables.color",
                "$context.identity.sourceIp",
            ],
        },
        "Bare": {"type": "REQUEST", "function": "check", "result_ttl_in_seconds": 0},
        "Pool": {"type": "COGNITO_USER_POOLS", "user_pool_arns": [POOL_ARN], "identity_sources": HEADER},
    },
}
HTTP: dict[str, Any] = {
    "type": "HTTP",
    "authorizers": {
        "Old": {"type": "REQUEST", "function": "check", "payload": "1.0", "identity_sources": ["$request.header.X-A"]},
        "New": {
            "type": "REQUEST",
            "function": "check",
            "payload": "2.0",
            "identity_sources": ["$request.header.X-A", "$request.querystring.b"],
            "result_ttl_in_seconds": 60,
        },
        "Simple": {
            "type": "REQUEST",
            "function": "check",
            "simple_responses": True,
            "identity_sources": ["$request.header.X-A"],
        },
        "Login": {
            "type": "JWT",
            "issuer": POOL,
            "audience": ["shop"],
            "identity_sources": HEADER,
            "issued_here": True,
        },
    },
    "cors": {"allow_origins": ["https://shop.example"]},
}


def route(api: str, path: str, **guard: Any) -> dict[str, Any]:
    return {"path": path, "method": "ANY", "function": "hello", "api": api, **guard}


ROUTES = [
    *(route("Rest", f"/{name.lower()}", authorizer=name) for name in REST["authorizers"]),
    route("Rest", "/token/{id}", authorizer="Token"),
    route("Rest", "/scoped", authorizer="Pool", scopes=["read"]),
    route("Rest", "/rest-iam", authorization="AWS_IAM"),
    route("Rest", "/key", api_key_required=True),
    route("Rest", "/both", authorizer="Token", api_key_required=True),
    route("Rest", "/open"),
    route("Usage", "/usage", authorizer="Token", api_key_required=True),
    *(route("Http", f"/{name.lower()}", authorizer=name) for name in HTTP["authorizers"]),
    route("Http", "/login-1", authorizer="Login", payload="1.0"),
    route("Http", "/login-scoped", authorizer="Login", scopes=["read", "write"]),
    route("Http", "/old-1", authorizer="Old", payload="1.0"),
    route("Http", "/iam", authorization="AWS_IAM"),
    route("Http", "/iam-1", authorization="AWS_IAM", payload="1.0"),
]
ROUTING: dict[str, Any] = {
    "apis": {
        "Rest": REST,
        "Usage": {**REST, "api_key_source": "AUTHORIZER"},
        "Http": HTTP,
    },
    "routes": ROUTES,
    "api_keys": {"Key": {}, "Spare": {}},
    "usage_plans": {
        "Plan": {"apis": {"Rest": {}, "Usage": {}}, "keys": ["Key"], "throttle": {"rate_limit": 1, "burst_limit": 2}}
    },
}
FUNCTIONS = {"functions": {name: {"handler": "a.b", "runtime": "python3.12"} for name in ("hello", "check")}}

Make = Callable[..., Request]


def policy(effect: str = "Allow", resource: str = "*", **more: Any) -> dict[str, Any]:
    statement = {"Effect": effect, "Action": "execute-api:Invoke", "Resource": resource}
    return {"principalId": "ada", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}, **more}


async def no_keys(_: Issuer) -> dict[str, VerificationKey]:
    return {}


class AuthScenario:
    """A gateway whose functions are `hello`, which answers 200, and `check`, which answers as the test says."""

    def __init__(self, harness: Any, make_request: Make) -> None:
        self.harness = harness
        self.make_request = make_request
        self.now = NOW
        self.verdict: Any = policy()
        self.ending = Ending.DONE
        harness.configuration = read_configuration(FUNCTIONS, ROUTING)
        harness.invoker.answer = self._answer
        harness.clock = lambda: self.now
        self.credentials = Credentials("AKIDEXAMPLE", "example")
        verifier = Verifier(self.credentials, lambda: self.now, "execute-api")
        finder = KeyFinder(SECRET, no_keys, lambda: self.now, lambda *_: None)
        tokens = TokenAuthorizerHandler(finder, lambda: self.now, SECRET)
        harness.auth = AuthContext(verifier, SECRET, lambda: tokens)
        self.gateway: Gateway = harness.gateway()

    def _answer(self, invocation: Invocation) -> Outcome | None:
        if invocation.function == "hello":
            return Outcome(Ending.DONE, b'{"statusCode":200,"body":"in"}')
        if self.verdict is None:
            return None
        payload = self.verdict if isinstance(self.verdict, bytes) else json.dumps(self.verdict).encode()
        return Outcome(self.ending, payload)

    def call(self, target: str, *headers: tuple[str, str], method: str = "GET", **more: Any) -> Response:
        answers = self.wait(target, *headers, method=method, **more)
        assert len(answers) == 1
        return answers[0]

    def wait(self, target: str, *headers: tuple[str, str], method: str = "GET", **more: Any) -> list[Response]:
        pairs = [["Host", "localhost:8080"], *map(list, headers)]
        answers: list[Response] = self.harness.ask(self.make_request(method, target, pairs, **more), self.gateway)
        return answers

    def events(self, function: str) -> list[dict[str, Any]]:
        return [json.loads(each.payload) for each in self.harness.invoker.submitted if each.function == function]

    @property
    def context(self) -> dict[str, Any]:
        """The requestContext of the last event that `hello` got."""
        found: dict[str, Any] = self.events("hello")[-1]["requestContext"]
        return found


def said(response: Response) -> tuple[int, Any, str | None]:
    headers = {name.lower(): value for name, value in response.headers}
    return response.status, json.loads(response.body), headers.get("x-amzn-errortype")


TOKEN = ("Authorization", "t1")
A = ("X-A", "one")

UNAUTHORIZED = (401, {"message": "Unauthorized"}, "UnauthorizedException")
IMPLICIT = (403, {"Message": "User is not authorized to access this resource"}, "AccessDeniedException")
EXPLICIT = (
    403,
    {"Message": "User is not authorized to access this resource with an explicit deny"},
    "AccessDeniedException",
)
FAILED = (500, {"message": None}, "AuthorizerConfigurationException")
HTTP_401 = (401, {"message": "Unauthorized"}, None)
HTTP_403 = (403, {"message": "Forbidden"}, None)
HTTP_500 = (500, {"message": "Internal Server Error"}, None)
FORBIDDEN = (403, {"message": "Forbidden"}, "ForbiddenException")

KEY = ("X-Api-Key", derived_value(SECRET, "Key"))


def issued(use: str = "id", **claims: Any) -> tuple[str, str]:
    whole = {"iss": POOL, "aud": "shop", "sub": "ada", "iat": NOW, "exp": NOW + 60, "token_use": use, **claims}
    return "Authorization", f"Bearer {signing_key(SECRET, POOL).sign(whole)}"
