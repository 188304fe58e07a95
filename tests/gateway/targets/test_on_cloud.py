"""Topics and buses of a real server as targets."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Iterator
from typing import Any

import pytest

from esb_gateway.aws_client.client import AwsClients
from esb_gateway.aws_client.protocols import AwsCallError
from esb_gateway.serving.dependencies import http_forwarder
from esb_gateway.targets.eventbridge import put_event, put_on_bus
from esb_gateway.targets.sns import publish, publish_to_topic
from esb_gateway.targets.target import About, Attribute, Message
from esb_gateway.tracing.identifiers import Identifiers
from esb_schemas.contract import Destination
from esb_wire.sigv4 import Credentials
from tests.cloud.running_cloud import ACCESS_KEY, SECRET_KEY, RunningCloud

pytestmark = pytest.mark.server

ACCOUNT = "us-east-1:123456789012"
IDENTIFIERS = Identifiers(os.urandom)


@pytest.fixture(scope="module")
def cloud() -> Iterator[RunningCloud]:
    running = RunningCloud().start()
    yield running
    running.stop()


def clients(cloud: RunningCloud) -> AwsClients:
    endpoints = dict.fromkeys(("sns", "events"), cloud.url)
    return AwsClients(endpoints, Credentials(ACCESS_KEY, SECRET_KEY), http_forwarder, time.time)


def test_messages_reach_the_subscriber_and_the_target(cloud: RunningCloud) -> None:
    sqs, sns, events = cloud.client("sqs"), cloud.client("sns"), cloud.client("events")
    url = sqs.create_queue(QueueName="results")["QueueUrl"]
    queue = f"arn:aws:sqs:{ACCOUNT}:results"
    topic = sns.create_topic(Name="alarms")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    bus = events.create_event_bus(Name="shop")["EventBusArn"]
    events.put_rule(Name="results", EventBusName="shop", EventPattern='{"source": ["lambda"]}')
    events.put_targets(Rule="results", EventBusName="shop", Targets=[{"Id": "1", "Arn": queue}])

    letter = Message('{"n": "ü & <b>"}'.encode(), "", {"ErrorCode": Attribute("Number", "200")})
    record = Message(b'{"version":"1.0"}', "", about=About("lambda", "Result", (bus, "arn:aws:lambda:::work")))
    published = publish_to_topic(Destination(arn=topic), letter, lambda _: None, IDENTIFIERS)
    put = put_on_bus(Destination(arn=bus), record, lambda _: None, IDENTIFIERS)
    assert published is not None
    assert put is not None

    async def send() -> None:
        aws = clients(cloud)
        to_topics, to_buses = aws("sns"), aws("events")
        assert to_topics is not None
        assert to_buses is not None
        await publish(to_topics, published)
        await put_event(to_buses, put)
        with pytest.raises(AwsCallError, match="NotFound") as refused:
            await publish(to_topics, published._replace(function=f"{topic}s"))
        assert refused.value.status == 404
        await aws.close()

    asyncio.run(send())
    bodies: list[dict[str, Any]] = []
    while len(bodies) < 2:
        found = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20).get("Messages", ())
        assert found, f"only {bodies} arrived within 20 s"
        bodies += [json.loads(message["Body"]) for message in found]
    of_topic = next(body for body in bodies if body.get("Type") == "Notification")
    of_bus = next(body for body in bodies if body.get("source") == "lambda")
    assert of_topic["Message"] == '{"n": "ü & <b>"}'
    assert of_topic["MessageAttributes"] == {"ErrorCode": {"Type": "Number", "Value": "200"}}
    assert of_bus["detail"] == {"version": "1.0"}
    assert of_bus["resources"] == [bus, "arn:aws:lambda:::work"]
