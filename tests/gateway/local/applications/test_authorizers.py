"""Callers are checked: an application with every kind of authorizer, built, run and called."""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest

from esb_gateway.apis.auth.signing_keys import signing_key
from esb_gateway.cli import main
from tests.gateway.local.local_gateway import LocalGateway

pytestmark = pytest.mark.server

SOURCE = Path(__file__).parent / "guarded"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The application's .esb folder, with the keys of an issuer that has no network."""
    project = tmp_path_factory.mktemp("guarded") / "shop"
    shutil.copytree(SOURCE, project)
    build = [sys.executable, "-m", "esb_generator", "build"]
    subprocess.run(build, check=True, capture_output=True, cwd=project)
    keys = project / ".esb/config/jwks"
    keys.mkdir()
    jwk = signing_key("theirs", "https://id.example/shop").jwk
    (keys / "id.example_shop.json").write_text(json.dumps({"keys": [jwk]}))
    return project / ".esb"


@pytest.fixture(scope="module")
def gateway(root: Path) -> Iterator[LocalGateway]:
    started = LocalGateway(root)
    try:
        yield started.ready()
    finally:
        started.end()


def call(gateway: LocalGateway, path: str, headers: dict[str, str] | None = None) -> tuple[int, Any]:
    connection = http.client.HTTPConnection(gateway.addresses["ready"].removeprefix("http://"), timeout=20)
    try:
        connection.request("GET", path, headers=headers or {})
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def issue(root: Path, *arguments: str) -> str:
    """What a command prints."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert main([*arguments, str(root)]) == 0
    return out.getvalue().strip()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_a_function_decides(gateway: LocalGateway) -> None:
    status, authorizer = call(gateway, "/tokens", {"Authorization": "open sesame"})
    assert (status, authorizer["principalId"], authorizer["shop"]) == (200, "ada", "7")
    assert call(gateway, "/tokens") == (401, {"message": "Unauthorized"})
    assert call(gateway, "/tokens", {"Authorization": "fail"}) == (401, {"message": "Unauthorized"})
    assert call(gateway, "/tokens", {"Authorization": "x"})[0] == 403
    assert call(gateway, "/open") == (200, None)


def test_a_token_decides(gateway: LocalGateway, root: Path) -> None:
    status, authorizer = call(gateway, "/login", bearer(issue(root, "token", "--claim", "email=ada@shop.example")))
    assert (status, authorizer["jwt"]["claims"]["email"]) == (200, "ada@shop.example")
    assert call(gateway, "/login") == (401, {"message": "Unauthorized"})
    for options in (["--client", "other"], ["--expires", "-5"]):
        assert call(gateway, "/login", bearer(issue(root, "token", *options))) == (401, {"message": "Unauthorized"})
    assert call(gateway, "/pool", bearer(issue(root, "token", "--use", "id")))[0] == 200
    assert call(gateway, "/pool", bearer(issue(root, "token", "--use", "access")))[0] == 401


def test_the_keys_of_an_issuer_lie_in_a_file(gateway: LocalGateway, root: Path) -> None:
    key = signing_key("theirs", "https://id.example/shop")
    claims = {"iss": "https://id.example/shop", "aud": "shop", "exp": 4_000_000_000}
    assert call(gateway, "/elsewhere", bearer(key.sign(claims)))[0] == 200
    forged = signing_key("forged", "https://id.example/shop").sign(claims)
    assert call(gateway, "/elsewhere", bearer(forged))[0] == 401
    assert call(gateway, "/elsewhere", bearer(issue(root, "token")))[0] == 401


def test_public_keys_are_public(gateway: LocalGateway, root: Path) -> None:
    (entry,) = [each for each in (root / "config/routing.yml").read_text().split() if "cognito-idp.us" in each]
    status, keys = call(gateway, f"/_esb/jwks/{entry.rpartition('/')[2]}.json")
    assert (status, [key["crv"] for key in keys["keys"]]) == (200, ["P-256"])
    assert "d" not in keys["keys"][0]
    assert call(gateway, "/_esb/jwks/other.json")[0] == 404


def test_an_api_key_and_its_quota(gateway: LocalGateway, root: Path) -> None:
    name, value = issue(root, "keys").split("\t")
    assert name == "FrontApiKey"
    statuses = [call(gateway, "/key", {"x-api-key": value})[0] for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert call(gateway, "/key", {"x-api-key": value}) == (429, {"message": "Limit Exceeded"})
    assert call(gateway, "/key") == (403, {"message": "Forbidden"})


def test_a_route_with_iam_wants_a_signature(gateway: LocalGateway, root: Path) -> None:
    secrets = dict(line.split("=", 1) for line in (root / "secrets.env").read_text().split())
    keys = botocore.credentials.Credentials(secrets["AWS_ACCESS_KEY_ID"], secrets["AWS_SECRET_ACCESS_KEY"])
    request = botocore.awsrequest.AWSRequest("GET", f"{gateway.addresses['ready']}/signed")
    botocore.auth.SigV4Auth(keys, "execute-api", "us-east-1").add_auth(request)
    assert call(gateway, "/signed", dict(request.headers.items()))[0] == 200
    assert call(gateway, "/signed") == (403, {"message": "Forbidden"})


def test_nothing_secret_is_logged(gateway: LocalGateway, root: Path) -> None:
    token, (_, value) = issue(root, "token"), issue(root, "keys").split("\t")
    call(gateway, f"/login?token={token}", bearer(token))
    call(gateway, "/key", {"x-api-key": value})
    printed = "".join(gateway.lines + gateway.notes)
    assert token not in printed
    assert value not in printed
