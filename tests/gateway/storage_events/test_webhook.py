"""Requests of the storage, of the gateway, and of the provisioner that tries the webhook."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from esb_gateway.storage_events import received_events
from esb_gateway.storage_events.received_events import ReceivedEvents
from esb_gateway.storage_events.webhook import WebhookFeed, WebhookServer
from esb_schemas.agreements.storage_events import PATH, SELF_TEST_PATH, SELF_TEST_PREFIX, SIGNING_NAME
from esb_wire.http.messages import Request, Response, lower
from esb_wire.sigv4 import Credentials, Verifier, for_operators, sign
from tests.gateway.storage_events.rustfs_requests import AUTHORIZATION, change

KEYS = Credentials("AKID", "secret")
LONG = 60.0  # seconds
PUT = change("ObjectCreated:Put", "a%2Fb", size=1)
PROBE = change("ObjectCreated:Put", f"{SELF_TEST_PREFIX}1".replace("/", "%2F"), size=0)


class Client:
    """Sends requests to a server whose file is at a path; `lines` are its log."""

    def __init__(self, path: Path) -> None:
        self.lines: list[str] = []
        self.received = ReceivedEvents(path, 1000)
        self.feed = WebhookFeed(self.received)
        verify = for_operators(Verifier(KEYS, lambda: 1000.0, service=SIGNING_NAME))
        self.server = WebhookServer(self.feed, "token", verify, self.lines.append)

    async def send(self, method: str, path: str, query: str = "", body: bytes = b"", token: str = "") -> Response:
        answered: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        headers: tuple[tuple[str, str], ...] = (("Host", "storage-events:9010"),)
        request = Request(method, path, query, headers, lower(headers), body, "")
        if token:
            headers += (("Authorization", f"Bearer {token}"),)
        elif method == "GET":
            headers += tuple(sign(request, KEYS, 1000.0, SIGNING_NAME).items())
        self.server.handle(request._replace(headers=headers, lowered=lower(headers)), answered.set_result)
        return await asyncio.wait_for(answered, LONG)

    async def report(self, document: Any, token: str = "token") -> int:
        content = document if isinstance(document, bytes) else json.dumps(document).encode()
        return (await self.send("POST", PATH, body=content, token=token)).status

    async def read(self, query: str = "") -> Any:
        return json.loads((await self.send("GET", PATH, query)).body)

    async def keys(self) -> list[str]:
        begin = (await self.read())["cursor"]
        return [event["key"] for event in (await self.read(f"after={begin}"))["events"]]


def run(path: Path, use: Callable[[Client], Coroutine[Any, Any, None]]) -> None:
    async def main() -> None:
        client = Client(path)
        with closing(client.feed):
            await use(client)

    asyncio.run(main())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.sqlite"


def test_what_was_answered_with_200_is_there_after_a_restart(path: Path) -> None:
    async def report(client: Client) -> None:
        assert await client.report(PUT) == 200

    async def read(client: Client) -> None:
        assert await client.keys() == ["a/b"]
        assert await client.report(PUT) == 200  # sent again, because the answer was lost
        assert await client.keys() == ["a/b"]

    run(path, report)
    run(path, read)


def test_a_reader_that_has_lost_its_cursor_begins_after_what_was_read(path: Path) -> None:
    async def use(client: Client) -> None:
        await client.report(PUT)
        read = await client.read(f"after={(await client.read())['cursor']}")
        await client.report(change("ObjectCreated:Put", "c", size=1))
        await client.read(f"after={read['cursor']}")
        assert await client.keys() == ["c"]

    run(path, use)


def test_a_request_for_the_feed_waits_for_the_next_change(path: Path) -> None:
    async def use(client: Client) -> None:
        begin = (await client.read())["cursor"]
        reading = asyncio.create_task(client.read(f"after={begin}&seconds=20"))
        await asyncio.sleep(0)
        await client.report(PUT)
        assert [event["key"] for event in (await reading)["events"]] == ["a/b"]

    run(path, use)


def test_the_signature_of_the_client_is_neither_kept_nor_logged(path: Path) -> None:
    async def use(client: Client) -> None:
        await client.report(PUT)
        await client.report({**PUT, "Records": [{**PUT["Records"][0], "s3": {}}]})
        assert client.lines
        assert AUTHORIZATION not in "".join(client.lines)

    run(path, use)
    files = [path, *path.parent.glob(f"{path.name}-*")]
    assert not any(b"AWS4-HMAC" in each.read_bytes() for each in files)


@pytest.mark.parametrize("token", ["another", "tokenn", "é"])
def test_only_the_storage_can_report(path: Path, token: str) -> None:
    async def use(client: Client) -> None:
        assert await client.report(PUT, token) == 403
        assert await client.report(PUT, token) == 403
        assert await client.keys() == []
        assert [line.partition(":")[0] for line in client.lines] == ["a request to the webhook has another token"]

    run(path, use)


@pytest.mark.parametrize(
    "document", [b"{", b"\xff", b"[" * 100_000, {"Records": [{"eventName": "s3:ObjectCreated:Put"}]}]
)
def test_what_will_never_be_understood_is_taken_and_logged(path: Path, document: Any) -> None:
    """Else RustFS would send it for ever."""

    async def use(client: Client) -> None:
        assert await client.report(document) == 200
        assert await client.keys() == []
        assert client.lines[0].startswith("a request to the webhook is no change of an object, and dropped: ")

    run(path, use)


def test_a_file_without_room_refuses_a_request(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(received_events, "MAX_UNREAD", 0)

    async def use(client: Client) -> None:
        assert await client.report(PUT) == 503

    run(path, use)


def test_an_object_that_tries_the_webhook_is_in_no_feed(path: Path) -> None:
    async def use(client: Client) -> None:
        query = f"key={SELF_TEST_PREFIX}1&seconds="
        assert json.loads((await client.send("GET", SELF_TEST_PATH, f"{query}0")).body) == {
            "received": False,
            "requests": 0,
        }
        asking = asyncio.create_task(client.send("GET", SELF_TEST_PATH, f"{query}20"))
        await asyncio.sleep(0)
        assert await client.report(PROBE) == 200
        assert json.loads((await asking).body) == {"received": True, "requests": 1}
        assert await client.keys() == []

    run(path, use)


def test_only_the_stack_may_read(path: Path) -> None:
    async def use(client: Client) -> None:
        for where in (PATH, SELF_TEST_PATH):
            assert (await client.send("GET", where, "seconds=0", token="token")).status == 400

    run(path, use)


def test_the_storage_sees_that_the_webhook_is_there(path: Path) -> None:
    async def use(client: Client) -> None:
        assert (await client.send("HEAD", "/")).status == 200
        assert (await client.send("POST", "/other")).status == 403

    run(path, use)
