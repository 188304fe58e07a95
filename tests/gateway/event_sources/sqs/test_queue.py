"""A queue of another server than ESB's own, as `ESB_SQS_URL` names one: moto, which has no signal."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator

import boto3
import pytest

from esb_gateway.aws_client import SERVICES, AwsClient
from esb_gateway.endpoint_forwarder import EndpointForwarder
from esb_gateway.event_sources.sqs.queue import FIRST_PAUSE, SqsQueue
from esb_gateway.integrations.http_proxy import Forwarder
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
