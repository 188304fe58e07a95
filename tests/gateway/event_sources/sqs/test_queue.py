"""Queues of a server without a signal, which is moto in place of one that `ESB_SQS_URL` names, and of one with it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import boto3
import pytest

from esb_gateway.aws_client.client import AwsClient
from esb_gateway.aws_client.protocols import SERVICES
from esb_gateway.clocks import Clock
from esb_gateway.event_sources.sqs.queue import FIRST_PAUSE, SqsQueue
from esb_gateway.forwarding.forwarder import Forwarder, Outgoing
from esb_gateway.forwarding.plain_forwarder import PlainForwarder
from esb_wire.http.client import HangUp
from esb_wire.http.messages import Response
from esb_wire.sigv4 import Credentials
from tests.moto_server import moto_server

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with moto_server() as found:
        yield found


def _never() -> Forwarder:
    raise AssertionError("only https needs another one")


def with_queue(url: str, use: Callable[[SqsQueue, list[float]], Awaitable[None]]) -> None:
    async def main() -> None:
        slept: list[float] = []

        async def sleep(seconds: float) -> None:
            slept.append(seconds)
            await asyncio.sleep(0)

        forwarder = PlainForwarder(_never)
        try:
            client = AwsClient(SERVICES["sqs"], url, Credentials("k", "s"), forwarder, time.time)
            await use(SqsQueue(client, "orders", sleep), slept)
        finally:
            await forwarder.close()

    asyncio.run(main())


def test_a_server_without_a_signal_is_asked_and_its_messages_are_received_and_deleted(url: str) -> None:
    sqs = boto3.client("sqs", "us-east-1", endpoint_url=url, aws_access_key_id="k", aws_secret_access_key="s")
    where = sqs.create_queue(QueueName="orders", Attributes={"VisibilityTimeout": "40"})["QueueUrl"]

    async def use(queue: SqsQueue, slept: list[float]) -> None:
        assert await queue.wait(FIRST_PAUSE) == 0
        assert slept == [FIRST_PAUSE]
        for number in range(12):
            sqs.send_message(QueueUrl=where, MessageBody=f"{number}")
        assert await queue.wait(20) == 12
        assert await queue.visibility_timeout() == 40
        messages = [*await queue.receive(10), *await queue.receive(10)]
        assert sorted(int(message["Body"]) for message in messages) == [*range(12)]
        assert messages[0]["Attributes"]["ApproximateReceiveCount"] == "1"
        assert await queue.wait(0) == 0
        await queue.give_back(messages[:1])
        assert await queue.wait(0) == 1
        assert await queue.delete(messages[1:]) == []
        assert not await queue.has_dead_letters()

    with_queue(url, use)


class SignallingServer:
    """ESB's own server, as far as a queue needs it, or another one: `refusal` is its answer to who waits."""

    def __init__(self) -> None:
        self.refusal: int | None = None
        self.requests: list[Outgoing] = []

    def queue(self, url: str = "http://cloud:4566", clock: Clock = lambda: 1_800_000_000.0) -> SqsQueue:
        async def sleep(_seconds: float) -> None:
            await asyncio.sleep(0)

        client = AwsClient(SERVICES["sqs"], url, Credentials("k", "s"), self, clock)
        return SqsQueue(client, "orders", sleep)

    @property
    def asked(self) -> list[str]:
        """The operations and pages."""
        headers = [dict(each.headers) for each in self.requests]
        targets = [each.get("X-Amz-Target", "").partition(".")[2] for each in headers]
        pages = [each.url.partition("?")[0].rpartition("/")[2] for each in self.requests]
        return [target or page for target, page in zip(targets, pages, strict=True)]

    async def send(self, outgoing: Outgoing) -> Response:
        self.requests.append(outgoing)
        what = self.asked[-1]
        if what == "wait" and self.refusal is not None:
            return Response(self.refusal, (), b'{"__type": "No", "message": "no"}')
        answers: dict[str, Any] = {
            "wait": {"visible": 1},
            "GetQueueUrl": {"QueueUrl": "http://cloud:4566/1/orders"},
            "GetQueueAttributes": {"Attributes": {"ApproximateNumberOfMessages": "1"}},
            "ReceiveMessage": {"Messages": [{"ReceiptHandle": "a+b="}, {"ReceiptHandle": "c"}]},
        }
        return Response(200, (), json.dumps(answers.get(what, {})).encode())

    async def close(self) -> None:
        """Nothing is open."""


def test_a_server_that_signals_may_hold_a_receive_and_undo_it() -> None:
    async def main() -> None:
        server, hang_up = SignallingServer(), HangUp()
        queue = server.queue()
        # As long as nobody has waited, it is not known whose server it is.
        assert [queue.can_hold, await queue.wait(20), queue.can_hold] == [False, 1, True]
        messages = await queue.receive_next(7, 20, hang_up)
        await queue.undo_receives(messages)
        *_, receive, undo = server.requests
        asked = json.loads(receive.body)
        assert (asked["MaxNumberOfMessages"], asked["WaitTimeSeconds"], receive.hang_up) == (7, 20, hang_up)
        where = "http://cloud:4566/_esb/queues/orders/undo-receives?ReceiptHandle.1=a%2Bb%3D&ReceiptHandle.2=c"
        assert (undo.method, undo.url) == ("POST", where)

    asyncio.run(main())


def test_each_receive_asks_for_what_is_wanted_now_and_has_a_signature_of_its_second() -> None:
    async def main() -> None:
        server, now = SignallingServer(), [1000.0]
        queue = server.queue(clock=lambda: now[0])
        for now[0], most in ((1000.0, 7), (1000.9, 7), (1000.9, 8), (1001.0, 8), (1001.0, 7)):
            await queue.receive(most)
        receives = server.requests[-5:]
        assert [json.loads(each.body)["MaxNumberOfMessages"] for each in receives] == [7, 7, 8, 8, 7]
        dates = [dict(each.headers)["X-Amz-Date"][-3:] for each in receives]
        assert dates == ["40Z", "40Z", "40Z", "41Z", "41Z"]

    asyncio.run(main())


def test_over_tls_no_receive_is_held_as_it_could_not_be_ended() -> None:
    async def main() -> None:
        queue = SignallingServer().queue("https://cloud")
        await queue.wait(20)
        assert not queue.can_hold

    asyncio.run(main())


@pytest.mark.parametrize("status", [403, 404])
def test_a_server_that_refuses_to_signal_is_asked_for_it_again_later(status: int) -> None:
    """403: a clock may be wrong for a while. 404: a server without such a page."""

    async def main() -> None:
        server = SignallingServer()
        queue = server.queue()
        await queue.wait(20)
        server.refusal = status
        for _ in range(15):
            assert await queue.wait(20) == 1
            assert not queue.can_hold
        assert server.asked.count("wait") == 2
        server.refusal = None
        await queue.wait(20)
        assert queue.can_hold

    asyncio.run(main())
