"""Which requests the embedded database and storage answer."""

from __future__ import annotations

import http.client
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from esb_gateway.errors import ConfigurationError
from esb_gateway.local.folder.credentials import FolderCredentials
from esb_gateway.local.stores.request_check import RequestCheck, request_of
from esb_wire.sigv4 import Credentials, sign
from tests.gateway.fakes import ACCESS_KEY, NOW, SECRET_KEY
from tests.gateway.local.local_gateway import LocalGateway

CREDENTIALS = Credentials(ACCESS_KEY, SECRET_KEY)
ALLOWED = "https://admin.example"
SCAN = {"REQUEST_METHOD": "POST", "REQUEST_URI": "/", "HTTP_X_AMZ_TARGET": "DynamoDB_20120810.Scan"}


def check(environ: dict[str, Any], service: str = "dynamodb", *, signatures: bool = True) -> str:
    """The status of the refusal; empty if there is none."""
    found = RequestCheck(lambda: CREDENTIALS, lambda: NOW, {ALLOWED}, signatures=signatures)(environ, service, b"{}")
    return found[0] if found else ""


def signed(environ: dict[str, Any]) -> dict[str, Any]:
    headers = sign(request_of({**environ, "HTTP_HOST": "127.0.0.1:9"}, b"{}"), CREDENTIALS, NOW, "dynamodb")
    added = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    return {"HTTP_HOST": "127.0.0.1:9", **environ, **added}


def test_a_signed_request_is_answered() -> None:
    assert check(signed(SCAN)) == ""
    assert check(signed({**SCAN, "HTTP_ORIGIN": ALLOWED})) == ""


@pytest.mark.parametrize(
    "environ",
    [
        {**SCAN, "HTTP_HOST": "127.0.0.1:9"},
        {**SCAN, "HTTP_HOST": "rebound.example"},
        {**signed(SCAN), "HTTP_HOST": "rebound.example"},
        signed({**SCAN, "HTTP_ORIGIN": "https://elsewhere.example"}),
        signed({**SCAN, "HTTP_ORIGIN": "null"}),
    ],
)
def test_another_is_refused(environ: dict[str, Any]) -> None:
    assert check(environ) == "403 Forbidden"


def test_without_signatures_websites_are_refused_still() -> None:
    assert check(SCAN, signatures=False) == ""
    assert check({**SCAN, "HTTP_ORIGIN": "https://elsewhere.example"}, signatures=False) == "403 Forbidden"


def test_the_storage_answers_a_preflight_by_the_configuration_of_the_bucket() -> None:
    preflight = {"REQUEST_METHOD": "OPTIONS", "REQUEST_URI": "/files/a", "HTTP_ORIGIN": "https://elsewhere.example"}

    assert check(preflight, "s3") == ""
    assert check({**preflight, "REQUEST_METHOD": "GET"}, "s3") == "403 Forbidden"


def test_credentials_are_read_when_a_build_has_written_them(tmp_path: Path) -> None:
    file = tmp_path / "secrets.env"
    credentials = FolderCredentials(file)
    with pytest.raises(ConfigurationError):
        credentials()

    for key in ("first", "second"):
        file.write_text(f"AWS_ACCESS_KEY_ID={key}\nAWS_SECRET_ACCESS_KEY=s\n")
        file.chmod(0o600)
        os.utime(file, ns=(len(key), len(key)))
        assert credentials() == Credentials(key, "s")


def asked(url: str, method: str, target: str, headers: dict[str, str]) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=20)
    try:
        connection.request(method, target, b"{}" if method == "POST" else None, headers)
        response = connection.getresponse()
        response.read()
        return response
    finally:
        connection.close()


@pytest.mark.server
def test_a_page_in_a_browser_reads_and_writes_nothing(by_hand: Path, start: Callable[..., LocalGateway]) -> None:
    gateway = start(by_hand).ready()
    url = gateway.addresses["s3"]
    storage = gateway.client("s3")
    storage.create_bucket(Bucket="files")
    storage.put_object(Bucket="files", Key="a", Body=b"content")
    foreign = {"Origin": "https://elsewhere.example"}
    target = {"X-Amz-Target": "DynamoDB_20120810.ListTables"}

    for headers in ({}, foreign, {"Host": "rebound.example"}):
        for method, path in (("GET", "/files/a"), ("GET", "/"), ("PUT", "/files/b"), ("POST", "/")):
            response = asked(url, method, path, {**headers, **(target if method == "POST" else {})})
            assert (response.status, response.getheader("Access-Control-Allow-Origin")) == (403, None)
    preflight = {**foreign, "Access-Control-Request-Method": "PUT"}
    assert asked(url, "OPTIONS", "/files/b", preflight).getheader("Access-Control-Allow-Origin") is None
    with pytest.raises(ClientError, match="InvalidAccessKeyId"):
        gateway.client("s3", access_key="OTHER").list_buckets()

    presigned = storage.generate_presigned_url("get_object", Params={"Bucket": "files", "Key": "a"})
    assert asked(url, "GET", presigned.removeprefix(url), foreign).status == 200
    storage.close()
