"""Queues of a server without a signal, which is moto in place of one that `ESB_SQS_URL` names, and of one with it."""

from __future__ import annotations

import asyncio
import json
import time
from calendar import timegm
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import boto3
import pytest

from esb_gateway.aws_client.client import AwsClient
from esb_gateway.aws_client.forwarder import EndpointForwarder
from esb_gateway.aws_client.protocols import SERVICES
from esb_gateway.event_sources.sqs.queue import FIRST_PAUSE, SqsQueue
from esb_gateway.integrations.http_proxy import Forwarder, Outgoing
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

        forwarder = EndpointForwarder(_never)
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
    """ESB's own server, as far as a queue needs it; each request is noted with the time at which it was signed."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.requests: list[tuple[str, float]] = []
        self.asked: list[int] = []  # for how many messages
        self.wait = 0.0  # seconds, until something comes

    def queue(self) -> SqsQueue:
        client = AwsClient(SERVICES["sqs"], "http://cloud:4566", Credentials("k", "s"), self, lambda: self.now)
        return SqsQueue(client, "orders", asyncio.sleep)

    async def send(self, outgoing: Outgoing) -> Response:
        headers = dict(outgoing.headers)
        what = headers.get("X-Amz-Target", "wait").rpartition(".")[2]
        signed = time.strptime(headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ")
        self.requests.append((what, timegm(signed)))
        if what == "ReceiveMessage":
            self.asked.append(json.loads(outgoing.body)["MaxNumberOfMessages"])
        elif what == "wait":
            self.now += self.wait
        answers: dict[str, Any] = {"wait": {"visible": 1}, "GetQueueUrl": {"QueueUrl": "http://cloud:4566/1/orders"}}
        return Response(200, (), json.dumps(answers.get(what, {})).encode())

    async def close(self) -> None:
        """Nothing is open."""


def test_the_receive_that_follows_a_signal_is_signed_before_the_signal_comes() -> None:
    async def main() -> SignallingServer:
        server = SignallingServer()
        queue = server.queue()
        server.wait = 20
        await queue.wait(20)
        await queue.receive(10)
        await queue.receive(10)
        return server

    server = asyncio.run(main())
    times = {what: at - 1_800_000_000 for what, at in reversed(server.requests)}  # of the first of each
    assert times == {"GetQueueUrl": 0, "wait": 0, "ReceiveMessage": 0}
    assert [at - 1_800_000_000 for what, at in server.requests if what == "ReceiveMessage"] == [0, 20]


@pytest.mark.parametrize(("most", "passed"), [(3, 0.0), (10, 61.0)])
def test_a_receive_of_another_size_or_after_a_minute_is_signed_anew(most: int, passed: float) -> None:
    async def main() -> SignallingServer:
        server = SignallingServer()
        queue = server.queue()
        await queue.wait(20)
        server.now += passed
        await queue.receive(most)
        return server

    server = asyncio.run(main())
    assert server.requests[-1] == ("ReceiveMessage", server.now)
    assert server.asked == [most]
