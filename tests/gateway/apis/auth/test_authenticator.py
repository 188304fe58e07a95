"""Guarded routes from the request to the answer: who is let in, what the others get, and what the function sees."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from esb_gateway.apis.auth.api_keys import derived_value
from esb_gateway.apis.auth.auth_context import AuthContext
from esb_gateway.apis.auth.key_finder import KeyFinder
from esb_gateway.apis.auth.key_sets import VerificationKey
from esb_gateway.apis.auth.signing_keys import signing_key
from esb_gateway.apis.auth.token_authorizers import TokenAuthorizerHandler
from esb_gateway.apis.route_auth import Issuer
from esb_gateway.config import read_configuration
from esb_gateway.invocation import Ending, Invocation, Outcome
from esb_gateway.server.gateway import Gateway
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
ROUTING = {
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


class Door:
    """A gateway whose functions are `hello`, which answers 200, and `check`, which answers as the test says."""

    def __init__(self, bench: Any, make_request: Make) -> None:
        self.bench = bench
        self.make_request = make_request
        self.now = NOW
        self.verdict: Any = policy()
        self.ending = Ending.DONE
        bench.configuration = read_configuration(FUNCTIONS, ROUTING)
        bench.invoker.answer = self._answer
        bench.clock = lambda: self.now
        self.credentials = Credentials("AKIDEXAMPLE", "example")
        verifier = Verifier(self.credentials, lambda: self.now, "execute-api")
        finder = KeyFinder(SECRET, no_keys, lambda: self.now, lambda *_: None)
        tokens = TokenAuthorizerHandler(finder, lambda: self.now, SECRET)
        bench.auth = AuthContext(verifier, SECRET, lambda: tokens)
        self.gateway: Gateway = bench.gateway()

    def _answer(self, invocation: Invocation) -> Outcome | None:
        if invocation.function == "hello":
            return Outcome(Ending.DONE, b'{"statusCode":200,"body":"in"}')
        if self.verdict is None:
            return None
        payload = self.verdict if isinstance(self.verdict, bytes) else json.dumps(self.verdict).encode()
        return Outcome(self.ending, payload)

    def knock(self, target: str, *headers: tuple[str, str], method: str = "GET", **more: Any) -> Response:
        answers = self.wait(target, *headers, method=method, **more)
        assert len(answers) == 1
        return answers[0]

    def wait(self, target: str, *headers: tuple[str, str], method: str = "GET", **more: Any) -> list[Response]:
        pairs = [["Host", "localhost:8080"], *map(list, headers)]
        answers: list[Response] = self.bench.ask(self.make_request(method, target, pairs, **more), self.gateway)
        return answers

    def events(self, function: str) -> list[dict[str, Any]]:
        return [json.loads(each.payload) for each in self.bench.invoker.submitted if each.function == function]

    @property
    def context(self) -> dict[str, Any]:
        """The requestContext of the last event that `hello` got."""
        found: dict[str, Any] = self.events("hello")[-1]["requestContext"]
        return found


@pytest.fixture
def door(bench: Any, make_request: Make) -> Door:
    return Door(bench, make_request)


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

# Lambda authorizers: each type, with each answer. IN is a caller that is let in.
IN = None
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
    ("is no JSON", b"{", Ending.DONE, FAILED, HTTP_500),
    ("has what is no JSON", policy(context={"n": float("nan")}), Ending.DONE, FAILED, HTTP_500),
    ("is a simple one, and not asked for", {"isAuthorized": True}, Ending.DONE, FAILED, HTTP_500),
    ("is Unauthorized", {"errorMessage": "Unauthorized"}, Ending.FUNCTION_ERROR, UNAUTHORIZED, HTTP_500),
    ("is another error", {"errorMessage": "boom"}, Ending.FUNCTION_ERROR, FAILED, HTTP_500),
    ("is an error that allows", policy(), Ending.FUNCTION_ERROR, FAILED, HTTP_500),
    ("comes too late", policy(), Ending.TIMED_OUT, FAILED, HTTP_500),
    ("never comes", policy(), Ending.NOT_RUN, FAILED, HTTP_500),
    ("is an exit", policy(), Ending.EXITED, FAILED, HTTP_500),
]


@pytest.mark.parametrize("case", VERDICTS, ids=lambda case: str(case[0]))
@pytest.mark.parametrize("target", ["/token", "/request?b=2", "/bare", "/old", "/new?b=2", "/old-1"])
def test_what_a_functions_answer_means(door: Door, target: str, case: tuple[str, Any, Ending, Any, Any]) -> None:
    _, door.verdict, door.ending, rest, http = case
    expected = rest if target in ("/token", "/request?b=2", "/bare") else http
    response = door.knock(target, TOKEN, A)
    assert (None if response.status == 200 else said(response)) == expected
    assert len(door.events("hello")) == (1 if expected is IN else 0)
    assert len(door.events("check")) == 1


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
def test_simple_responses(door: Door, verdict: Any, expected: Any) -> None:
    door.verdict = verdict
    response = door.knock("/simple", A)
    assert (None if response.status == 200 else said(response)) == expected


@pytest.mark.parametrize(
    ("target", "headers", "expected"),
    [
        ("/token", [], UNAUTHORIZED),
        ("/token", [("Authorization", "")], UNAUTHORIZED),
        ("/valid", [("Authorization", "t1x")], UNAUTHORIZED),
        ("/valid", [("Authorization", "x\nt1")], UNAUTHORIZED),
        ("/request", [A], UNAUTHORIZED),
        ("/request?b=", [A], UNAUTHORIZED),
        ("/request?b=2", [], UNAUTHORIZED),
        ("/new?b=2", [], HTTP_401),
        ("/new", [A], HTTP_401),
        ("/simple", [], HTTP_401),
    ],
)
def test_without_an_identity_nobody_is_asked(door: Door, target: str, headers: Any, expected: Any) -> None:
    assert said(door.knock(target, *headers)) == expected
    assert door.bench.invoker.submitted == []


def test_a_token_that_fits_its_expression(door: Door) -> None:
    assert door.knock("/valid", TOKEN).status == 200


def test_an_authorizer_that_does_not_answer(door: Door) -> None:
    door.verdict = None
    answers = door.wait("/token", TOKEN)
    assert answers == []
    (timer,) = door.bench.timers
    assert timer.seconds == 10
    door.bench.run(timer.call)
    assert said(answers[0]) == FAILED
    late = Outcome(Ending.DONE, json.dumps(policy()).encode())
    door.bench.run(lambda: door.bench.invoker.waiting[0](late))
    assert (len(answers), door.events("hello")) == (1, [])


def test_an_authorizer_that_is_throttled(door: Door) -> None:
    door.bench.invoker.throttle = "x"
    assert said(door.knock("/token", TOKEN)) == FAILED


# What is asked


def test_what_a_token_authorizer_gets(door: Door) -> None:
    door.knock("/token/7?x=1", TOKEN, method="PUT", body=b"{}")
    assert door.events("check") == [
        {"type": "TOKEN", "authorizationToken": "t1", "methodArn": f"{ARN}:Rest/prod/PUT/token/7"}
    ]


def test_what_a_request_authorizer_of_a_rest_api_gets(door: Door) -> None:
    door.knock("/request?b=2", A, body=b"secret")
    (event,) = door.events("check")
    assert (event["type"], event["methodArn"]) == ("REQUEST", f"{ARN}:Rest/prod/GET/request")
    assert event["headers"]["X-A"] == "one"
    assert event["queryStringParameters"] == {"b": "2"}
    assert event["requestContext"]["identity"]["sourceIp"] == "192.0.2.1"
    assert not {"body", "isBase64Encoded", "version"} & set(event)


def test_what_authorizers_of_an_http_api_get(door: Door) -> None:
    door.knock("/old", A)
    door.knock("/new?b=2", A)
    old, new = door.events("check")
    assert {name: old[name] for name in ("version", "type", "methodArn", "identitySource", "authorizationToken")} == {
        "version": "1.0",
        "type": "REQUEST",
        "methodArn": f"{ARN}:Http/$default/GET/old",
        "identitySource": "one",
        "authorizationToken": "one",
    }
    assert (old["httpMethod"], old["headers"]["x-a"]) == ("GET", "one")
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


def test_context_in_a_rest_api(door: Door) -> None:
    door.verdict = policy(context=CONTEXT)
    door.knock("/token", TOKEN)
    assert door.context["authorizer"] == {
        "text": "a",
        "number": "1.5",
        "flag": "true",
        "nothing": None,
        "principalId": "ada",
        "integrationLatency": 0,
    }


def test_context_in_an_http_api(door: Door) -> None:
    door.verdict = policy(context={**CONTEXT, "list": [1]})
    door.knock("/new?b=2", A)
    assert door.context["authorizer"] == {"lambda": {**CONTEXT, "list": [1]}}
    door.knock("/old-1", A)
    assert door.context["authorizer"]["list"] == "[1]"


# What is kept


def test_an_answer_is_kept_by_identity(door: Door) -> None:
    for _ in range(3):
        assert door.knock("/token", TOKEN).status == 200
    assert len(door.events("check")) == 1
    door.knock("/token", ("Authorization", "t2"))
    assert len(door.events("check")) == 2
    door.now += 299
    door.knock("/token", TOKEN)
    assert len(door.events("check")) == 2
    door.now += 1
    door.knock("/token", TOKEN)
    assert len(door.events("check")) == 3


def test_a_kept_policy_is_weighed_for_each_method(door: Door) -> None:
    door.verdict = policy(resource=f"{ARN}:Rest/prod/GET/token/*")
    assert door.knock("/token/7", TOKEN).status == 200
    assert said(door.knock("/token/7", TOKEN, method="PUT")) == IMPLICIT
    assert said(door.knock("/token", TOKEN)) == IMPLICIT
    assert len(door.events("check")) == 1


def test_a_denial_is_kept_and_a_failure_is_not(door: Door) -> None:
    door.verdict = policy("Deny")
    for _ in range(2):
        assert said(door.knock("/token", TOKEN)) == EXPLICIT
    assert len(door.events("check")) == 1
    door.verdict, door.ending = {"errorMessage": "boom"}, Ending.FUNCTION_ERROR
    for _ in range(2):
        assert said(door.knock("/token", ("Authorization", "t2"))) == FAILED
    assert len(door.events("check")) == 3


@pytest.mark.parametrize(
    ("target", "calls"),
    [("/once", 2), ("/bare", 2), ("/request?b=2", 1), ("/old", 2), ("/simple", 2), ("/new?b=2", 1)],
)
def test_how_long_each_keeps_its_answers(door: Door, target: str, calls: int) -> None:
    door.verdict = {**policy(), "isAuthorized": True}
    for _ in range(2):
        assert door.knock(target, TOKEN, A).status == 200
    assert len(door.events("check")) == calls


def test_authorizers_do_not_share_what_they_keep(door: Door) -> None:
    door.knock("/token", TOKEN)
    door.knock("/valid", TOKEN)
    assert len(door.events("check")) == 2


def test_what_is_kept_for_one_value_does_not_hold_for_two(door: Door) -> None:
    """The function reads the last value of a parameter, and so would the authorizer: neither may be led astray."""
    assert door.knock("/request?b=good", A).status == 200
    door.verdict = policy("Deny")
    assert said(door.knock("/request?b=good&b=evil", A)) == EXPLICIT
    assert said(door.knock("/request?b=evil&b=good", A)) == EXPLICIT
    assert said(door.knock("/request?b=good", A, ("x-a", "two"))) == EXPLICIT
    assert door.knock("/request?b=good", A).status == 200


def test_spelling_a_path_otherwise_evades_no_policy(door: Door) -> None:
    statements = [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "*", "Resource": f"{ARN}:Rest/prod/GET/token/admin"},
    ]
    door.verdict = {"principalId": "ada", "policyDocument": {"Statement": statements}}
    for target in ("/token/admin", "/token/%61dmin", "/token/admin/", "/prod/token/admin"):
        assert said(door.knock(target, TOKEN)) == EXPLICIT, target
    assert door.events("hello") == []


# Tokens


def issued(use: str = "id", **claims: Any) -> tuple[str, str]:
    whole = {"iss": POOL, "aud": "shop", "sub": "ada", "iat": NOW, "exp": NOW + 60, "token_use": use, **claims}
    return "Authorization", f"Bearer {signing_key(SECRET, POOL).sign(whole)}"


def challenge(response: Response) -> str | None:
    return dict(response.headers).get("WWW-Authenticate")


def test_a_token_of_the_stack_in_an_http_api(door: Door) -> None:
    assert door.knock("/login", issued(groups=["a", "b"])).status == 200
    authorizer = door.context["authorizer"]
    assert authorizer["jwt"]["scopes"] is None
    assert (authorizer["jwt"]["claims"]["sub"], authorizer["jwt"]["claims"]["groups"]) == ("ada", "[a b]")
    assert set(map(type, authorizer["jwt"]["claims"].values())) == {str}
    door.knock("/login-1", issued())
    assert set(door.context["authorizer"]) == {"claims", "scopes"}


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
def test_a_token_that_an_http_api_refuses(door: Door, headers: Any, expected: Any, challenged: str) -> None:
    response = door.knock("/login", *headers)
    assert (said(response), challenge(response)) == (expected, challenged)
    assert door.bench.invoker.submitted == []


def test_a_token_signed_with_another_secret(door: Door) -> None:
    claims = {"iss": POOL, "aud": "shop", "iat": NOW, "exp": NOW + 60}
    theirs = signing_key("another", POOL).sign(claims)
    response = door.knock("/login", ("Authorization", theirs))
    assert said(response) == HTTP_401
    assert "the key that signed the token is not known" in str(challenge(response))


def test_scopes_in_an_http_api(door: Door) -> None:
    assert door.knock("/login-scoped", issued(scope="write x")).status == 200
    assert door.context["authorizer"]["jwt"]["scopes"] == ["write", "x"]
    response = door.knock("/login-scoped", issued(scope="x"))
    assert said(response) == HTTP_403
    assert 'error="insufficient_scope"' in str(challenge(response))


def test_user_pools_in_a_rest_api(door: Door) -> None:
    groups: Any = {"cognito:groups": ["a", "b"]}
    assert door.knock("/pool", issued(**groups)).status == 200
    claims = door.context["authorizer"]["claims"]
    assert (claims["sub"], claims["cognito:groups"]) == ("ada", "a,b")
    assert said(door.knock("/pool")) == UNAUTHORIZED
    assert said(door.knock("/pool", ("Authorization", "x"))) == UNAUTHORIZED
    assert said(door.knock("/pool", issued("access"))) == UNAUTHORIZED
    expired = (401, {"message": "The incoming token has expired"}, "UnauthorizedException")
    assert said(door.knock("/pool", issued(exp=NOW - 1))) == expired
    assert door.knock("/scoped", issued("access", scope="read")).status == 200
    assert said(door.knock("/scoped", issued("access", scope="x"))) == IMPLICIT
    assert said(door.knock("/scoped", issued(scope="read"))) == UNAUTHORIZED


def test_a_pool_that_is_not_of_this_stack_is_none(door: Door) -> None:
    other = POOL.replace("us-east-1_a", "us-east-1_b")
    token = signing_key(SECRET, other).sign({"iss": other, "exp": NOW + 60, "token_use": "id"})
    assert said(door.knock("/pool", ("Authorization", token))) == UNAUTHORIZED


# AWS_IAM


def signed(door: Door, target: str, secret: str = "example", service: str = "execute-api") -> list[tuple[str, str]]:
    """The headers of a call as botocore signs it."""
    import botocore.auth  # noqa: PLC0415 - only here
    import botocore.awsrequest  # noqa: PLC0415
    import botocore.credentials  # noqa: PLC0415

    request = botocore.awsrequest.AWSRequest(
        "GET", f"http://localhost:8080{target}", headers={"Host": "localhost:8080"}
    )
    keys = botocore.credentials.Credentials(door.credentials.access_key, secret)
    botocore.auth.SigV4Auth(keys, service, "us-east-1").add_auth(request)
    return [(name, value) for name, value in request.headers.items() if name != "Host"]


@pytest.fixture
def today(door: Door) -> Door:
    """botocore signs by its own clock."""
    import time  # noqa: PLC0415

    door.now = time.time()
    return door


def test_a_signed_call(today: Door) -> None:
    assert today.knock("/iam?a=1", *signed(today, "/iam?a=1")).status == 200
    iam = today.context["authorizer"]["iam"]
    assert (iam["accessKey"], iam["userArn"]) == ("AKIDEXAMPLE", "arn:aws:iam::123456789012:root")
    for target in ("/rest-iam", "/iam-1"):
        assert today.knock(target, *signed(today, target)).status == 200
        identity = today.context["identity"]
        assert (identity["accessKey"], identity["userArn"]) == ("AKIDEXAMPLE", "arn:aws:iam::123456789012:root")


def test_a_call_that_is_not_signed_rightly(today: Door) -> None:
    missing = (403, {"message": "Missing Authentication Token"}, "MissingAuthenticationTokenException")
    assert said(today.knock("/rest-iam")) == missing
    assert said(today.knock("/iam")) == HTTP_403
    for headers in (signed(today, "/iam", "wrong"), signed(today, "/iam", service="lambda"), signed(today, "/other")):
        assert said(today.knock("/iam", *headers)) == HTTP_403
    assert said(today.knock("/rest-iam", *signed(today, "/rest-iam", "wrong")))[0] == 403
    assert today.bench.invoker.submitted == []


def test_without_credentials_nobody_can_sign(today: Door) -> None:
    today.bench.auth = replace(today.bench.auth, verify_call=None)
    today.gateway = today.bench.gateway()
    assert said(today.knock("/iam", *signed(today, "/iam", ""))) == HTTP_403


# API keys


KEY = ("X-Api-Key", derived_value(SECRET, "Key"))


def test_an_api_key(door: Door) -> None:
    assert door.knock("/key", KEY).status == 200
    identity = door.context["identity"]
    assert (identity["apiKey"], identity["apiKeyId"]) == (KEY[1], "Key")


@pytest.mark.parametrize("headers", [[], [("x-api-key", "")], [("x-api-key", "wrong")], [("Authorization", KEY[1])]])
def test_a_call_without_a_right_key(door: Door, headers: Any) -> None:
    assert said(door.knock("/key", *headers)) == FORBIDDEN
    assert door.bench.invoker.submitted == []


def test_a_key_without_a_plan_opens_nothing(door: Door) -> None:
    assert said(door.knock("/key", ("x-api-key", derived_value(SECRET, "Spare")))) == FORBIDDEN


def test_a_key_is_throttled_by_its_plan(door: Door) -> None:
    assert [door.knock("/key", KEY).status for _ in range(3)] == [200, 200, 429]
    too_many = (429, {"message": "Too Many Requests"}, "TooManyRequestsException")
    assert said(door.knock("/key", KEY)) == too_many
    door.now += 1
    assert door.knock("/key", KEY).status == 200


def test_a_new_configuration_gives_nothing_back(door: Door) -> None:
    door.verdict = policy()
    assert [door.knock("/both", TOKEN, KEY).status for _ in range(2)] == [200, 200]
    door.gateway.configure(read_configuration(FUNCTIONS, ROUTING))
    assert door.knock("/both", TOKEN, KEY).status == 429
    assert len(door.events("check")) == 2  # what an authorizer said before is asked again


def test_an_authorizer_and_a_key(door: Door) -> None:
    assert said(door.knock("/both", KEY)) == UNAUTHORIZED
    assert said(door.knock("/both", TOKEN)) == FORBIDDEN
    assert door.knock("/both", TOKEN, KEY).status == 200


def test_a_key_of_the_authorizers(door: Door) -> None:
    door.verdict = policy(usageIdentifierKey=KEY[1])
    assert door.knock("/usage", TOKEN).status == 200
    door.verdict = policy()
    assert said(door.knock("/usage", ("Authorization", "t2"), KEY)) == FORBIDDEN


# All of them


def test_open_routes_stay_open_and_ask_nobody(door: Door) -> None:
    assert door.knock("/open").status == 200
    assert door.events("check") == []
    assert "authorizer" not in door.context


@pytest.mark.parametrize("each", ROUTES, ids=lambda each: each["path"])
def test_nothing_but_the_open_route_is_open(door: Door, each: dict[str, Any]) -> None:
    door.verdict = policy("Deny")
    response = door.knock(each["path"], TOKEN, A, method="POST")
    assert (response.status == 200) is (each["path"] == "/open")


def test_a_refusal_has_the_headers_of_an_answer(door: Door) -> None:
    response = door.knock("/login", ("Origin", "https://shop.example"))
    headers = dict(response.headers)
    assert headers["Access-Control-Allow-Origin"] == "https://shop.example"
    assert headers["Apigw-Requestid"]
    assert dict(door.knock("/pool").headers)["x-amzn-RequestId"]


def test_a_preflight_is_answered_without_a_check(door: Door) -> None:
    asked = [("Origin", "https://shop.example"), ("Access-Control-Request-Method", "GET")]
    assert door.knock("/login", *asked, method="OPTIONS").status == 204
    assert said(door.knock("/login", method="OPTIONS")) == HTTP_401


def test_a_body_that_is_too_large_is_refused_first(door: Door) -> None:
    assert door.knock("/iam", too_large=True).status == 413
    assert door.knock("/token", TOKEN, too_large=True).status == 413
    assert door.bench.invoker.submitted == []


def test_the_log_has_no_token_and_no_key(door: Door) -> None:
    door.verdict = {"policyDocument": "hush"}
    token = issued(aud="other")
    for target in ("/token?t=hush", "/login?t=hush", "/key?t=hush", "/rest-iam?t=hush", "/request?b=hush"):
        door.knock(target, token, KEY, ("X-A", "hush"))
    lines = json.dumps(door.bench.lines)
    assert '"status": 401' in lines
    assert token[1].removeprefix("Bearer ") not in lines
    assert KEY[1] not in lines
    assert "hush" not in lines


def test_what_authorizers_decide_is_counted(door: Door) -> None:
    door.knock("/token", TOKEN)
    door.knock("/token", TOKEN)  # by the verdict that was kept
    door.knock("/token")
    door.knock("/key")
    door.knock("/iam")
    door.verdict = b"nonsense"
    door.knock("/once", TOKEN)
    door.knock("/open")
    assert dict(door.bench.counts.authorizations) == {
        ("Rest", "Token", "allowed"): 2,
        ("Rest", "Token", "denied"): 1,
        ("Rest", "", "denied"): 1,
        ("Http", "AWS_IAM", "denied"): 1,
        ("Rest", "Once", "failed"): 1,
    }
