"""boto3's clients for one server, and what every case does: create, send, receive."""

from __future__ import annotations

import itertools
import json
import time
from typing import Any, NamedTuple

import boto3
from botocore.config import Config

_CONFIG = Config(retries={"total_max_attempts": 1}, parameter_validation=False, read_timeout=30, max_pool_connections=1)
_numbers = itertools.count(1)


class Queue(NamedTuple):
    """A queue that a case has created."""

    url: str
    arn: str


class Aws:
    """Clients for a server, of one case. Raises botocore's errors."""

    def __init__(self, url: str, access_key: str, secret_key: str) -> None:
        session = boto3.Session(access_key, secret_key, region_name="us-east-1")
        self.sqs, self.sns, self.events = (
            session.client(service, endpoint_url=url, config=_CONFIG) for service in ("sqs", "sns", "events")
        )

    def name(self, suffix: str = "") -> str:
        """A name that no other case has."""
        return f"case-{next(_numbers)}{suffix}"

    def queue(self, **attributes: str) -> Queue:
        name = self.name(".fifo" if attributes.get("FifoQueue") == "true" else "")
        url = str(self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])
        return Queue(url, self.attribute(url, "QueueArn"))

    def fifo(self, **attributes: str) -> Queue:
        return self.queue(FifoQueue="true", **attributes)

    def attribute(self, url: str, name: str) -> str:
        return str(self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name])

    def send(self, queue: Queue, body: str, **parameters: Any) -> Any:
        return self.sqs.send_message(QueueUrl=queue.url, MessageBody=body, **parameters)

    def receive(self, queue: Queue, most: int = 10, **parameters: Any) -> list[Any]:
        """The visible messages, with all attributes; without `VisibilityTimeout`, they stay visible."""
        answer = self.sqs.receive_message(
            QueueUrl=queue.url,
            MaxNumberOfMessages=most,
            **{"MessageSystemAttributeNames": ["All"], "MessageAttributeNames": ["All"], **parameters},
        )
        found: list[Any] = answer.get("Messages", [])
        return found

    def bodies(self, queue: Queue, most: int = 10, **parameters: Any) -> list[str]:
        return [message["Body"] for message in self.receive(queue, most, **parameters)]

    def arriving(self, queue: Queue, count: int = 1, seconds: float = 10) -> list[Any]:
        """Messages that are on their way: this number, or those that came in time."""
        found: list[Any] = []
        until = time.monotonic() + seconds
        while len(found) < count and time.monotonic() < until:
            found += self.receive(queue, WaitTimeSeconds=1)
        return found

    def topic(self, **attributes: str) -> str:
        name = self.name(".fifo" if attributes.get("FifoTopic") == "true" else "")
        return str(self.sns.create_topic(Name=name, Attributes=attributes)["TopicArn"])

    def subscribe(self, topic: str, queue: Queue, **attributes: Any) -> str:
        """Attributes that are no text are sent as JSON."""
        texts = {name: each if isinstance(each, str) else json.dumps(each) for name, each in attributes.items()}
        answer = self.sns.subscribe(
            TopicArn=topic, Protocol="sqs", Endpoint=queue.arn, Attributes=texts, ReturnSubscriptionArn=True
        )
        return str(answer["SubscriptionArn"])

    def subscribed(self, topic: str, **attributes: Any) -> Queue:
        queue = self.queue()
        self.subscribe(topic, queue, **attributes)
        return queue

    def bus(self) -> str:
        name = self.name()
        self.events.create_event_bus(Name=name)
        return name

    def rule(self, bus: str, queue: Queue, pattern: Any, **target: Any) -> str:
        """A rule with the queue as its target; returns its name."""
        name = self.name()
        self.events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps(pattern))
        targets = [{"Id": "1", "Arn": queue.arn, **target}]
        answer = self.events.put_targets(Rule=name, EventBusName=bus, Targets=targets)
        assert answer["FailedEntryCount"] == 0, answer["FailedEntries"]
        return name

    def put(self, bus: str, detail: Any = None, **entry: Any) -> Any:
        """Put one event; a `detail` that is no text is sent as JSON."""
        text = detail if isinstance(detail, str) else json.dumps({} if detail is None else detail)
        given = {"Source": "my.app", "DetailType": "Ordered", "Detail": text, "EventBusName": bus, **entry}
        return self.events.put_events(Entries=[given])
