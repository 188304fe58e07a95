"""`/_esb/events`."""

from __future__ import annotations

import asyncio
import http.client
import json
import time
import urllib.parse
from collections.abc import Callable
from typing import Any, cast

import pytest

from esb_gateway.admin.events_api import PATH, Events, EventsApi, InvalidQuery, parse_filter
from esb_gateway.async_invoke.queries import shown
from esb_wire.function_credentials import access_key_id, secret_access_key
from esb_wire.http.messages import Request, Response
from esb_wire.offload import LARGE
from esb_wire.sigv4 import Credentials, for_operators, sign
from tests.fake_offload import FakeOffload
from tests.gateway.async_invoke.killable_gateway import KEYS, KillableGateway, signed
from tests.watching import until_async


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


class OneView:
    """Events of which every query finds the same."""

    def __init__(self, view: dict[str, Any]) -> None:
        self.view = view

    def query(self, _work: object, done: Callable[[Any], object], _failed: object) -> None:
        done(dict(self.view))

    def is_running(self, _function: str, _id: int) -> bool:
        return False


MANY = [{"id": "a"}] * 501


@pytest.mark.parametrize(
    ("path", "view", "works"),
    [
        (f"{PATH}/a", {"id": "a", "payload": b'{"a": 1}', "response": b"no JSON"}, []),
        (f"{PATH}/a", {"id": "a", "payload": b'"' + b"x" * LARGE + b'"', "response": None}, ["_response"]),
        (PATH, {"queued": 500, "failed": 0, "events": MANY[:500]}, []),
        (PATH, {"queued": 501, "failed": 0, "events": MANY}, ["_response"]),
    ],
)
def test_what_is_long_is_written_elsewhere(path: str, view: dict[str, Any], works: list[str]) -> None:
    offload, answers = FakeOffload(), list[Response]()

    async def ask() -> None:
        api = EventsApi(cast(Events, OneView(view)), for_operators(None), offload)
        api.handle(Request("GET", path, "", (), {}, b"", ""), answers.append)
        await until_async(lambda: answers)

    asyncio.run(ask())
    assert json.loads(answers[0].body) == shown(view)
    assert offload.works == works
