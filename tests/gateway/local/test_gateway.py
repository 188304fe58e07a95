"""Function URLs and TLS without Docker: what a template hands to a function leads to this gateway."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.local.local_gateway import LocalGateway

pytestmark = pytest.mark.server

FUNCTIONS = """functions:
  probe:
    handler: app.handler
    runtime: python3.11
    timeout: 20
    environment: {ECHO_URL: "http://gateway:8080/_url/echo/a?b=1"}
  echo: {handler: app.handler, runtime: python3.11, url: {auth_type: NONE}}
"""

ROUTING = """routes:
  - {path: /echo, method: POST, function: echo}
  - {path: /by-url, method: GET, integration: {type: HTTP_PROXY, uri: "http://gateway:8080/_url/echo/a"}}
"""


@pytest.fixture
def with_url(by_hand: Path) -> Path:
    (by_hand / "config/functions.yml").write_text(FUNCTIONS)
    (by_hand / "config/routing.yml").write_text(ROUTING)
    return by_hand


def test_a_function_calls_another_by_its_url(with_url: Path, start: Callable[..., LocalGateway]) -> None:
    gateway = start(with_url).ready()
    event = gateway.invoke("probe", {"get": "ECHO_URL"})
    assert (event["rawPath"], event["rawQueryString"], event["routeKey"]) == ("/a", "b=1", "$default")
    status, event = gateway.call("GET", "/_url/echo/here")
    assert (status, event["rawPath"]) == (200, "/here")
    status, event = gateway.call("GET", "/by-url")
    assert (status, event["rawPath"]) == (200, "/a")


def test_with_tls_outside_functions_need_not_know_the_certificate(
    with_url: Path, start: Callable[..., LocalGateway], pair: Any
) -> None:
    gateway = start(with_url, "--tls-cert", str(pair.certificate), "--tls-key", str(pair.key)).ready()
    assert gateway.addresses["ready"].startswith("https://127.0.0.1:")
    port = int(gateway.addresses["ready"].rpartition(":")[2])
    client = http.client.HTTPSConnection("localhost", port, timeout=20, context=pair.client())
    client.request("GET", "/_url/echo/")
    assert json.loads(client.getresponse().read())["headers"]["x-forwarded-proto"] == "https"
    client.request("GET", "/_url/probe/")
    assert client.getresponse().status == 404
    client.close()
    assert gateway.end() == 0


def test_an_invalid_certificate_is_one_sentence(with_url: Path, start: Callable[..., LocalGateway], pair: Any) -> None:
    pair.key.unlink()
    gateway = start(with_url, "--tls-cert", str(pair.certificate), "--tls-key", str(pair.key))
    assert gateway.wait() == 1
    assert "tls.key: cannot be read (No such file or directory)" in gateway.notes[-1]
