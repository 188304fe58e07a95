"""`esb-gateway token` and `esb-gateway keys`: what the stack issues, and to whom."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jwt
import pytest

from esb_gateway.apis.auth.api_keys import derived_value
from esb_gateway.apis.auth.authenticator import issuers_here
from esb_gateway.apis.auth.issuing import TokenRequest, issue_token
from esb_gateway.cli import main
from esb_gateway.configuration.compiling import read_configuration
from esb_gateway.errors import ConfigurationError

NOW = 1_700_000_000.0
ARN = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_a"
POOL, OTHER = (f"https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_{name}" for name in "ab")
HEADER = ["$request.header.Authorization"]
FUNCTIONS = {"functions": {"f": {"handler": "a.b", "runtime": "python3.12"}}}


def routing(*authorizers: dict[str, Any]) -> dict[str, Any]:
    named = {f"A{index}": {"identity_sources": HEADER, **each} for index, each in enumerate(authorizers)}
    return {
        "apis": {"Web": {"type": "HTTP", "authorizers": named}},
        "routes": [
            {"path": f"/{name}", "method": "GET", "function": "f", "api": "Web", "authorizer": name} for name in named
        ],
        "api_keys": {"Own": {}, "Given": {"value_sha256": "0" * 64}, "Off": {"enabled": False}},
    }


def login(issuer: str = POOL, **more: Any) -> dict[str, Any]:
    return {"type": "JWT", "issuer": issuer, "audience": ["shop", "till"], "issued_here": True, **more}


def claims(request: TokenRequest, *authorizers: dict[str, Any]) -> dict[str, Any]:
    routes = read_configuration(FUNCTIONS, routing(*(authorizers or (login(),)))).routes
    made = issue_token(request, routes, "secret", NOW)
    found: dict[str, Any] = jwt.decode(made, options={"verify_signature": False})
    return found


def test_an_id_token() -> None:
    found = claims(TokenRequest())
    assert {name: found[name] for name in ("iss", "aud", "token_use", "iat", "exp")} == {
        "iss": POOL,
        "aud": "shop",
        "token_use": "id",
        "iat": int(NOW),
        "exp": int(NOW) + 3600,
    }
    assert found["sub"] == found["cognito:username"] == claims(TokenRequest())["sub"]


def test_an_access_token() -> None:
    found = claims(TokenRequest(scopes=("read", "write"), client="till", expires=5))
    assert {name: found[name] for name in ("client_id", "token_use", "scope", "exp")} == {
        "client_id": "till",
        "token_use": "access",
        "scope": "read write",
        "exp": int(NOW) + 5,
    }
    assert "aud" not in found


def test_claims_come_last() -> None:
    found = claims(TokenRequest(claims=(("sub", "ada"), ("groups", "a"), ("groups", "b"))))
    assert (found["sub"], found["groups"]) == ("ada", ["a", "b"])


def test_the_pool_or_the_issuer_of_the_request_signs() -> None:
    both = (login(), login(OTHER))
    assert claims(TokenRequest(pool="eu-west-1_b"), *both)["iss"] == OTHER
    assert claims(TokenRequest(issuer=POOL), *both)["iss"] == POOL
    assert claims(TokenRequest(), {"type": "COGNITO_USER_POOLS", "user_pool_arns": [ARN]})["iss"] == POOL


@pytest.mark.parametrize(
    ("request_", "authorizers", "said"),
    [
        (TokenRequest(pool="x"), [login()], f"^x: no route of routing.yml asks for its tokens; use one of: {POOL}.$"),
        (TokenRequest(issuer="https://id.example"), [login()], "^https://id.example: no route"),
        (TokenRequest(), [login("https://id.example", issued_here=False)], "^no route .* so there is none to sign.$"),
        (
            TokenRequest(pool="x"),
            [login("https://id.example", issued_here=False)],
            "^no route of routing.yml asks for a token of a user pool",
        ),
        (TokenRequest(), [login(), login(OTHER)], f"there is more than one issuer; .*{OTHER}"),
    ],
)
def test_what_is_not_signed_for(request_: TokenRequest, authorizers: list[dict[str, Any]], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        claims(request_, *authorizers)


def test_without_a_secret_nothing_is_issued() -> None:
    configuration = read_configuration(FUNCTIONS, routing(login()))
    assert issuers_here(configuration.routes) == (POOL,)
    with pytest.raises(ConfigurationError, match="ESB_RUNTIME_SECRET"):
        issue_token(TokenRequest(), configuration.routes, "", NOW)


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    """A folder as esb build leaves it."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config/functions.yml").write_text("functions: {f: {handler: a.b, runtime: python3.12}}\n")
    (tmp_path / "config/routing.yml").write_text("routes: []\napi_keys: {Own: {}}\n")
    (tmp_path / "secrets.env").touch(0o600)
    (tmp_path / "secrets.env").write_text("AWS_ACCESS_KEY_ID=a\nAWS_SECRET_ACCESS_KEY=s\nESB_RUNTIME_SECRET=secret\n")
    return tmp_path


def test_the_command_takes_a_folder(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys", str(stack)]) == 0
    assert capsys.readouterr().out == f"Own\t{derived_value('secret', 'Own')}\n"
    (stack / "secrets.env").write_text("AWS_ACCESS_KEY_ID=a\nAWS_SECRET_ACCESS_KEY=s\n")
    assert main(["keys", str(stack)]) == 1
    assert "ESB_RUNTIME_SECRET is missing" in capsys.readouterr().err
    assert main(["keys", str(stack / "nowhere")]) == 1


def test_an_application_without_keys_is_said(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (stack / "config/routing.yml").write_text("routes: []\n")
    assert main(["keys", str(stack)]) == 0
    shown = capsys.readouterr()
    assert shown.out == ""
    assert (
        shown.err
        == "the application has no API keys; AWS::ApiGateway::ApiKey, or Auth.UsagePlan of an API, makes one\n"
    )


def test_in_a_container_the_command_takes_the_environment(
    stack: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = {"ESB_RUNTIME_SECRET": "other", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s"}
    for name, value in {**environment, "ESB_CONFIG_DIR": str(stack / "config")}.items():
        monkeypatch.setenv(name, value)
    assert main(["keys"]) == 0
    assert capsys.readouterr().out == f"Own\t{derived_value('other', 'Own')}\n"


@pytest.mark.parametrize(
    "arguments", [["--claim", "x"], ["--claim", "=x"], ["--use", "refresh"], ["--pool", "a", "--issuer", "b"]]
)
def test_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["token", *arguments])
    assert ended.value.code == 2
    assert "usage: esb-gateway token" in capsys.readouterr().err
