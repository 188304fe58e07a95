"""Whatever the parameters are, an operation answers with a result or an error of AWS's, never with a defect."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from esb_cloud.aws.dispatch import Dispatcher
from esb_cloud.aws.shapes import ListOf, MapOf, Scalar, Shape, Structure
from esb_cloud.services import SERVICES
from esb_wire.http.messages import Request, Response
from tests.cloud.dispatchers import dispatcher_without_waits
from tests.fake_offload import FakeOffload
from tests.repetitions import repeated

pytestmark = pytest.mark.server  # an event loop opens sockets

ARN = "arn:aws:sqs:us-east-1:123456789012:"
TOPIC = "arn:aws:sns:us-east-1:123456789012:topic"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"
DESTINATION = "arn:aws:events:us-east-1:123456789012:api-destination/c"
BUS = "arn:aws:events:us-east-1:123456789012:event-bus/bus"
TEXTS = st.one_of(
    st.sampled_from(
        ["a", "a.fifo", "dead", "/123456789012/a", "/123456789012/a.fifo", f"{ARN}a", f"{ARN}dead", "All", "true", "30"]
    ),
    st.sampled_from(["RedrivePolicy", "VisibilityTimeout", "FifoQueue", "Policy", "String", "Number.x", "Binary"]),
    st.sampled_from(["bus", "default", "rule", "$.detail", '"<a>"', "rate(1 minute)", FUNCTION, TOPIC, f"{TOPIC}:1"]),
    st.sampled_from([f'{{"deadLetterTargetArn": "{ARN}dead", "maxReceiveCount": "1"}}', "{}", "[]", "null", "1"]),
    st.text(max_size=8),
)
SCALARS: dict[Scalar, st.SearchStrategy[Any]] = {
    Scalar.TEXT: TEXTS,
    Scalar.INTEGER: st.one_of(st.integers(-1, 12), st.integers()),
    Scalar.BOOLEAN: st.booleans(),
    Scalar.BINARY: st.sampled_from(["", "AAE=", "%"]),
    Scalar.TIMESTAMP: st.one_of(st.integers(0, 2**33), st.floats(), st.integers()),
}


POLICIES = st.sampled_from(
    [
        '{"a": ["b"]}',
        '{"a": [{"numeric": [">", 1]}], "$or": [{"b": [null]}, {"c": [{"exists": false}]}]}',
        '{"http": {"defaultHealthyRetryPolicy": {"numRetries": 1, "minDelayTarget": 0, "maxDelayTarget": 1}}}',
        '{"healthyRetryPolicy": {"numRetries": "1"}, "throttlePolicy": {"maxReceivesPerSecond": 1e-9}}',
        '{"Statement": 1}',
        "MessageBody",
        "true",
    ]
)

# Members whose value must be right now and then for a call to get far
NAMED: dict[str, st.SearchStrategy[Any]] = {
    "QueueUrl": st.sampled_from(["/123456789012/a", "/123456789012/a.fifo", "dead"]),
    "QueueName": st.sampled_from(["a", "new", "new.fifo"]),
    "SourceArn": st.just(f"{ARN}dead"),
    "DestinationArn": st.just(f"{ARN}a"),
    "Id": st.sampled_from(["1", "2", "3"]),
    "DataType": st.sampled_from(["String", "Number", "Binary"]),
    "Attributes": st.dictionaries(
        st.sampled_from(
            [
                *(
                    "VisibilityTimeout",
                    "RedrivePolicy",
                    "FifoQueue",
                    "ContentBasedDeduplication",
                    "Policy",
                    "FifoTopic",
                ),
                *("FilterPolicy", "FilterPolicyScope", "RawMessageDelivery", "DeliveryPolicy", "SignatureVersion"),
            ]
        ),
        st.one_of(TEXTS, POLICIES),
        max_size=2,
    ),
    "Actions": st.just(["SendMessage"]),
    "MessageAttributes": st.just({}),
    "MessageSystemAttributes": st.just({}),
    "DelaySeconds": st.just(0),
    "MaxNumberOfMessages": st.integers(1, 10),
    "VisibilityTimeout": st.integers(0, 2),
    "WaitTimeSeconds": st.just(0),
    "TopicArn": st.just(TOPIC),
    "TargetArn": st.just(TOPIC),
    "ResourceArn": st.just(TOPIC),
    "SubscriptionArn": st.sampled_from([TOPIC, f"{TOPIC}:1"]),
    "Protocol": st.sampled_from(["sqs", "lambda", "http", "email"]),
    "Endpoint": st.sampled_from([f"{ARN}a", f"{ARN}missing", FUNCTION, "http://127.0.0.1:9/", "http://["]),
    "AttributeName": st.sampled_from(["FilterPolicy", "FilterPolicyScope", "DeliveryPolicy", "Policy", "DisplayName"]),
    "AttributeValue": POLICIES,
    "Message": st.sampled_from(["text", '{"default": "text"}', '{"a": "b"}']),
    "Name": st.sampled_from(["topic", "topic.fifo", "rule", "bus", "c"]),
    "ScheduleExpression": st.sampled_from(["rate(1 minute)", "cron(0 6 * * ? *)", "rate(1 minutes)"]),
    "Rule": st.just("rule"),
    "EventBusName": st.sampled_from(["bus", "default", BUS]),
    "EventPattern": POLICIES,
    "Event": POLICIES,
    "Detail": POLICIES,
    "Source": st.just("a"),
    "DetailType": st.just("a"),
    "Arn": st.sampled_from(
        [f"{ARN}a", f"{ARN}a.fifo", FUNCTION, TOPIC, BUS, BUS.replace("event-bus/bus", "api-destination/c")]
    ),
    "Input": st.just("{}"),
    "InputPath": st.sampled_from(["$", "$.detail.a[0]", "$['a"]),
    "InputTemplate": st.sampled_from(['"<a>"', "<aws.events.event>", '{"x": <a>']),
    "ResourceARN": st.sampled_from([BUS, BUS.replace("event-bus/bus", "rule/bus/rule")]),
    "HttpMethod": st.just("GET"),
    "InvocationEndpoint": st.sampled_from(["http://127.0.0.1:9/*", "https://["]),
    "ConnectionArn": st.just(BUS.replace("event-bus/bus", "connection/c/1")),
    "AuthorizationType": st.sampled_from(["BASIC", "API_KEY"]),
}


def values(shape: Shape) -> st.SearchStrategy[Any]:
    """Values of a shape as JSON has them, now and then of another one."""
    match shape:
        case Scalar():
            right: st.SearchStrategy[Any] = SCALARS[shape]
        case ListOf(member):
            right = st.lists(values(member), max_size=3)
        case MapOf(member):
            right = st.dictionaries(TEXTS, values(member), max_size=3)
        case Structure(members):
            each = {
                name: st.one_of(values(member), NAMED.get(name, values(member))) for name, member in members.items()
            }
            likely = {name: NAMED.get(name, values(member)) for name, member in members.items()}
            right = st.one_of(st.fixed_dictionaries({}, optional=each), st.fixed_dictionaries(likely))
    wrong: st.SearchStrategy[Any] = st.sampled_from([None, 1, "x", [], {}])
    return st.integers(0, 19).flatmap(lambda number: right if number else wrong)


def fields(value: Any, shape: Shape, name: str) -> dict[str, str]:
    """A value as fields of a form; one that is not of its shape is a text."""
    match shape:
        case ListOf(member, flat_name) if isinstance(value, list):
            prefix = _parent(name, flat_name, "member")
            parts = [(f"{prefix}.{number}", each, member) for number, each in enumerate(value, 1)]
        case MapOf(member, flat_name) if isinstance(value, dict):
            prefix = _parent(name, flat_name, "entry")
            parts = []
            for number, (key, each) in enumerate(value.items(), 1):
                parts.append((f"{prefix}.{number}.{shape.key_name}", key, Scalar.TEXT))
                parts.append((f"{prefix}.{number}.{shape.value_name}", each, member))
        case Structure(members) if isinstance(value, dict):
            parts = [
                (f"{name}.{key}" if name else key, each, members.get(key, Scalar.TEXT)) for key, each in value.items()
            ]
        case _:
            return {name: str(value)}
    return {field: text for each in parts for field, text in fields(each[1], each[2], each[0]).items()}


def _parent(name: str, flat_name: str | None, word: str) -> str:
    if flat_name is None:
        return f"{name}.{word}"
    return f"{name.rpartition('.')[0]}.{flat_name}".lstrip(".")


OPERATIONS = [(service, name) for service in SERVICES for name in service.operations]
CALLS = st.sampled_from(OPERATIONS).flatmap(
    lambda each: st.tuples(st.just(each), values(each[0].operations[each[1]].input), st.booleans())
)


@settings(max_examples=repeated(30), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(CALLS, min_size=1, max_size=12))
def test_no_call_finds_a_defect(calls: list[Any]) -> None:
    reports: list[str] = []
    responses = asyncio.run(answers(calls, reports))
    assert [text for text in reports if text.startswith("POST")] == []  # others are of messages that are lost
    assert all(response.status < 500 for response in responses)


async def answers(calls: list[Any], reports: list[str]) -> list[Response]:
    dispatcher = dispatcher_without_waits(FakeOffload(), reports)
    found = []
    for name, fifo in (("dead", False), ("a", False), ("a.fifo", True)):
        policy = json.dumps({"deadLetterTargetArn": f"{ARN}dead", "maxReceiveCount": 1})
        attributes = {"FifoQueue": "true"} if fifo else {"RedrivePolicy": policy} if name == "a" else {}
        target = "AmazonSQS.CreateQueue"
        found.append(await answer(dispatcher, target, {"QueueName": name, "Attributes": attributes}))
    found.append(await answer(dispatcher, None, "Action=CreateTopic&Version=2010-03-31&Name=topic"))
    found.append(await answer(dispatcher, "AWSEvents.CreateEventBus", {"Name": "bus"}))
    rule = {"Name": "rule", "EventBusName": "bus", "EventPattern": '{"source": ["a"]}'}
    found.append(await answer(dispatcher, "AWSEvents.PutRule", rule))
    for (service, name), parameters, as_form in calls:
        operation = service.operations[name]
        if (as_form or service.target is None) and service.query is not None:
            form = {"Action": name, "Version": service.query.version}
            form |= {field: text for field, text in fields(parameters, operation.input, "").items() if field}
            found.append(await answer(dispatcher, None, urlencode(form, errors="replace")))
        else:
            found.append(await answer(dispatcher, f"{service.target}.{name}", parameters))
    await dispatcher.store.close()
    return found


async def answer(dispatcher: Dispatcher, target: str | None, content: Any) -> Response:
    future: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
    headers = {"host": "localhost:4566", **({} if target is None else {"x-amz-target": target})}
    body = content.encode() if isinstance(content, str) and target is None else json.dumps(content).encode()
    dispatcher.handle(Request("POST", "/", "", (), headers, body, "127.0.0.1"), future.set_result)
    return await future
