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
from esb_cloud.aws.stack import Stack
from esb_cloud.aws.waiting import Waiters
from esb_cloud.services import SERVICES
from esb_cloud.sql.store import Store
from esb_wire.http.messages import Request, Response

pytestmark = pytest.mark.server  # an event loop opens sockets

ARN = "arn:aws:sqs:us-east-1:123456789012:"
TEXTS = st.one_of(
    st.sampled_from(
        ["a", "a.fifo", "dead", "/123456789012/a", "/123456789012/a.fifo", f"{ARN}a", f"{ARN}dead", "All", "true", "30"]
    ),
    st.sampled_from(["RedrivePolicy", "VisibilityTimeout", "FifoQueue", "Policy", "String", "Number.x", "Binary"]),
    st.sampled_from([f'{{"deadLetterTargetArn": "{ARN}dead", "maxReceiveCount": "1"}}', "{}", "[]", "null", "1"]),
    st.text(max_size=8),
)
SCALARS: dict[Scalar, st.SearchStrategy[Any]] = {
    Scalar.TEXT: TEXTS,
    Scalar.INTEGER: st.one_of(st.integers(-1, 12), st.integers()),
    Scalar.BOOLEAN: st.booleans(),
    Scalar.BINARY: st.sampled_from(["", "AAE=", "%"]),
    Scalar.TIMESTAMP: st.one_of(st.integers(), st.floats(), st.just(1_700_000_000.5)),
}


# Members whose value must be right now and then for a call to get far
NAMED: dict[str, st.SearchStrategy[Any]] = {
    "QueueUrl": st.sampled_from(["/123456789012/a", "/123456789012/a.fifo", "dead"]),
    "QueueName": st.sampled_from(["a", "new", "new.fifo"]),
    "SourceArn": st.just(f"{ARN}dead"),
    "DestinationArn": st.just(f"{ARN}a"),
    "Id": st.sampled_from(["1", "2", "3"]),
    "DataType": st.sampled_from(["String", "Number", "Binary"]),
    "Attributes": st.dictionaries(
        st.sampled_from(["VisibilityTimeout", "RedrivePolicy", "FifoQueue", "ContentBasedDeduplication", "Policy"]),
        TEXTS,
        max_size=2,
    ),
    "Actions": st.just(["SendMessage"]),
    "Name": st.sampled_from(["topic", "topic.fifo", "rule", "bus"]),
    "TopicArn": st.just("arn:aws:sns:us-east-1:123456789012:topic"),
    "EventPattern": st.sampled_from(['{"source": ["a"]}', "{}", "["]),
    "ScheduleExpression": st.sampled_from(["rate(1 minute)", "cron(0 6 * * ? *)", "rate(1 minutes)"]),
    "Detail": st.sampled_from(["{}", "[]", "{"]),
    "Source": st.just("a"),
    "DetailType": st.just("b"),
    "Protocol": st.sampled_from(["sqs", "lambda", "http", "email"]),
    "Endpoint": st.sampled_from([f"{ARN}a", "http://localhost:1/", "x"]),
    "Rule": st.just("rule"),
    "Arn": st.sampled_from([f"{ARN}a", "x"]),
    "MessageAttributes": st.just({}),
    "MessageSystemAttributes": st.just({}),
    "DelaySeconds": st.just(0),
    "MaxNumberOfMessages": st.integers(1, 10),
    "VisibilityTimeout": st.integers(0, 2),
    "WaitTimeSeconds": st.just(0),
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


def flat(value: Any, name: str) -> dict[str, str]:
    """A value as fields of a form, roughly."""
    if isinstance(value, dict):
        parts = ((f"{name}.{key}", each) for key, each in value.items())
    elif isinstance(value, list):
        parts = ((f"{name}.{number}", each) for number, each in enumerate(value, 1))
    else:
        return {name: str(value)}
    return {field: text for key, each in parts for field, text in flat(each, key).items()}


OPERATIONS = [(service, name) for service in SERVICES for name in service.operations]
CALLS = st.sampled_from(OPERATIONS).flatmap(
    lambda each: st.tuples(st.just(each), values(each[0].operations[each[1]].input), st.booleans())
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(CALLS, min_size=1, max_size=12))
def test_no_call_finds_a_defect(calls: list[Any]) -> None:
    reports: list[str] = []
    responses = asyncio.run(answers(calls, reports))
    assert reports == []
    assert all(response.status < 500 for response in responses)


async def answers(calls: list[Any], reports: list[str]) -> list[Response]:
    loop = asyncio.get_running_loop()
    store, waiters = Store(None, None, reports.append), Waiters(loop.time, loop.call_later)
    waiters.closed = True  # nothing waits
    dispatcher = Dispatcher(
        SERVICES,
        store=store,
        waiters=waiters,
        stack=Stack(),
        verifier=None,
        call_later=loop.call_later,
        report=reports.append,
    )
    found = []
    for name, fifo in (("dead", False), ("a", False), ("a.fifo", True)):
        policy = json.dumps({"deadLetterTargetArn": f"{ARN}dead", "maxReceiveCount": 1})
        attributes = {"FifoQueue": "true"} if fifo else {"RedrivePolicy": policy} if name == "a" else {}
        target = "AmazonSQS.CreateQueue"
        found.append(await answer(dispatcher, target, {"QueueName": name, "Attributes": attributes}))
    for (service, name), parameters, as_form in calls:
        if (as_form or service.target is None) and service.query is not None:
            fields = flat(parameters, "")
            form = {"Action": name, "Version": service.query.version}
            form |= {field.removeprefix("."): text for field, text in fields.items() if field}
            found.append(await answer(dispatcher, None, urlencode(form, errors="replace")))
        else:
            found.append(await answer(dispatcher, f"{service.target}.{name}", parameters))
    await store.close()
    return found


async def answer(dispatcher: Dispatcher, target: str | None, content: Any) -> Response:
    future: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
    headers = {"host": "localhost:4566", **({} if target is None else {"x-amz-target": target})}
    body = content.encode() if isinstance(content, str) and target is None else json.dumps(content).encode()
    dispatcher.handle(Request("POST", "/", "", (), headers, body, "127.0.0.1"), future.set_result)
    return await future
