"""Large requests and results: they are what small ones are, and keep nobody waiting."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import pytest

from esb_cloud.aws import dispatch
from esb_cloud.aws.dispatch import Dispatcher
from esb_cloud.aws.shapes import is_longer
from esb_wire.http.messages import Request, Response
from esb_wire.offload import LARGE, Backlog, Offload
from tests.cloud.dispatchers import dispatcher_without_waits
from tests.fake_offload import FakeOffload

pytestmark = pytest.mark.server  # an event loop opens sockets

QUEUE_URL = "http://h/123456789012/q"
SNS = "2010-03-31"


class Cloud:
    """Asks a dispatcher."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self.dispatcher = dispatcher

    async def ask(self, target: str | None, body: bytes) -> Response:
        future: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        headers = {"host": "h", **({} if target is None else {"x-amz-target": f"AmazonSQS.{target}"})}
        self.dispatcher.handle(Request("POST", "/", "", (), headers, body, "127.0.0.1"), future.set_result)
        return await asyncio.wait_for(future, 60)

    async def json(self, operation: str, **parameters: Any) -> Any:
        response = await self.ask(operation, json.dumps(parameters).encode())
        assert response.status == 200, response.body
        return json.loads(response.body)

    async def form(self, **fields: str) -> tuple[int, str]:
        response = await self.ask(None, urlencode(fields).encode())
        return response.status, response.body.decode()


@asynccontextmanager
async def cloud_with(offload: Offload) -> AsyncIterator[Cloud]:
    reports: list[str] = []
    dispatcher = dispatcher_without_waits(offload, reports)
    try:
        await Cloud(dispatcher).json("CreateQueue", QueueName="q")
        yield Cloud(dispatcher)
    finally:
        await dispatcher.store.close()
    assert reports == []


class GatedOffload(FakeOffload):
    """Does its work when the gate opens."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.asked = asyncio.Event()

    async def run(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self.asked.set()
        await self.gate.wait()
        return await super().run(work, *args, **kwargs)


def play(scene: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(scene(), 60))


def test_a_large_message_in_json_is_sent_and_received() -> None:
    async def scene() -> None:
        offload = FakeOffload()
        async with cloud_with(offload) as cloud:
            for size, works in ((LARGE - 1000, []), (LARGE, ["parse", "render"])):
                offload.works.clear()
                sent = await cloud.json("SendMessage", QueueUrl=QUEUE_URL, MessageBody="é" + "x" * size)
                received = await cloud.json("ReceiveMessage", QueueUrl=QUEUE_URL)
                (message,) = received["Messages"]
                assert message["Body"] == "é" + "x" * size
                assert message["MD5OfBody"] == sent["MD5OfMessageBody"]
                assert offload.works == works

    play(scene)


def test_a_large_message_in_a_form_is_sent_and_received() -> None:
    async def scene() -> None:
        offload = FakeOffload()
        async with cloud_with(offload) as cloud:
            for size, works in ((10_000, []), (LARGE, ["read_call", "render"])):
                offload.works.clear()
                status, _ = await cloud.form(Action="SendMessage", QueueUrl=QUEUE_URL, MessageBody="<" * size)
                assert status == 200
                status, text = await cloud.form(Action="ReceiveMessage", QueueUrl=QUEUE_URL)
                assert (status, f"<Body>{'&lt;' * size}</Body>" in text) == (200, True)
                assert offload.works == works

    play(scene)


def test_a_form_of_many_fields_is_read_elsewhere() -> None:
    async def scene() -> None:
        offload = FakeOffload()
        async with cloud_with(offload) as cloud:
            for more, works in ((dispatch.MANY_FIELDS, []), (dispatch.MANY_FIELDS + 1, ["read_call"])):
                status, _ = await cloud.form(Action="ListQueues", **{f"a{number}": "" for number in range(more)})
                assert (status, offload.works) == (200, works)

    play(scene)


def test_errors_of_large_requests_are_those_of_small_ones() -> None:
    async def scene() -> None:
        offload = FakeOffload()
        async with cloud_with(offload) as cloud:

            async def errors(padding: str) -> list[Any]:
                found = [
                    await cloud.form(Padding=padding),
                    await cloud.form(Action="None", Padding=padding),
                    await cloud.form(Action="Publish", Version="1", Padding=padding),
                    await cloud.form(Action="Publish", Version=SNS, Padding=padding),
                    await cloud.form(Action="ReceiveMessage", MaxNumberOfMessages="x", Padding=padding),
                    *[
                        (response.status, response.body.decode())
                        for target, body in (
                            ("SendMessage", b"{"),
                            ("SendMessage", b"[]"),
                            ("SendMessage", b'{"MessageBody":1}'),
                            ("SendMessage", b"{}"),
                            ("Nothing", b"{}"),
                        )
                        for response in [await cloud.ask(target, body + padding.replace("x", " ").encode())]
                    ],
                ]
                return [(status, _without_id(text)) for status, text in found]

            small = await errors("")
            assert offload.works == []
            assert await errors("x" * (LARGE + 1)) == small
            assert len(offload.works) == 9  # the operation that does not exist needs no reading

    play(scene)


def _without_id(text: str) -> str:
    return text.partition("<RequestId>")[0]


@pytest.mark.parametrize("large", ["request", "result"])
def test_a_small_request_is_answered_while_a_large_one_is_worked_on(large: str) -> None:
    async def scene() -> None:
        offload = GatedOffload()
        async with cloud_with(offload) as cloud:
            body = "x" * (LARGE + 1)
            if large == "result":
                offload.gate.set()
                await cloud.json("SendMessage", QueueUrl=QUEUE_URL, MessageBody=body)
                offload.gate.clear()
                offload.asked.clear()
                waiting = asyncio.create_task(cloud.json("ReceiveMessage", QueueUrl=QUEUE_URL))
            else:
                waiting = asyncio.create_task(cloud.json("SendMessage", QueueUrl=QUEUE_URL, MessageBody=body))
            await offload.asked.wait()
            assert await cloud.json("ListQueues") == {"QueueUrls": [QUEUE_URL]}
            assert not waiting.done()
            offload.gate.set()
            await waiting

    play(scene)


def test_what_is_read_at_a_time_is_bounded() -> None:
    async def scene() -> None:
        offload = GatedOffload()
        offload.backlog = Backlog(3 * LARGE)
        async with cloud_with(offload) as cloud:
            body = json.dumps({"QueueUrl": QUEUE_URL, "MessageBody": "x" * LARGE}).encode()
            first, second = (asyncio.create_task(cloud.ask("SendMessage", body)) for _ in range(2))
            await offload.asked.wait()
            refused = await cloud.ask("SendMessage", body)
            assert (refused.status, b"ServiceUnavailable" in refused.body) == (503, True)
            offload.gate.set()
            assert [(await each).status for each in (first, second)] == [200, 200]
            assert (await cloud.ask("SendMessage", body)).status == 200

    play(scene)


@pytest.mark.parametrize(
    ("value", "longer"),
    [({}, False), ({"a": "x" * 100}, False), ({"a": ["x" * 60, b"x" * 60]}, True), ({"a": [1] * 10}, True)],
)
def test_the_length_of_a_result(value: Any, longer: bool) -> None:
    assert is_longer(value, 120) is longer
