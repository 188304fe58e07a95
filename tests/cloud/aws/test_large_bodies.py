"""Large requests and results: they are what small ones are, and keep nobody waiting."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from esb_cloud.aws import dispatch
from esb_cloud.aws.shapes import is_longer
from esb_wire.offload import LARGE, Backlog
from tests.cloud.dispatchers import QUEUE_URL, cloud_with
from tests.fake_offload import FakeOffload, GatedOffload

pytestmark = pytest.mark.server  # an event loop opens sockets

SNS = "2010-03-31"


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
