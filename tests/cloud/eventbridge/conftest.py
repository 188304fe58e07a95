"""Clients, buses and rules for the tests of EventBridge."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cloud.endpoint import Endpoint, endpoint
from tests.cloud.queues import ACCOUNT, Queue, Queues
from tests.cloud.running_cloud import RunningCloud, Start

Pattern = dict[str, Any]
ANY: Pattern = {"account": [ACCOUNT]}


class Events(Queues):
    """A server, clients of EventBridge, SQS and SNS, and what tests do with them again and again."""

    def __init__(self, cloud: RunningCloud, name: str, clients: tuple[Any, Any, Any] | None = None) -> None:
        self.cloud = cloud
        self.client, sqs, self.sns = clients or make_clients(cloud)
        super().__init__(sqs, name)

    def bus(self, name: str = "") -> str:
        name = name or self.name
        self.client.create_event_bus(Name=name)
        return name

    def rule(self, bus: str, *targets: dict[str, Any], pattern: Pattern = ANY, name: str = "rule") -> str:
        """The ARN of a rule with these targets."""
        arn: str = self.client.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps(pattern))["RuleArn"]
        if targets:
            entries = [{"Id": str(number), **target} for number, target in enumerate(targets)]
            self.client.put_targets(Rule=name, EventBusName=bus, Targets=entries)
        return arn

    def ruled_queue(self, bus: str, name: str = "rule", pattern: Pattern = ANY, **target: Any) -> Queue:
        """A queue that gets what a new rule matches."""
        queue = self.queue()
        self.rule(bus, {"Arn": queue.arn, **target}, pattern=pattern, name=name)
        return queue

    def put(self, bus: str, detail: Any = None, **entry: Any) -> Any:
        return self.client.put_events(
            Entries=[
                {
                    "Source": "my.app",
                    "DetailType": "Something",
                    "Detail": json.dumps({} if detail is None else detail),
                    "EventBusName": bus,
                    **entry,
                }
            ]
        )

    def bodies(self, queue: Queue) -> list[str]:
        return [one["Body"] for one in self.messages(queue)]


def make_clients(cloud: RunningCloud) -> tuple[Any, Any, Any]:
    return cloud.client("events"), cloud.client("sqs"), cloud.client("sns")


@pytest.fixture(scope="session")
def event_clients(cloud: RunningCloud) -> tuple[Any, Any, Any]:
    return make_clients(cloud)


@pytest.fixture
def events(cloud: RunningCloud, name: str, event_clients: tuple[Any, Any, Any]) -> Events:
    return Events(cloud, name, event_clients)


@pytest.fixture
def server() -> Iterator[Endpoint]:
    """The Invoke API, or an API destination."""
    with endpoint() as found:
        yield found


@pytest.fixture
def events_with_functions(start: Start, server: Endpoint, name: str) -> Events:
    return Events(start(lambda_endpoint=server.url), name)
