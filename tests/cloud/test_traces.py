"""The X-Ray header that an event comes with goes on with it, so that a chain of functions is one trace.

Sources: SQS developer guide, "Using X-Ray"; recorded: test_publish_sqs_from_sns_with_xray_propagation.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cloud.endpoint import Endpoint, endpoint
from tests.cloud.running_cloud import RunningCloud, Start

pytestmark = pytest.mark.server

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:work"
TRACE = "Root=1-3152b799-8954dae64eda91bc9a23a7e8;Parent=7fa8c0f79203be72;Sampled=1"
OTHER = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"


@pytest.fixture
def functions() -> Iterator[Endpoint]:
    with endpoint() as found:
        yield found


def traced(cloud: RunningCloud, service: str) -> Any:
    """A client that sends the header, as SDKs do in a function."""
    client = cloud.client(service)

    def add(params: dict[str, Any], **_: Any) -> None:
        params["headers"]["X-Amzn-Trace-Id"] = TRACE

    client.meta.events.register("before-call", add)
    return client


def header_in(sqs: Any, url: str) -> str | None:
    (message,) = sqs.receive_message(QueueUrl=url, AttributeNames=["All"], WaitTimeSeconds=20)["Messages"]
    return message["Attributes"].get("AWSTraceHeader")  # type: ignore[no-any-return]


def test_a_message_keeps_the_trace_of_its_sender(cloud: RunningCloud, sqs: Any, name: str) -> None:
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    client = traced(cloud, "sqs")
    client.send_message(QueueUrl=url, MessageBody="a")
    assert header_in(sqs, url) == TRACE
    client.send_message_batch(QueueUrl=url, Entries=[{"Id": "1", "MessageBody": "a"}])
    assert header_in(sqs, url) == TRACE
    own = {"AWSTraceHeader": {"DataType": "String", "StringValue": OTHER}}
    client.send_message(QueueUrl=url, MessageBody="a", MessageSystemAttributes=own)
    assert header_in(sqs, url) == OTHER
    sqs.send_message(QueueUrl=url, MessageBody="a")
    assert header_in(sqs, url) is None


def test_an_event_to_each_target_and_a_topic_to_a_function(start: Start, functions: Endpoint) -> None:
    cloud = start(lambda_endpoint=functions.url)
    events, sns, sqs = cloud.client("events"), cloud.client("sns"), cloud.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    topic = sns.create_topic(Name="t")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=FUNCTION)
    events.put_rule(Name="r", EventPattern='{"source": ["s"]}')
    arns = [FUNCTION, "arn:aws:sqs:us-east-1:123456789012:q", topic]
    events.put_targets(Rule="r", Targets=[{"Id": str(number), "Arn": arn} for number, arn in enumerate(arns)])
    entry = {"Source": "s", "DetailType": "d", "Detail": json.dumps({})}

    traced(cloud, "events").put_events(Entries=[entry])
    assert header_in(sqs, url) == TRACE
    assert [request.headers.get("x-amzn-trace-id") for request in functions.wait_for(2)] == [TRACE] * 2
    events.put_events(Entries=[{**entry, "TraceHeader": f"{OTHER};Lineage=260a35a0:16"}])  # no loops over buses
    assert header_in(sqs, url) == OTHER
    assert [request.headers.get("x-amzn-trace-id") for request in functions.wait_for(4)[2:]] == [OTHER] * 2
    for more in ({}, {"TraceHeader": "Root=1\r\nX-Amz-Invocation-Type: DryRun"}):
        before = len(functions.received)
        events.put_events(Entries=[{**entry, **more}])
        received = functions.wait_for(before + 2)[before:]
        assert [request.headers.get("x-amzn-trace-id") for request in received] == [None] * 2
