"""`/_esb/events`."""

from __future__ import annotations

import http.client
import json
import time
import urllib.parse
from typing import Any

import pytest

from esb_gateway.admin.events_api import InvalidQuery, parse_filter
from esb_wire.function_credentials import access_key_id, secret_access_key
from esb_wire.http.messages import Request
from esb_wire.sigv4 import Credentials, sign
from tests.gateway.async_invoke.killable_gateway import KEYS, KillableGateway, signed


@pytest.mark.server
def test_a_signature_is_needed(host: KillableGateway) -> None:
    def ask(method: str, path: str, headers: dict[str, str]) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", host.port, timeout=60)
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        answer = response.status, json.loads(response.read())
        connection.close()
        return answer

    for method, path in (
        ("GET", "/_esb/events"),
        ("GET", "/_esb/events/x"),
        ("POST", "/_esb/events/x/retry"),
        ("DELETE", "/_esb/events/x"),
    ):
        url = f"http://127.0.0.1:{host.port}{path}"
        assert ask(method, path, {}) == (403, {"message": "Missing Authentication Token"})
        own = Credentials(access_key_id("orders"), secret_access_key(KEYS[1], "orders"))
        request = Request(method, path, "", (), {"host": f"127.0.0.1:{host.port}"}, b"", "")
        assert ask(method, path, sign(request, own, time.time())) == (
            403,
            {"message": "orders is a function; operators alone may do this."},
        )
        assert ask(method, path, signed(method, url))[0] == (200 if path == "/_esb/events" else 404)
    query = urllib.parse.urlencode({"limit": "0"})
    path = f"/_esb/events?{query}"
    assert ask("GET", path, signed("GET", f"http://127.0.0.1:{host.port}{path}")) == (
        400,
        {"message": "limit=0: must be a whole number from 1 to 10000."},
    )


@pytest.mark.parametrize("query", ["limit=x", "limit=10001", f"limit={'9' * 5000}", "state=running", "size=1"])
def test_an_invalid_query(query: str) -> None:
    with pytest.raises(InvalidQuery):
        parse_filter(query)
