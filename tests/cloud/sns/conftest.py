"""Clients and topics for the tests of SNS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cloud.endpoint import Endpoint, endpoint
from tests.cloud.queues import Queue, Queues
from tests.cloud.running_cloud import RunningCloud, Start


class Sns(Queues):
    """A server, clients of SNS and SQS, and what tests do with them again and again."""

    def __init__(self, cloud: RunningCloud, name: str, clients: tuple[Any, Any] | None = None) -> None:
        self.cloud = cloud
        self.client, sqs = clients or (cloud.client("sns"), cloud.client("sqs"))
        super().__init__(sqs, name)

    def topic(self, **attributes: str) -> str:
        name = f"{self.name}.fifo" if attributes.get("FifoTopic") == "true" else self.name
        arn: str = self.client.create_topic(Name=name, Attributes=attributes)["TopicArn"]
        return arn

    def subscribe(self, topic: str, endpoint: str, protocol: str = "sqs", **attributes: str) -> str:
        arn: str = self.client.subscribe(
            TopicArn=topic, Protocol=protocol, Endpoint=endpoint, Attributes=attributes, ReturnSubscriptionArn=True
        )["SubscriptionArn"]
        return arn

    def subscribed_queue(self, topic: str, **attributes: str) -> Queue:
        fifo = {"FifoQueue": "true"} if topic.endswith(".fifo") else {}
        queue = self.queue(**fifo)
        self.subscribe(topic, queue.arn, **attributes)
        return queue

    def publish(self, topic: str, message: str = "message", **parameters: Any) -> Any:
        return self.client.publish(TopicArn=topic, Message=message, **parameters)

    def texts(self, queue: Queue) -> list[str]:
        """The messages in what can be received now."""
        return [json.loads(one["Body"])["Message"] for one in self.messages(queue)]


@pytest.fixture(scope="session")
def clients(cloud: RunningCloud) -> tuple[Any, Any]:
    return cloud.client("sns"), cloud.client("sqs")


@pytest.fixture
def sns(cloud: RunningCloud, name: str, clients: tuple[Any, Any]) -> Sns:
    return Sns(cloud, name, clients)


@pytest.fixture
def functions() -> Iterator[Endpoint]:
    """What stands where the Invoke API would be."""
    with endpoint() as found:
        yield found


@pytest.fixture
def sns_with_functions(start: Start, functions: Endpoint, name: str) -> Sns:
    return Sns(start(lambda_endpoint=functions.url), name)
