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

from .conftest import Local

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
def door(root: Path) -> Iterator[Local]:
    gateway = Local(root)
    try:
        yield gateway.ready()
    finally:
        gateway.end()


def call(door: Local, path: str, headers: dict[str, str] | None = None) -> tuple[int, Any]:
    connection = http.client.HTTPConnection(door.addresses["ready"].removeprefix("http://"), timeout=20)
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


def test_a_function_decides(door: Local) -> None:
    status, authorizer = call(door, "/tokens", {"Authorization": "open sesame"})
    assert (status, authorizer["principalId"], authorizer["shop"]) == (200, "ada", "7")
    assert call(door, "/tokens") == (401, {"message": "Unauthorized"})
    assert call(door, "/tokens", {"Authorization": "fail"}) == (401, {"message": "Unauthorized"})
    assert call(door, "/tokens", {"Authorization": "x"})[0] == 403
    assert call(door, "/open") == (200, None)


def test_a_token_decides(door: Local, root: Path) -> None:
    status, authorizer = call(door, "/login", bearer(issue(root, "token", "--claim", "email=ada@shop.example")))
    assert (status, authorizer["jwt"]["claims"]["email"]) == (200, "ada@shop.example")
    assert call(door, "/login") == (401, {"message": "Unauthorized"})
    for options in (["--client", "other"], ["--expires", "-5"]):
        assert call(door, "/login", bearer(issue(root, "token", *options))) == (401, {"message": "Unauthorized"})
    assert call(door, "/pool", bearer(issue(root, "token", "--use", "id")))[0] == 200
    assert call(door, "/pool", bearer(issue(root, "token", "--use", "access")))[0] == 401


def test_the_keys_of_an_issuer_lie_in_a_file(door: Local, root: Path) -> None:
    key = signing_key("theirs", "https://id.example/shop")
    claims = {"iss": "https://id.example/shop", "aud": "shop", "exp": 4_000_000_000}
    assert call(door, "/elsewhere", bearer(key.sign(claims)))[0] == 200
    forged = signing_key("forged", "https://id.example/shop").sign(claims)
    assert call(door, "/elsewhere", bearer(forged))[0] == 401
    assert call(door, "/elsewhere", bearer(issue(root, "token")))[0] == 401


def test_public_keys_are_public(door: Local, root: Path) -> None:
    (entry,) = [each for each in (root / "config/routing.yml").read_text().split() if "cognito-idp.us" in each]
    status, keys = call(door, f"/_esb/jwks/{entry.rpartition('/')[2]}.json")
    assert (status, [key["crv"] for key in keys["keys"]]) == (200, ["P-256"])
    assert "d" not in keys["keys"][0]
    assert call(door, "/_esb/jwks/other.json")[0] == 404


def test_an_api_key_and_its_quota(door: Local, root: Path) -> None:
    name, value = issue(root, "keys").split("\t")
    assert name == "FrontApiKey"
    statuses = [call(door, "/key", {"x-api-key": value})[0] for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert call(door, "/key", {"x-api-key": value}) == (429, {"message": "Limit Exceeded"})
    assert call(door, "/key") == (403, {"message": "Forbidden"})


def test_a_signature(door: Local, root: Path) -> None:
    secrets = dict(line.split("=", 1) for line in (root / "secrets.env").read_text().split())
    keys = botocore.credentials.Credentials(secrets["AWS_ACCESS_KEY_ID"], secrets["AWS_SECRET_ACCESS_KEY"])
    request = botocore.awsrequest.AWSRequest("GET", f"{door.addresses['ready']}/signed")
    botocore.auth.SigV4Auth(keys, "execute-api", "us-east-1").add_auth(request)
    assert call(door, "/signed", dict(request.headers.items()))[0] == 200
    assert call(door, "/signed") == (403, {"message": "Forbidden"})


def test_nothing_secret_is_logged(door: Local, root: Path) -> None:
    token, (_, value) = issue(root, "token"), issue(root, "keys").split("\t")
    call(door, f"/login?token={token}", bearer(token))
    call(door, "/key", {"x-api-key": value})
    printed = "".join(door.lines + door.said)
    assert token not in printed
    assert value not in printed
