"""`/_esb/in-flight`: messages that were received, and deliveries, with the hops that they came through."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import pytest

from tests.cloud.endpoint import endpoint
from tests.cloud.running_cloud import RunningCloud, Start
from tests.watching import until

pytestmark = pytest.mark.server

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:work"
TRACE = "Root=1-3152b799-8954dae64eda91bc9a23a7e8;Parent=7fa8c0f79203be72;Sampled=1"
CHAIN = "bucket:uploads,function:Import"


def events_of(cloud: RunningCloud) -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"{cloud.url}/_esb/in-flight", timeout=30) as answer:
        found: list[dict[str, Any]] = json.load(answer)["events"]
    return found


def of_a_function(cloud: RunningCloud, service: str) -> Any:
    """A client in a function that a bucket has invoked."""
    client = cloud.client(service)

    def add(params: dict[str, Any], **_: Any) -> None:
        params["headers"]["X-Amzn-Trace-Id"] = f"{TRACE};Hops={CHAIN}"

    client.meta.events.register("before-call", add)
    return client


def test_a_message_that_was_received(start: Start) -> None:
    cloud = start(auth=False)
    sqs = of_a_function(cloud, "sqs")
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="a")
    assert events_of(cloud) == []
    cloud.advance(5)
    sent = sqs.receive_message(QueueUrl=url, VisibilityTimeout=30)["Messages"][0]
    cloud.advance(10)
    (event,) = events_of(cloud)
    assert event["id"] == sent["MessageId"]
    assert (event["source"], event["target"], event["state"]) == ("queue:orders", None, "received")
    assert (event["attempt"], event["age"] >= 15, 0 < event["due"] <= 20) == (1, True, True)
    assert event["chain"] == ["bucket:uploads", "function:Import", "queue:orders"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=sent["ReceiptHandle"])
    assert events_of(cloud) == []


def test_the_oldest_are_listed(start: Start) -> None:
    """However soon the others are visible again."""
    cloud = start(auth=False)
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    first = sqs.send_message(QueueUrl=url, MessageBody="first")["MessageId"]
    sqs.receive_message(QueueUrl=url, VisibilityTimeout=40_000)
    cloud.advance(5)
    for _ in range(11):
        sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": str(number), "MessageBody": "b"} for number in range(10)])
        sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=30_000)
    events = events_of(cloud)
    assert (len(events), events[0]["id"], events[0]["age"] >= 5) == (100, first, True)


def test_a_delivery_of_a_rule_and_a_topic_that_its_function_does_not_take(start: Start) -> None:
    with endpoint() as functions:
        functions.status = 500
        cloud = start(lambda_endpoint=functions.url, auth=False)
        events, sns, sqs = of_a_function(cloud, "events"), cloud.client("sns"), cloud.client("sqs")
        topic = sns.create_topic(Name="paid")["TopicArn"]
        url = sqs.create_queue(QueueName="audit")["QueueUrl"]
        sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=f"{FUNCTION}:live")
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:123456789012:audit")
        events.put_rule(Name="r", EventPattern='{"source": ["s"]}')
        events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": topic}])
        events.put_events(Entries=[{"Source": "s", "DetailType": "d", "Detail": "{}"}])
        seen: list[dict[str, Any]] = []

        def is_tried_again() -> bool:
            seen[:] = events_of(cloud)
            return [(event["state"], event["attempt"] > 1) for event in seen] == [("waiting", True)]

        until(is_tried_again, 60)
        (event,) = seen
        assert (event["source"], event["target"]) == ("topic:paid", "function:work")
        way = ["bucket:uploads", "function:Import", "rule:default:r", "topic:paid"]
        assert event["chain"] == way
        sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)
        assert [*way, "queue:audit"] in [each["chain"] for each in events_of(cloud)]
