"""Queues of a test, and what is in them."""

from __future__ import annotations

from typing import Any, NamedTuple

ACCOUNT = "123456789012"


class Queue(NamedTuple):
    """A queue by both of its names."""

    arn: str
    url: str


class Queues:
    """Makes queues whose names begin with `name`; `sqs` is boto3's client."""

    def __init__(self, sqs: Any, name: str) -> None:
        self.sqs = sqs
        self.name = name
        self._queues = 0

    def queue(self, **attributes: str) -> Queue:
        self._queues += 1
        suffix = ".fifo" if attributes.get("FifoQueue") == "true" else ""
        name = f"{self.name}-{self._queues}{suffix}"
        url = self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        return Queue(f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}", url)

    def messages(self, queue: Queue, seconds: int = 0) -> list[Any]:
        """What can be received now, or within some seconds if there is nothing."""
        found: list[Any] = self.sqs.receive_message(
            QueueUrl=queue.url,
            MaxNumberOfMessages=10,
            WaitTimeSeconds=seconds,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        ).get("Messages", [])
        return found
